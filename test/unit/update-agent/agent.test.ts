/** The agent between broker and containers: current states, who leads, and messages that come twice, late or in the wrong order (R13). */

import { describe, expect, test } from "bun:test";
import { settle } from "../../../src/base/virtual-clock.ts";
import { desiredOf } from "../deploy/desired-state/bench.ts";
import { AgentBench, component } from "./support/agent-bench.ts";

const MANAGER = JSON.stringify({
  activityId: "",
  timestamp: 1,
  payload: { softwareNodes: [{ id: "vehicle-update-manager", name: "Update Manager", type: "APPLICATION" }] },
});

describe("the current state", () => {
  test("is published with each connection, on request, after an activity, and a while after another change", async () => {
    const bench = await AgentBench.open();
    expect(bench.states).toEqual([`initial-current-state-${Date.UTC(2026, 0, 1)}`]);
    await bench.send("currentstate/get", { activityId: "g", timestamp: 1, payload: null });
    await bench.send("currentstate/get", "");
    expect(bench.states.slice(1)).toEqual(["g", ""]);
    await bench.desire("a", [component("web")]);
    await bench.clock.advance(3_000);
    expect(bench.statuses.at(-1)).toBe("COMPLETED");
    expect(bench.states.slice(3)).toEqual([""]);
    bench.containers.put(desiredOf("other"));
    bench.changed();
    await bench.clock.advance(4_999);
    expect(bench.states).toHaveLength(4);
    await bench.clock.advance(1);
    expect(bench.states).toHaveLength(5);
    bench.changed();
    await bench.clock.advance(60_000);
    expect(bench.states).toHaveLength(5);
    bench.broker.stop();
    bench.broker.start();
    await bench.clock.advance(5_000);
    expect(bench.states.at(-1)).toStartWith("initial-current-state-");
  });

  test("of another domain has its topics and names", async () => {
    const bench = await AgentBench.open({
      options: { domain: "my-cars" },
    });
    const [first] = bench.broker.published;
    expect(first?.topic).toBe("mycarsupdate/currentstate");
    expect(JSON.parse(first?.payload ?? "").payload.softwareNodes).toEqual([
      {
        id: "my-cars-update-agent",
        version: "9.9",
        name: "Eclipse Kanto Containers Update Agent",
        parameters: [{ key: "domain", value: "my-cars" }],
        type: "APPLICATION",
      },
    ]);
  });
});

describe("who leads", () => {
  test("a message without a time is led at once", async () => {
    const bench = await AgentBench.open();
    await bench.desire("a", [component("web")]);
    await bench.clock.advance(3_000);
    expect(bench.statuses).toEqual([
      "IDENTIFYING",
      "IDENTIFIED",
      "DOWNLOADING",
      "DOWNLOAD_SUCCESS",
      "UPDATE_SUCCESS",
      "ACTIVATING",
      "ACTIVATION_SUCCESS",
      "CLEANUP_SUCCESS",
      "COMPLETED",
    ]);
  });

  test("one with a time is led after ten seconds without a command", async () => {
    const bench = await AgentBench.open();
    await bench.desire("a", [component("web")], 1);
    await bench.clock.advance(9_999);
    expect(bench.statuses.at(-1)).toBe("IDENTIFIED");
    expect(bench.containers.all.size).toBe(0);
    await bench.clock.advance(3_001);
    expect(bench.statuses.at(-1)).toBe("COMPLETED");
  });

  test("a consent that takes a minute: nothing is touched before the command", async () => {
    const bench = await AgentBench.open();
    const web = bench.containers.put(desiredOf("web"));
    await bench.command("before", "CLEANUP");
    await bench.desire("a", [component("web", "app:2")], 1);
    await bench.clock.advance(60_000);
    expect(bench.containers.calls).toEqual(["list"]);
    await bench.command("a", "DOWNLOAD");
    await bench.clock.advance(60_000);
    expect(bench.containers.all.get(web.id)).toEqual(web);
    expect(bench.statuses.at(-1)).toBe("DOWNLOAD_SUCCESS");
  });

  test("never by us when the broker keeps an update manager's state, a command was ever received, or the device was Kanto's", async () => {
    const seen = await AgentBench.open();
    seen.broker.sendRetained("vehicleupdate/currentstate", MANAGER);
    const commanded = await AgentBench.open();
    await commanded.command("nobody's", "DOWNLOAD");
    await commanded.agent.close();
    const restarted = await AgentBench.open({ bench: commanded });
    const takenOver = await AgentBench.open({
      prepare: (containers) => containers.put(desiredOf("web")),
      device: { originOf: () => "" },
    });
    for (const bench of [seen, restarted, takenOver]) {
      await bench.desire("a", [component("web")], 1);
      await bench.clock.advance(600_000);
      expect(bench.told.filter(({ activityId }) => activityId === "a").at(-1)?.payload.status).toBe(
        "IDENTIFIED",
      );
    }
  });

  test("drive orchestrator waits for ever, drive self never", async () => {
    const waiting = await AgentBench.open({ drive: "orchestrator" });
    await waiting.desire("a", [component("web")]);
    await waiting.clock.advance(600_000);
    expect(waiting.statuses.at(-1)).toBe("IDENTIFIED");
    const own = await AgentBench.open({ drive: "self" });
    await own.desire("a", [component("web")], 1);
    await own.clock.advance(3_000);
    expect(own.statuses.at(-1)).toBe("COMPLETED");
  });

  test("a command during our own lead takes over where the phase ends, and is answered with the present status", async () => {
    const bench = await AgentBench.open();
    bench.containers.images.set("app:2", { createMs: 5_000 });
    await bench.desire("a", [component("web", "app:2")]);
    await bench.clock.advance(1_000);
    const before = bench.told.length;
    await bench.command("a", "DOWNLOAD");
    expect(bench.told.slice(before).map(({ payload }) => payload.status)).toEqual(["DOWNLOADING"]);
    await bench.clock.advance(60_000);
    expect(bench.statuses.at(-1)).toBe("DOWNLOAD_SUCCESS");
    await bench.command("a", "UPDATE");
    await bench.command("a", "ACTIVATE");
    await bench.command("a", "CLEANUP");
    expect(bench.statuses.at(-1)).toBe("COMPLETED");
  });

  test("an orchestrator that says nothing while something is down: what ran comes back, also after a restart of ours", async () => {
    for (const restarts of [false, true]) {
      const first = await AgentBench.open({ drive: "orchestrator" });
      const web = first.containers.put(desiredOf("web"));
      await first.desire("a", [component("web", "app:2")], 1);
      await first.command("a", "DOWNLOAD");
      await first.command("a", "UPDATE");
      expect(first.containers.all.get(web.id)?.state.status).toBe("Stopped");
      if (restarts) await first.agent.close();
      const bench = restarts ? await AgentBench.open({ bench: first, drive: "orchestrator" }) : first;
      await bench.clock.advance(restarts ? 300_000 : 1_800_000);
      expect(bench.told.at(-1)?.payload).toMatchObject({
        status: "INCOMPLETE",
        message: "no command came while containers were down",
      });
      expect(bench.containers.named("web")).toMatchObject({ id: web.id, state: { status: "Running" } });
    }
  });

  test("an update manager that begins anew while something is down brings back what ran", async () => {
    const bench = await AgentBench.open({ drive: "orchestrator" });
    bench.containers.put(desiredOf("web"));
    await bench.desire("a", [component("web", "app:2")], 1);
    await bench.command("a", "DOWNLOAD");
    await bench.command("a", "UPDATE");
    await bench.send("currentstate/get", { activityId: "initial-current-state-1", payload: null });
    await settle();
    expect(bench.statuses.at(-1)).toBe("INCOMPLETE");
    expect(bench.containers.named("web").image.name).toBe("app:1");
    expect(bench.containers.named("web").state.status).toBe("Running");
  });
});

describe("messages twice, late and out of order", () => {
  test("the same desired state while it is under way is carried out once", async () => {
    const bench = await AgentBench.open();
    bench.containers.images.set("app:2", { createMs: 2_000 });
    for (let time = 0; time < 3; time++) await bench.desire("a", [component("web", "app:2")]);
    await bench.clock.advance(10_000);
    expect(bench.containers.calls.filter((call) => call.startsWith("create"))).toHaveLength(1);
    expect(bench.statuses.filter((status) => status === "COMPLETED")).toHaveLength(1);
  });

  test("the same desired state twice at once, while another is under way, is carried out once", async () => {
    const bench = await AgentBench.open();
    await bench.desire("a", [component("web")], 1);
    const text = JSON.stringify({ activityId: "b", payload: { domains: [{ id: "containers" }] } });
    bench.containers.put(desiredOf("old"));
    bench.broker.send("containersupdate/desiredstate", text);
    bench.broker.send("containersupdate/desiredstate", text);
    await bench.clock.advance(10_000);
    expect(bench.statuses.at(-1)).toBe("COMPLETED");
    expect(bench.containers.all.size).toBe(0);
  });

  test("a command twice is refused the second time and carried out once", async () => {
    const bench = await AgentBench.open({ drive: "orchestrator" });
    await bench.desire("a", [component("web")], 1);
    await bench.command("a", "DOWNLOAD");
    await bench.command("a", "DOWNLOAD");
    expect(bench.told.at(-1)?.payload).toMatchObject({
      status: "DOWNLOAD_FAILURE",
      message: "DOWNLOAD is possible only after status IDENTIFIED is reported",
    });
    expect(bench.containers.all.size).toBe(1);
  });

  test("another desired state of the same name ends the first one before it begins", async () => {
    const bench = await AgentBench.open();
    await bench.desire("a", [component("web")]);
    await bench.desire("a", [component("web", "app:1", ["env", "FOO=BAR"])]);
    await bench.clock.advance(10_000);
    const ends = bench.statuses.filter((status) =>
      ["SUPERSEDED", "IDENTIFYING", "COMPLETED"].includes(status),
    );
    expect(ends).toEqual(["IDENTIFYING", "SUPERSEDED", "IDENTIFYING", "COMPLETED"]);
    expect(bench.containers.named("web").config?.env).toEqual(["FOO=BAR"]);
  });

  test("the same name again after its end is a new activity", async () => {
    const bench = await AgentBench.open();
    for (const tag of ["app:1", "app:2"]) {
      await bench.desire("a", [component("web", tag)]);
      await bench.clock.advance(3_000);
    }
    expect(bench.statuses.filter((status) => status === "COMPLETED")).toHaveLength(2);
    expect(bench.containers.named("web").image.name).toBe("app:2");
  });

  test("a late command of an activity that is over has no effect and no answer", async () => {
    const bench = await AgentBench.open();
    await bench.desire("a", [component("web")]);
    await bench.clock.advance(3_000);
    const count = bench.told.length;
    await bench.command("a", "ROLLBACK");
    expect(bench.told).toHaveLength(count);
    expect(bench.containers.all.size).toBe(1);
  });

  test("a desired state that the broker keeps is taken once, also after a restart, whatever came since", async () => {
    const kept = JSON.stringify({
      activityId: "kept",
      payload: { domains: [{ id: "containers", components: [component("web")] }] },
    });
    const bench = await AgentBench.open();
    bench.broker.sendRetained("containersupdate/desiredstate", kept);
    await bench.clock.advance(3_000);
    expect(bench.statuses.at(-1)).toBe("COMPLETED");
    await bench.desire("newer", [component("web", "app:2")]);
    await bench.clock.advance(3_000);
    await bench.agent.close();
    const next = await AgentBench.open({ bench });
    const count = next.told.length;
    next.broker.sendRetained("containersupdate/desiredstate", kept);
    next.broker.sendRetained("containersupdate/desiredstate/command", "{}");
    await next.clock.advance(3_000);
    expect(next.told).toHaveLength(count);
    expect(next.containers.named("web").image.name).toBe("app:2");
    await next.send("desiredstate", kept);
    await next.clock.advance(3_000);
    expect(next.containers.named("web").image.name).toBe("app:1");
  });

  test("the broker goes in the middle: what was told meanwhile comes after it, in order", async () => {
    const bench = await AgentBench.open();
    bench.containers.images.set("app:2", { createMs: 5_000 });
    await bench.desire("a", [component("web", "app:2")]);
    bench.broker.stop();
    await bench.clock.advance(20_000);
    expect(bench.statuses.at(-1)).toBe("DOWNLOADING");
    bench.broker.start();
    await bench.clock.advance(60_000);
    expect(bench.statuses.slice(-4)).toEqual([
      "ACTIVATING",
      "ACTIVATION_SUCCESS",
      "CLEANUP_SUCCESS",
      "COMPLETED",
    ]);
  });
});

describe("bad input", () => {
  const domain = (...components: unknown[]) => ({ domains: [{ id: "containers", components }] });
  test.each([
    ["not JSON", "{", "", "not JSON at line 1"],
    ["no payload", { activityId: "a" }, "a", "one domain expected in desired state specification, but got 0"],
    ["null", "null", "", "one domain expected"],
    [
      "two domains",
      { activityId: "a", payload: { domains: [{ id: "containers" }, { id: "x" }] } },
      "a",
      "but got 2",
    ],
    [
      "an unknown domain",
      { activityId: "a", payload: { domains: [{ id: "other" }] } },
      "a",
      "domain id mismatch - expecting containers, received other",
    ],
    [
      "null for a component",
      { activityId: "a", payload: domain(null) },
      "a",
      "payload.domains[0].components[0]: object expected, null found",
    ],
    [
      "a component twice",
      { activityId: "a", payload: domain(component("x"), component("x")) },
      "a",
      "component x is given more than once",
    ],
    [
      "too many",
      { activityId: "a", payload: domain(...Array.from({ length: 10_000 }, (_, at) => component(`c${at}`))) },
      "a",
      "at most 1000 components are accepted, but got 10000",
    ],
    [
      "a version without end",
      { activityId: "a", payload: domain({ ...component("x"), version: "1".repeat(300) }) },
      "a",
      "component x: its version has 300 characters, at most 255 are accepted",
    ],
    [
      "an id without end",
      { activityId: "a".repeat(2000), payload: domain() },
      "",
      "activityId: at most 1000 characters expected, 2000 found",
    ],
    [
      "a circle",
      {
        activityId: "a",
        payload: domain(
          component("x", "app:1", ["dependsOn", "y"]),
          component("y", "app:1", ["dependsOn", "x"]),
        ),
      },
      "a",
      "components depend on each other in a circle: x -> y -> x",
    ],
    [
      "a wrong value",
      { activityId: "a", payload: domain(component("x", "app:1", ["restartPolicy", "sometimes"])) },
      "a",
      "cannot convert desired state components to container configurations: invalid configuration for container x: unsupported restart policy type sometimes",
    ],
  ])("%s", async (_, body, activityId, message) => {
    const bench = await AgentBench.open();
    bench.containers.put(desiredOf("web"));
    await bench.send("desiredstate", body);
    expect(bench.told).toHaveLength(1);
    expect(bench.told[0]).toMatchObject({ activityId, payload: { status: "IDENTIFICATION_FAILED" } });
    expect(bench.told[0]?.payload.message).toContain(message);
    expect(bench.containers.calls).toEqual([]);
    await bench.desire("good", [component("web")]);
    await bench.clock.advance(3_000);
    expect(bench.statuses.at(-1)).toBe("COMPLETED");
  });

  test("an empty message and a command that is none are passed over", async () => {
    const bench = await AgentBench.open();
    await bench.send("desiredstate", "");
    await bench.send("desiredstate/command", "");
    await bench.send("desiredstate/command", { activityId: "a", payload: { command: "RESTART" } });
    expect(bench.told).toEqual([]);
  });

  test("a state of others that is no inventory says nothing of a manager", async () => {
    const bench = await AgentBench.open();
    for (const payload of ["{", "[]", "", '{"payload":{"softwareNodes":[{"id":"x","type":"OTHER"}]}}']) {
      bench.broker.sendRetained("vehicleupdate/currentstate", payload);
    }
    await bench.desire("a", [component("web")], 1);
    await bench.clock.advance(13_000);
    expect(bench.statuses.at(-1)).toBe("COMPLETED");
  });
});
