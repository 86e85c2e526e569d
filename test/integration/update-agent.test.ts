/** The state machine and failure tables of spec/update-agent.md §6 on real containers, led by commands and by the device itself. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { fillDefaults } from "../../src/model/defaults.ts";
import { stepSignal } from "./support/device.ts";
import { component, lineOf } from "./support/update-client.ts";
import { APP, BROKER_PORT, startUpdateDevice, type UpdateDevice } from "./support/update-device.ts";

let world: UpdateDevice;
let serial = 0;
const nextId = () => `activity-${++serial}`;
const app = (tag: string) => `${APP}:${tag}`;

beforeAll(async () => {
  world = await startUpdateDevice({ system_containers: ["sua"], protect: ["folder"] });
  await world.device.importImage({
    name: "docker.io/library/hello-world:latest",
    config: { Cmd: ["/bin/sh", "-c", "echo Hello from Docker; echo FOO=$FOO"] },
  });
}, 120_000);

afterAll(async () => {
  await world?.end();
}, 120_000);

/** Brings the device where nothing but these containers run. */
async function prepare(...components: readonly unknown[]): Promise<void> {
  const id = nextId();
  await world.client.desire(id, components);
  // Led by commands: what is started is not watched, which saves the time of it.
  const { payload } = await world.client.leadThrough(id);
  expect(payload.status).toBe("COMPLETED");
}

async function statesOf(): Promise<readonly string[]> {
  return (await world.list())
    .map(({ name, image, state }) => `${name} ${image.name.split(":")[1]} ${state.status}`)
    .sort();
}

async function desire(id: string, ...components: readonly unknown[]): Promise<void> {
  await world.client.desire(id, components);
  await world.client.status(id, "IDENTIFIED", "IDENTIFICATION_FAILED");
}

const lines = (id: string) => world.client.of(id).map(lineOf);

describe("led by commands", () => {
  test("recreate, check and destroy: the typical run, ids and pids", async () => {
    await prepare(component("web", app("1")), component("db", app("1")), component("old", app("1")));
    const [web, db] = [await world.named("web"), await world.named("db")];
    const id = nextId();
    await desire(id, component("web", app("2")), component("db", app("1")));
    await world.client.leadThrough(id);
    expect(lines(id)).toEqual([
      "IDENTIFYING",
      "IDENTIFIED [IDENTIFIED IDENTIFIED IDENTIFIED]",
      "DOWNLOADING [DOWNLOADING IDENTIFIED IDENTIFIED]",
      "DOWNLOAD_SUCCESS [DOWNLOAD_SUCCESS IDENTIFIED IDENTIFIED]",
      "UPDATING [UPDATING IDENTIFIED IDENTIFIED]",
      "UPDATING [UPDATE_SUCCESS IDENTIFIED UPDATING]",
      "UPDATE_SUCCESS [UPDATE_SUCCESS IDENTIFIED UPDATE_SUCCESS]",
      "ACTIVATING [ACTIVATING IDENTIFIED UPDATE_SUCCESS]",
      "ACTIVATING [ACTIVATION_SUCCESS ACTIVATING UPDATE_SUCCESS]",
      "ACTIVATION_SUCCESS [ACTIVATION_SUCCESS ACTIVATION_SUCCESS UPDATE_SUCCESS]",
      "CLEANUP_SUCCESS [ACTIVATION_SUCCESS ACTIVATION_SUCCESS REMOVAL_SUCCESS]",
      "COMPLETED [ACTIVATION_SUCCESS ACTIVATION_SUCCESS REMOVAL_SUCCESS]",
    ]);
    expect(await statesOf()).toEqual(["db 1 Running", "web 2 Running"]);
    expect((await world.named("web")).id).not.toBe(web.id);
    expect(await world.named("db")).toMatchObject({ id: db.id, state: { pid: db.state.pid } });
  });

  test("the current state follows: on request, after the end, and a while after another's change", async () => {
    await prepare(component("web", app("1")));
    const ids = async () => (await world.client.currentState()).map(({ id }) => id);
    expect(await ids()).toEqual(["containers-update-agent", "containers:web"]);
    const before = world.client.statesOf("").length;
    const { id } = await world.named("web");
    await world.device.device.client.pause(id, stepSignal());
    await world.client.until("the unsolicited state", () => world.client.statesOf("").length > before);
    expect(JSON.stringify(world.client.statesOf("").at(-1))).toContain('"Paused"');
    const count = world.client.statesOf("").length;
    await world.client.send("currentstate/get", "");
    await world.client.until(
      "an answer to an empty question",
      () => world.client.statesOf("").length > count,
    );
  });

  test("what the inventory prints can be sent back unchanged, and a paused one goes on", async () => {
    const pairs = [
      ["env", "A=1"],
      ["port", "127.0.0.1:28180:80/tcp"],
      ["memory", "64M"],
      ["restartPolicy", "on-failure"],
      ["restartMaxRetries", "3"],
      ["restartTimeout", "30"],
      ["domainName", "a.domain"],
      ["hostName", "a-host"],
    ] as const;
    await prepare(component("web", app("1"), ...pairs));
    const web = await world.named("web");
    expect(web).toMatchObject({ domainName: "a.domain", hostName: "a-host" });
    const nodes = await world.client.currentState();
    const config = nodes.find((node) => node.id === "containers:web")?.parameters;
    expect(config).toContainEqual({ key: "restartTimeout", value: "30s" });
    await world.device.device.client.pause(web.id, stepSignal());
    const id = nextId();
    await desire(id, { id: "web", version: "1", config });
    expect(world.client.of(id).at(-1)?.payload.actions?.[0]?.message).toStartWith("No changes detected");
    await world.client.leadThrough(id);
    expect(await world.named("web")).toMatchObject({
      id: web.id,
      state: { status: "Running", pid: web.state.pid },
    });
  });

  test("in place: policy and limits of the running process", async () => {
    await prepare(component("web", app("1")));
    const { state } = await world.named("web");
    const id = nextId();
    await desire(id, component("web", app("1"), ["restartPolicy", "always"], ["memory", "32M"]));
    await world.client.leadThrough(id);
    const web = await world.named("web");
    expect(web.state.pid).toBe(state.pid);
    expect(web.hostConfig.restartPolicy.type).toBe("always");
    expect(web.hostConfig.resources?.memory).toBe("32M");
  });

  test("each command out of its turn is refused in the peer's words, and the next right one works", async () => {
    await prepare(component("web", app("1")));
    const id = nextId();
    await desire(id, component("web", app("2")));
    const refusals = [
      ["UPDATE", "UPDATE_FAILURE", "UPDATE is possible only after status DOWNLOAD_SUCCESS is reported"],
      ["ACTIVATE", "ACTIVATION_FAILURE", "ACTIVATE is possible only after status UPDATE_SUCCESS is reported"],
      [
        "ROLLBACK",
        "ROLLBACK_FAILURE",
        "ROLLBACK is possible only after status DOWNLOAD_SUCCESS|UPDATE_SUCCESS|",
      ],
    ] as const;
    for (const [command, status, message] of refusals) {
      const { payload } = await world.client.lead(id, command);
      expect(payload.status).toBe(status);
      expect(payload.message).toStartWith(message);
    }
    expect((await world.client.lead(id, "DOWNLOAD", "nothing")).payload).toMatchObject({
      baseline: "nothing",
      status: "DOWNLOAD_FAILURE",
      message: "Unknown baseline nothing",
    });
    await world.client.leadThrough(id);
    expect(await statesOf()).toEqual(["web 2 Running"]);
  });

  test("CLEANUP at once abandons, and nothing was touched", async () => {
    await prepare(component("web", app("1")));
    const before = await world.list();
    const id = nextId();
    await desire(id, component("web", app("2")));
    await world.client.command(id, "CLEANUP", "*");
    expect((await world.client.lastWord(id)).payload.status).toBe("INCOMPLETE");
    expect(await world.list()).toEqual(before);
  });

  test("an orchestrator that waits for consent: nothing is touched before", async () => {
    await prepare(component("web", app("1")));
    const before = await world.list();
    const id = nextId();
    await desire(id, component("web", app("2")));
    // Commands have been received here before, so nobody else begins, however long it takes.
    await world.client.currentState();
    expect(await world.list()).toEqual(before);
    await world.client.lead(id, "DOWNLOAD");
    expect((await world.list()).filter(({ state }) => state.status === "Running")).toEqual([...before]);
    await world.client.command(id, "CLEANUP");
    await world.client.lastWord(id);
    expect(await world.list()).toEqual(before);
  });

  test("baselines one after the other; the end comes with the last clean-up", async () => {
    await prepare(component("web", app("1")), component("db", app("1")), component("old", app("1")));
    const id = nextId();
    await world.client.desire(id, [component("web", app("2")), component("db", app("2"))], {
      timestamp: 1,
      baselines: [{ title: "group", components: ["containers:web"] }],
    });
    await world.client.status(id, "IDENTIFIED");
    for (const baseline of ["group", "containers:db", "containers:remove-components"]) {
      for (const command of ["DOWNLOAD", "UPDATE", "ACTIVATE", "CLEANUP"])
        await world.client.lead(id, command, baseline);
    }
    expect((await world.client.lastWord(id)).payload.status).toBe("COMPLETED");
    expect(await statesOf()).toEqual(["db 2 Running", "web 2 Running"]);
  });

  test("system containers are left alone, whoever names them; the domain's own list counts instead", async () => {
    await prepare();
    const client = world.device.device.client;
    const made = await client.create(fillDefaults({ name: "sua", image: { name: app("1") } }), stepSignal());
    await client.start(made.id, stepSignal());
    await prepare(component("sua", app("2")), component("web", app("1")));
    expect(await statesOf()).toEqual(["sua 1 Running", "web 1 Running"]);
    const id = nextId();
    await world.client.desire(id, [], { config: [{ key: "systemContainers", value: " web ,x" }] });
    await world.client.lastWord(id);
    expect(await statesOf()).toEqual(["web 1 Running"]);
  });
});

describe("what differs from a container that is there", () => {
  const PAIRS = [
    ["env", "A=1"],
    ["env", "B=2"],
    ["cmd", "/bin/sleep"],
    ["cmd", "60"],
    ["mount", "/tmp:/a"],
    ["mount", "/tmp:/b"],
    ["device", "/dev/null:/dev/x:rw"],
    ["port", "127.0.0.1:28181:80"],
    ["host", "one:127.0.0.2"],
    ["restartPolicy", "on-failure"],
    ["restartMaxRetries", "3"],
    ["restartTimeout", "30"],
    ["logMaxFiles", "3"],
    ["logMaxSize", "5M"],
    ["logPath", "/tmp/sc-agent-logs"],
    ["logMode", "non-blocking"],
    ["logMaxBufferSize", "2M"],
    ["memory", "64M"],
    ["memoryReservation", "32M"],
  ] as const;
  type Pair = readonly [string, string];
  const change = (key: string, from: string, to: string | undefined): readonly Pair[] =>
    PAIRS.flatMap((pair): readonly Pair[] =>
      pair[0] !== key || pair[1] !== from ? [pair] : to === undefined ? [] : [[key, to]],
    );
  const add = (...more: readonly Pair[]): readonly Pair[] => [...PAIRS, ...more];
  const without = (...keys: readonly string[]): readonly Pair[] =>
    PAIRS.filter(([key]) => !keys.includes(key));

  const rows: readonly (readonly [what: string, kind: string, pairs: readonly Pair[], image?: string])[] = [
    ["nothing", "No changes detected", PAIRS],
    [
      "the order of env, mounts and hosts",
      "No changes detected",
      [...PAIRS]
        .reverse()
        .map((pair) =>
          pair[0] === "cmd"
            ? pair[1] === "60"
              ? (["cmd", "/bin/sleep"] as const)
              : (["cmd", "60"] as const)
            : pair,
        ),
    ],
    ["domain and host name", "No changes detected", add(["domainName", "d"], ["hostName", "h"])],
    ["the image reference", "destroyed and replaced", PAIRS, app("2")],
    ["one variable", "destroyed and replaced", change("env", "B=2", "B=3")],
    ["a variable less", "destroyed and replaced", change("env", "B=2", undefined)],
    ["arguments", "destroyed and replaced", change("cmd", "60", "61")],
    ["env and cmd on one side only", "destroyed and replaced", without("env", "cmd")],
    ["a mount", "destroyed and replaced", change("mount", "/tmp:/b", "/tmp:/c")],
    ["a device", "destroyed and replaced", change("device", "/dev/null:/dev/x:rw", "/dev/null:/dev/x:r")],
    ["a port", "destroyed and replaced", change("port", "127.0.0.1:28181:80", "127.0.0.1:28182:80")],
    ["a host", "destroyed and replaced", change("host", "one:127.0.0.2", "one:127.0.0.3")],
    ["capabilities", "destroyed and replaced", add(["extraCapability", "CAP_NET_ADMIN"])],
    ["the terminal", "destroyed and replaced", add(["terminal", "true"])],
    ["standard input", "destroyed and replaced", add(["interactive", "true"])],
    ["privileged", "destroyed and replaced", [...without("device"), ["privileged", "true"]]],
    ["the network", "destroyed and replaced", [...without("port"), ["network", "host"]]],
    ["the log driver", "destroyed and replaced", add(["logDriver", "none"])],
    ["files of the log", "destroyed and replaced", change("logMaxFiles", "3", "4")],
    ["size of the log", "destroyed and replaced", change("logMaxSize", "5M", "6M")],
    [
      "folder of the log",
      "destroyed and replaced",
      change("logPath", "/tmp/sc-agent-logs", "/tmp/sc-other-logs"),
    ],
    ["mode of the log", "destroyed and replaced", change("logMode", "non-blocking", "blocking")],
    ["buffer of the log", "destroyed and replaced", change("logMaxBufferSize", "2M", "3M")],
    ["a healthcheck", "destroyed and replaced", add(["healthcheck", '{"tcp":{"port":80}}'])],
    ["memory", "updated with new", change("memory", "64M", "96M")],
    ["memory reservation", "updated with new", change("memoryReservation", "32M", "16M")],
    ["swap", "updated with new", add(["memorySwap", "100M"])],
    ["no limits any more", "updated with new", without("memory", "memoryReservation")],
    ["the restart policy", "updated with new", change("restartPolicy", "on-failure", "always")],
    ["retries", "updated with new", change("restartMaxRetries", "3", "4")],
    ["the retry time", "updated with new", change("restartTimeout", "30", "1m")],
  ];

  beforeAll(async () => {
    await prepare(component("web", app("1"), ...PAIRS), component("rest", app("1")));
  });

  test.each(rows)("%s: %s", async (_, kind, pairs, image = app("1")) => {
    const id = nextId();
    await desire(id, component("web", image, ...pairs), component("more", app("1")));
    const { payload } = await world.client.status(id, "IDENTIFIED");
    expect(payload.actions?.map(({ message }) => message)).toEqual([
      expect.stringContaining(kind),
      "New container will be created and started.",
      "Existing container will be destroyed, no longer needed.",
    ]);
  });

  test("the limits that were left out are gone after the update, and the next one finds no difference", async () => {
    const id = nextId();
    await desire(id, component("web", app("1"), ...without("memory", "memoryReservation")));
    await world.client.leadThrough(id);
    expect((await world.named("web")).hostConfig.resources).toBeUndefined();
    const next = nextId();
    await desire(next, component("web", app("1"), ...without("memory", "memoryReservation")));
    expect(world.client.of(next).at(-1)?.payload.actions?.[0]?.message).toStartWith("No changes detected");
  });
});

describe("failures", () => {
  const bad = [
    ["an image that is not there", component("web", "localhost:1/none:9"), "DOWNLOAD", "localhost:1/none:9"],
    ["a start that fails", component("web", app("2"), ["cmd", "/bin/nope"]), "ACTIVATE", "/bin/nope"],
  ] as const;
  for (const [what, web, phase, named] of bad) {
    for (const ending of [["ROLLBACK", "CLEANUP"], ["CLEANUP"]]) {
      test(`${what}, then ${ending.join(" and ")}: the old one runs, the reason names it`, async () => {
        await prepare(component("web", app("1")), component("old", app("1")));
        const before = await world.named("web");
        const id = nextId();
        await desire(id, web);
        for (const command of ["DOWNLOAD", "UPDATE", "ACTIVATE"]) {
          const { payload } = await world.client.lead(id, command);
          if (command !== phase) continue;
          expect(payload.status).toBe(phase === "DOWNLOAD" ? "DOWNLOAD_FAILURE" : "ACTIVATION_FAILURE");
          expect(payload.actions?.[0]?.message).toContain(named);
          break;
        }
        if (phase === "DOWNLOAD") expect(await world.named("web")).toEqual(before);
        for (const command of ending) await world.client.lead(id, command);
        expect((await world.client.lastWord(id)).payload.status).toBe("INCOMPLETE");
        expect(await statesOf()).toEqual(["old 1 Running", "web 1 Running"]);
        expect((await world.named("web")).id).toBe(before.id);
      });
    }
  }

  test.each([["DOWNLOAD"], ["UPDATE"], ["ACTIVATE"]])("ROLLBACK after %s: all as before", async (last) => {
    await prepare(component("web", app("1")), component("changed", app("1")), component("old", app("1")));
    const before = new Map((await world.list()).map(({ name, id }) => [name, id]));
    const id = nextId();
    await desire(
      id,
      component("web", app("2")),
      component("changed", app("1"), ["restartPolicy", "no"]),
      component("new", app("1")),
    );
    for (const command of ["DOWNLOAD", "UPDATE", "ACTIVATE"]) {
      await world.client.lead(id, command);
      if (command === last) break;
    }
    const { payload } = await world.client.lead(id, "ROLLBACK");
    expect(payload.status).toBe("ROLLBACK_SUCCESS");
    expect(payload.actions?.[0]?.message).toBe(
      "Update unsuccessful, but rollback succeeded - new container instance destroyed, old container instance restored.",
    );
    await world.client.lead(id, "CLEANUP");
    expect((await world.client.lastWord(id)).payload.status).toBe("INCOMPLETE");
    expect(await statesOf()).toEqual(["changed 1 Running", "old 1 Running", "web 1 Running"]);
    expect(new Map((await world.list()).map(({ name, id }) => [name, id]))).toEqual(before);
    expect((await world.named("changed")).hostConfig.restartPolicy.type).toBe("unless-stopped");
  });

  test("an update that fails leaves the others stopped until ROLLBACK, which is possible", async () => {
    await prepare(component("web", app("1")), component("changed", app("1")));
    const id = nextId();
    await desire(id, component("web", app("2")), component("changed", app("1"), ["restartPolicy", "no"]));
    await world.client.lead(id, "DOWNLOAD");
    const changed = await world.named("changed");
    const stop = { timeoutSeconds: 1, force: true, signal: "" };
    await world.device.device.client.remove(changed.id, true, stop, stepSignal());
    const { payload } = await world.client.lead(id, "UPDATE");
    expect(payload.status).toBe("UPDATE_FAILURE");
    expect(payload.actions?.[1]?.message).toContain(changed.id);
    await world.client.lead(id, "ROLLBACK");
    await world.client.lead(id, "CLEANUP");
    await world.client.lastWord(id);
    expect(await statesOf()).toEqual(["web 1 Running"]);
  });

  test("the broker is killed in the middle: the current state comes anew and the next command goes on", async () => {
    await prepare(component("web", app("1")));
    const id = nextId();
    await desire(id, component("web", app("2")));
    await world.client.lead(id, "DOWNLOAD");
    const initial = () =>
      world.client.heard.filter(({ text }) => text.includes("initial-current-state-")).length;
    const before = initial();
    await world.broker.kill();
    await world.broker.start();
    await world.client.until("the initial state anew", () => initial() > before);
    for (const command of ["UPDATE", "ACTIVATE", "CLEANUP"]) await world.client.lead(id, command);
    expect((await world.client.lastWord(id)).payload.status).toBe("COMPLETED");
    expect(await statesOf()).toEqual(["web 2 Running"]);
  });

  test("the daemon is killed in the middle: what it told last is told again, and the next command goes on", async () => {
    await prepare(component("web", app("1")), component("other", app("1")));
    const other = await world.named("other");
    const id = nextId();
    await desire(id, component("web", app("2")), component("other", app("1")));
    await world.client.lead(id, "DOWNLOAD");
    await world.client.lead(id, "UPDATE");
    const before = world.client.of(id).length;
    await world.device.device.end("container-management", "SIGKILL");
    await world.device.device.startDaemon(stepSignal());
    const again = await world.client.until("the status anew", () => world.client.of(id)[before]);
    expect(again.payload.status).toBe("UPDATE_SUCCESS");
    await world.client.lead(id, "ACTIVATE");
    await world.client.lead(id, "CLEANUP");
    expect((await world.client.lastWord(id)).payload.status).toBe("COMPLETED");
    expect(await statesOf()).toEqual(["other 1 Running", "web 2 Running"]);
    expect((await world.named("other")).state.pid).toBe(other.state.pid);
  });

  test("a new desired state supersedes one whose old containers are down: they are back before, and it says so", async () => {
    await prepare(component("web", app("1")), component("old", app("1")));
    const web = await world.named("web");
    const id = nextId();
    await desire(id, component("web", app("2")));
    await world.client.lead(id, "DOWNLOAD");
    await world.client.lead(id, "UPDATE");
    const next = nextId();
    await desire(next, component("web", app("1")), component("old", app("1")));
    expect((await world.client.lastWord(id)).payload.status).toBe("SUPERSEDED");
    expect(
      world.client
        .of(next)
        .at(-1)
        ?.payload.actions?.map(({ message }) => message?.split(",")[0]),
    ).toEqual(["No changes detected", "No changes detected"]);
    expect((await world.named("web")).id).toBe(web.id);
    expect(await statesOf()).toEqual(["old 1 Running", "web 1 Running"]);
  });

  test("two containers of one name: one takes part, the other is gone with the end", async () => {
    await prepare(component("web", app("1")));
    const web = await world.named("web");
    await world.device.device.client.create(
      fillDefaults({ name: "web", image: { name: app("1") } }),
      stepSignal(),
    );
    await prepare(component("web", app("1")));
    expect((await world.named("web")).state.pid).toBe(web.state.pid);
  });
});

describe("led by the device itself", () => {
  function publish(topic: string, message: object): void {
    const args = ["-h", "127.0.0.1", "-p", String(BROKER_PORT), "-t", topic, "-m", JSON.stringify(message)];
    const { status, stderr } = spawnSync("mosquitto_pub", args, { encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  }

  test("the documents' hello-world and FOO=BAR by mosquitto_pub", async () => {
    await prepare(component("web", app("1")));
    const image = { key: "image", value: "docker.io/library/hello-world:latest" };
    for (const config of [[image], [image, { key: "env", value: "FOO=BAR" }]]) {
      const before = world.client.feedback.length;
      publish("containersupdate/desiredstate", {
        activityId: "test-correlation-activity-uuid",
        payload: {
          domains: [
            { id: "containers", config: [], components: [{ id: "hello-world", version: "latest", config }] },
          ],
        },
      });
      const last = await world.client.until("the last word", () =>
        world.client.feedback.slice(before).find(({ payload }) => /^(IN)?COMPLETED?$/.test(payload.status)),
      );
      expect(last).toMatchObject({
        activityId: "test-correlation-activity-uuid",
        payload: { status: "COMPLETED" },
      });
      const { config: made, state } = await world.named("hello-world");
      expect(state.exitCode).toBe(0);
      expect(made?.env ?? []).toEqual(config.length === 1 ? [] : ["FOO=BAR"]);
    }
    expect(await world.list()).toHaveLength(1);
  });

  const PROBE = JSON.stringify({ exec: ["/bin/false"], interval: "100ms", retries: 1 });
  const LATER = [
    ["cmd", "/bin/sh"],
    ["cmd", "-c"],
    ["cmd", "sleep 0.7; exit 3"],
  ] as const;
  const bad = [
    ["does not start", [["cmd", "/bin/nope"]], "/bin/nope"],
    ["ends with an error", [["cmd", "/bin/false"]], "it ended with exit code 1"],
    ["ends a while later and is restarted", LATER, "it ended with exit code 3"],
    ["is unhealthy", [["healthcheck", PROBE]], "unhealthy"],
  ] as const;
  for (const [what, pairs, reason] of bad) {
    test(`a new one that ${what}: the old one is back, INCOMPLETE says why`, async () => {
      await prepare(component("web", app("1")), component("other", app("1")));
      const before = await world.named("web");
      const id = nextId();
      await world.client.desire(id, [component("web", app("2"), ...pairs), component("other", app("2"))], {});
      const { payload } = await world.client.lastWord(id);
      expect(payload.status).toBe("INCOMPLETE");
      expect(payload.message).toContain(reason);
      expect(await statesOf()).toEqual(["other 1 Running", "web 1 Running"]);
      expect((await world.named("web")).id).toBe(before.id);
    });
  }

  test("an image that is not there: nothing running was touched", async () => {
    await prepare(component("web", app("1")), component("other", app("1")));
    const before = await world.list();
    const id = nextId();
    await world.client.desire(id, [component("web", app("2")), component("other", "localhost:1/none:9")], {});
    const { payload } = await world.client.lastWord(id);
    expect(payload.status).toBe("INCOMPLETE");
    expect(payload.message).toContain("localhost:1/none:9");
    expect(await world.list()).toEqual(before);
  });

  test("a dependent starts after the one that it depends on is healthy", async () => {
    await prepare();
    const id = nextId();
    const probe = JSON.stringify({
      exec: ["/bin/sh", "-c", "test -e /ready"],
      interval: "100ms",
      retries: 100,
    });
    const command = "sleep 1; touch /ready; exec sleep 60";
    await world.client.desire(
      id,
      [
        component("web", app("1"), ["dependsOn", "db"]),
        component(
          "db",
          app("1"),
          ["cmd", "/bin/sh"],
          ["cmd", "-c"],
          ["cmd", command],
          ["healthcheck", probe],
        ),
      ],
      {},
    );
    expect((await world.client.lastWord(id)).payload.status).toBe("COMPLETED");
    const [web, db] = [await world.named("web"), await world.named("db")];
    expect(Date.parse(web.state.startedAt) - Date.parse(db.state.startedAt)).toBeGreaterThan(900);
  });
});

test("the auto deployer ends for good when the agent begins (--mqtt), and does not without its lock", async () => {
  const folder = join(world.device.home, "manifests");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "web.json"),
    JSON.stringify({ container_name: "kept", image: { name: app("1") } }),
  );
  const enabled = join(folder, "..", "KAD.enabled");
  const disabled = join(folder, "..", "KAD.disabled");
  const deployer = () => {
    const args = [
      "-d",
      "-m",
      "-s",
      world.device.device.socket,
      "--state-dir",
      join(world.device.home, "kad"),
      folder,
    ];
    const env = { ...process.env, KAD_LOCK_PATH: enabled };
    const child = spawn(join(ROOT, "dist/bin/kanto-auto-deployer"), args, {
      stdio: ["ignore", "ignore", "pipe"],
      env,
    });
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
    });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    return { child, ended, text: () => text };
  };
  const without = deployer();
  await until(
    () => without.text().includes("does not exist, but KAD was started with the MQTT"),
    without.text,
  );
  without.child.kill("SIGTERM");
  expect(await without.ended).toBe(0);

  writeFileSync(enabled, "");
  const listening = deployer();
  await until(() => listening.text().includes("connected to the broker"), listening.text);
  const id = nextId();
  for (let times = 0; listening.child.exitCode === null && times < 20; times++) {
    // Subscribed or not yet: a message that is too early is not heard.
    await world.client.desire(`${id}-${times}`, [component("web", app("1"))]);
    await world.client.status(`${id}-${times}`, "IDENTIFIED");
  }
  expect(await listening.ended).toBe(0);
  expect(listening.text()).toContain("Getting terminated from MQTT!");
  expect([existsSync(enabled), existsSync(disabled)]).toEqual([false, true]);
  // What the folder made is protected here (update_agent.protect), though no desired state lists it.
  const last = nextId();
  await desire(last, component("web", app("1")));
  await world.client.leadThrough(last);
  expect(await statesOf()).toEqual(["kept 1 Running", "web 1 Running"]);
});
