/** Each row of the state machine, failure and comparison tables of spec/update-agent.md §6, on containers in memory. */

import { describe, expect, test } from "bun:test";
import { settle } from "../../../../src/base/virtual-clock.ts";
import { SupercargoError } from "../../../../src/errors/error.ts";
import { ALL_PHASES, Bench, component, desiredOf } from "./bench.ts";

const POLICY = { type: "always", maximumRetryCount: 0, retryTimeoutNanos: 0n };

describe("a desired state led by commands", () => {
  test("recreate, destroy and check go through the phases with the typical run's feedback", async () => {
    const bench = new Bench();
    bench.put("web");
    bench.put("db");
    bench.put("old");
    await bench.submit({ components: [component("web", "app:2"), component("db")] });
    expect(bench.lines()).toEqual(["IDENTIFYING", "IDENTIFIED [IDENTIFIED IDENTIFIED IDENTIFIED]"]);
    await bench.command("DOWNLOAD");
    expect(bench.lines()).toEqual([
      "DOWNLOADING [DOWNLOADING IDENTIFIED IDENTIFIED]",
      "DOWNLOAD_SUCCESS [DOWNLOAD_SUCCESS IDENTIFIED IDENTIFIED]",
    ]);
    expect(bench.state()).toEqual([
      "db app:1 Running",
      "old app:1 Running",
      "web app:1 Running",
      "web app:2 Created",
    ]);
    await bench.command("UPDATE");
    expect(bench.lines()).toEqual([
      "UPDATING [UPDATING IDENTIFIED IDENTIFIED]",
      "UPDATING [UPDATE_SUCCESS IDENTIFIED UPDATING]",
      "UPDATE_SUCCESS [UPDATE_SUCCESS IDENTIFIED UPDATE_SUCCESS]",
    ]);
    await bench.command("ACTIVATE");
    expect(bench.lines()).toEqual([
      "ACTIVATING [ACTIVATING IDENTIFIED UPDATE_SUCCESS]",
      "ACTIVATING [ACTIVATION_SUCCESS ACTIVATING UPDATE_SUCCESS]",
      "ACTIVATION_SUCCESS [ACTIVATION_SUCCESS ACTIVATION_SUCCESS UPDATE_SUCCESS]",
    ]);
    await bench.command("CLEANUP");
    expect(bench.lines()).toEqual([
      "CLEANUP_SUCCESS [ACTIVATION_SUCCESS ACTIVATION_SUCCESS REMOVAL_SUCCESS]",
      "COMPLETED [ACTIVATION_SUCCESS ACTIVATION_SUCCESS REMOVAL_SUCCESS]",
    ]);
    expect(bench.state()).toEqual(["db app:1 Running", "web app:2 Running"]);
    expect(bench.journal.notes.size).toBe(0);
  });

  test("a first installation tells no more of UPDATE than its success", async () => {
    const bench = new Bench();
    await bench.submit({ components: [component("one"), component("two")] });
    await bench.lead("DOWNLOAD");
    bench.lines();
    await bench.lead("UPDATE");
    expect(bench.lines()).toEqual(["UPDATE_SUCCESS [DOWNLOAD_SUCCESS DOWNLOAD_SUCCESS]"]);
  });

  test("with nothing wanted and nothing there it is complete at once", async () => {
    const bench = new Bench();
    await bench.submit({});
    expect(bench.lines()).toEqual(["IDENTIFYING", "IDENTIFIED", "COMPLETED"]);
  });

  test("downloads run side by side and are told one after the other", async () => {
    const bench = new Bench();
    for (const name of ["a", "b", "c"]) bench.containers.images.set(`app:${name}`, { createMs: 1000 });
    await bench.submit({ components: ["a", "b", "c"].map((name) => component(name, `app:${name}`)) });
    bench.lines();
    bench.conductor.command("a", "DOWNLOAD", undefined);
    await bench.clock.advance(1000);
    expect(bench.lines()).toEqual([
      "DOWNLOADING [DOWNLOADING IDENTIFIED IDENTIFIED]",
      "DOWNLOADING [DOWNLOAD_SUCCESS DOWNLOADING IDENTIFIED]",
      "DOWNLOADING [DOWNLOAD_SUCCESS DOWNLOAD_SUCCESS DOWNLOADING]",
      "DOWNLOAD_SUCCESS [DOWNLOAD_SUCCESS DOWNLOAD_SUCCESS DOWNLOAD_SUCCESS]",
    ]);
  });

  test("a download tells its progress at most once a second, and not after its end", async () => {
    let percent: (value: number) => void = () => {};
    const done = Promise.withResolvers<void>();
    const fetch = (_: string, onPercent: (value: number) => void) => {
      percent = onPercent;
      return done.promise;
    };
    const bench = new Bench({ device: { fetch } });
    await bench.submit({ components: [component("web")] });
    await bench.command("DOWNLOAD");
    bench.reports.length = 0;
    percent(10);
    await bench.clock.advance(1000);
    percent(30.7);
    percent(31);
    expect(bench.reports.map(({ actions }) => actions?.[0]?.progress)).toEqual([30]);
    done.resolve();
    await settle();
    expect(bench.reports.at(-1)?.actions?.[0]).toEqual({
      name: "web",
      version: "1",
      status: "DOWNLOAD_SUCCESS",
      message: "New container created.",
    });
  });

  test("update changes policy and limits in place; leaving limits out takes them away", async () => {
    const bench = new Bench();
    const resources = { memory: "64M", memoryReservation: "", memorySwap: "" };
    const present = bench.put("web", { hostConfig: { resources } });
    const desired = desiredOf("web", { hostConfig: { restartPolicy: POLICY } });
    await bench.submit({ components: [component("web", "app:1", { desired })] });
    expect(bench.reports.at(-1)?.actions?.[0]?.message).toBe(
      "Existing container will be updated with new configuration.",
    );
    await bench.lead("DOWNLOAD", "UPDATE");
    const { hostConfig } = bench.containers.named("web");
    expect(hostConfig.restartPolicy.type).toBe("always");
    expect(hostConfig.resources).toEqual({ memory: "", memoryReservation: "", memorySwap: "" });
    await bench.lead("ACTIVATE", "CLEANUP");
    expect(bench.lines().at(-1)).toBe("COMPLETED [ACTIVATION_SUCCESS]");
    expect(bench.containers.named("web").state.pid).toBe(present.state.pid);
  });

  test("dependents start after those that they depend on are healthy", async () => {
    let health: "starting" | "healthy" = "starting";
    const bench = new Bench({ device: { healthOf: () => health } });
    const web = component("web", "app:1", { dependsOn: ["db"] });
    await bench.submit({ components: [web, component("db")] });
    await bench.lead("DOWNLOAD", "UPDATE", "ACTIVATE");
    expect(bench.state()).toEqual(["db app:1 Running", "web app:1 Created"]);
    health = "healthy";
    await bench.clock.advance(200);
    expect(bench.state()).toEqual(["db app:1 Running", "web app:1 Running"]);
    expect(bench.lines().at(-1)).toBe("ACTIVATION_SUCCESS [ACTIVATION_SUCCESS ACTIVATION_SUCCESS]");
  });

  test("several containers of one name: the running one takes part, the others go with the end", async () => {
    const bench = new Bench();
    bench.put("web", {}, false);
    const running = bench.put("web");
    await bench.submit({ components: [component("web")] });
    await bench.lead(...ALL_PHASES);
    expect(bench.containers.named("web").state.pid).toBe(running.state.pid);
  });

  test("system containers and protected ones are left alone", async () => {
    const bench = new Bench({
      options: { systemContainers: ["sua"], isProtected: ({ name }) => name === "folder" },
    });
    for (const name of ["sua", "folder", "other"]) bench.put(name);
    await bench.submit({ components: [component("sua", "app:9")] });
    await bench.lead(...ALL_PHASES);
    expect(bench.state()).toEqual(["folder app:1 Running", "sua app:1 Running"]);
  });

  test("the domain's own list of system containers counts instead, an empty one too", async () => {
    const bench = new Bench({ options: { systemContainers: ["sua"] } });
    bench.put("sua");
    await bench.submit({ systemContainers: [] });
    await bench.lead(...ALL_PHASES);
    expect(bench.state()).toEqual([]);
  });
});

describe("commands out of order", () => {
  test("are refused with the peer's words, change nothing, and the next right one works", async () => {
    const bench = new Bench();
    await bench.submit({ components: [component("web")] });
    bench.lines();
    await bench.lead("UPDATE", "ACTIVATE", "ROLLBACK");
    expect(bench.reports.map(({ status, message }) => [status, message])).toEqual([
      ["UPDATE_FAILURE", "UPDATE is possible only after status DOWNLOAD_SUCCESS is reported"],
      ["ACTIVATION_FAILURE", "ACTIVATE is possible only after status UPDATE_SUCCESS is reported"],
      [
        "ROLLBACK_FAILURE",
        "ROLLBACK is possible only after status DOWNLOAD_SUCCESS|UPDATE_SUCCESS|ACTIVATION_FAILURE|ACTIVATION_SUCCESS|DOWNLOAD_FAILURE|UPDATE_FAILURE is reported",
      ],
    ]);
    bench.lines();
    await bench.lead("DOWNLOAD", "DOWNLOAD");
    expect(bench.lines().map((line) => line.split(" ")[0])).toEqual([
      "DOWNLOADING",
      "DOWNLOAD_SUCCESS",
      "DOWNLOAD_FAILURE",
    ]);
    await bench.lead("UPDATE", "ACTIVATE", "CLEANUP");
    expect(bench.lines().at(-1)).toBe("COMPLETED [ACTIVATION_SUCCESS]");
  });

  test("an unknown baseline is named; other activities and no activity are passed over", async () => {
    const bench = new Bench();
    await bench.command("DOWNLOAD");
    await bench.submit({ components: [component("web")] });
    bench.lines();
    await bench.command("DOWNLOAD", "*", "another");
    await bench.command("DOWNLOAD", "nothing");
    await bench.command("CLEANUP", "nothing");
    expect(bench.reports.map(({ status, baseline, message }) => [status, baseline, message])).toEqual([
      ["DOWNLOAD_FAILURE", "nothing", "Unknown baseline nothing"],
      ["CLEANUP", "nothing", "Unknown baseline nothing"],
    ]);
  });

  test("CLEANUP at once abandons: nothing was touched", async () => {
    const bench = new Bench();
    bench.put("web");
    await bench.submit({ components: [component("web", "app:2")] });
    await bench.command("CLEANUP", "");
    expect(bench.lines().slice(2)).toEqual(["CLEANUP_SUCCESS [IDENTIFIED]", "INCOMPLETE [IDENTIFIED]"]);
    expect(bench.state()).toEqual(["web app:1 Running"]);
  });
});

describe("baselines", () => {
  const components = [component("web", "app:2"), component("db", "app:2"), component("log", "app:2")];
  const baselines = [{ title: "group", components: ["web", "db"] }];

  test("each is led by itself; the end comes with the last clean-up", async () => {
    const bench = new Bench();
    for (const name of ["web", "db", "log", "old"]) bench.put(name);
    await bench.submit({ components, baselines });
    const titles = ["group", "containers:log", "containers:remove-components"];
    for (const title of titles) for (const one of ALL_PHASES) await bench.command(one, title);
    expect(bench.reports.filter(({ status }) => status === "COMPLETED")).toHaveLength(1);
    expect(bench.lines().at(-1)?.split(" ")[0]).toBe("COMPLETED");
    expect(bench.state()).toEqual(["db app:2 Running", "log app:2 Running", "web app:2 Running"]);
  });

  test("one that names an unknown component, or one that is taken, fails the identification", async () => {
    const bench = new Bench();
    await bench.submit({ components, baselines: [...baselines, { title: "again", components: ["db"] }] });
    expect(bench.reports.at(-1)).toEqual({
      activityId: "a",
      status: "IDENTIFICATION_FAILED",
      message:
        "cannot process desired state baselines with containers: problem with baseline again: cannot find container component containers:db",
    });
  });

  test("a download through one baseline and then through all is no failure", async () => {
    const bench = new Bench();
    await bench.submit({ components, baselines });
    await bench.command("DOWNLOAD", "group");
    await bench.lead(...ALL_PHASES);
    expect(bench.lines().at(-1)?.split(" ")[0]).toBe("COMPLETED");
  });
});

describe("failures", () => {
  const missing = new SupercargoError("SC_IMAGE_NOT_FOUND", "no such image bad:1");

  test("of a download: nothing running was touched, CLEANUP takes away what was made", async () => {
    const bench = new Bench();
    const old = bench.put("web");
    bench.containers.images.set("bad:1", { createError: missing });
    await bench.submit({ components: [component("web", "app:2"), component("bad", "bad:1")] });
    bench.lines();
    await bench.command("DOWNLOAD");
    expect(bench.lines()).toEqual([
      "DOWNLOADING [DOWNLOADING IDENTIFIED]",
      "DOWNLOADING [DOWNLOAD_SUCCESS DOWNLOADING]",
      "DOWNLOAD_FAILURE [DOWNLOAD_SUCCESS DOWNLOAD_FAILURE]",
    ]);
    await bench.command("CLEANUP");
    expect(bench.reports.map(({ status }) => status)).toEqual(["CLEANUP_SUCCESS", "INCOMPLETE"]);
    expect(bench.reports.at(-1)?.actions?.[1]).toMatchObject({
      status: "DOWNLOAD_FAILURE",
      message: "no such image bad:1",
    });
    expect(bench.containers.named("web")).toEqual(old);
    expect(bench.containers.all.size).toBe(1);
  });

  test("of a start: ROLLBACK and CLEANUP both bring back what ran, and what was stopped to be destroyed", async () => {
    for (const commands of [["ROLLBACK", "CLEANUP"], ["CLEANUP"]] as const) {
      const bench = new Bench();
      for (const name of ["web", "changed", "gone"]) bench.put(name);
      bench.put("stopped", {}, false);
      bench.containers.images.set("bad:1", { startError: new Error("exec format error") });
      const desired = desiredOf("changed", { hostConfig: { restartPolicy: POLICY } });
      await bench.submit({
        components: [
          component("fresh"),
          component("changed", "app:1", { desired }),
          component("web", "bad:1"),
        ],
      });
      await bench.lead("DOWNLOAD", "UPDATE", "ACTIVATE");
      expect(bench.reports.at(-1)?.status).toBe("ACTIVATION_FAILURE");
      await bench.lead(...commands);
      expect(bench.reports.at(-1)?.status).toBe("INCOMPLETE");
      expect(bench.state()).toEqual([
        "changed app:1 Running",
        "gone app:1 Running",
        "stopped app:1 Stopped",
        "web app:1 Running",
      ]);
      expect(bench.containers.named("changed").hostConfig.restartPolicy.type).toBe("unless-stopped");
      expect(bench.journal.notes.size).toBe(0);
    }
  });

  test("ROLLBACK tells two messages per action, one for a new one, and the peer's texts", async () => {
    const bench = new Bench();
    bench.put("web");
    await bench.submit({ components: [component("web", "app:2"), component("fresh")] });
    await bench.lead("DOWNLOAD", "UPDATE", "ACTIVATE");
    bench.lines();
    await bench.command("ROLLBACK");
    expect(bench.reports.at(-1)?.actions?.map(({ message }) => message)).toEqual([
      "Update unsuccessful, but rollback succeeded - new container instance destroyed, old container instance restored.",
      "Update unsuccessful, but rollback succeeded - new container instance destroyed.",
    ]);
    expect(bench.lines()).toEqual([
      "ROLLBACK [UPDATING ACTIVATION_SUCCESS]",
      "ROLLBACK [UPDATE_FAILURE ACTIVATION_SUCCESS]",
      "ROLLBACK [UPDATE_FAILURE UPDATING]",
      "ROLLBACK_SUCCESS [UPDATE_FAILURE UPDATE_FAILURE]",
    ]);
    expect(bench.state()).toEqual(["web app:1 Running"]);
  });

  test("ROLLBACK right after DOWNLOAD leaves the running old one as it is", async () => {
    const bench = new Bench();
    const old = bench.put("web");
    await bench.submit({ components: [component("web", "app:2")] });
    await bench.lead("DOWNLOAD", "ROLLBACK");
    expect(bench.reports.at(-1)?.status).toBe("ROLLBACK_SUCCESS");
    expect(bench.containers.named("web")).toEqual(old);
  });

  test("of a stop: the others stay stopped until ROLLBACK, which is possible", async () => {
    const bench = new Bench();
    bench.put("one");
    const stubborn = bench.put("two");
    bench.containers.onCall = (call, subject) => {
      if (call === "stop" && subject === stubborn.id) throw new Error("it does not stop");
    };
    await bench.submit({ components: [] });
    await bench.lead("DOWNLOAD", "UPDATE");
    expect(bench.lines().at(-1)).toBe("UPDATE_FAILURE [UPDATE_SUCCESS UPDATE_FAILURE]");
    await bench.lead("ROLLBACK", "CLEANUP");
    expect(bench.state()).toEqual(["one app:1 Running", "two app:1 Running"]);
    expect(bench.lines().at(-1)).toBe("INCOMPLETE [UPDATE_FAILURE UPDATE_FAILURE]");
  });

  test("a container that cannot be removed makes CLEANUP_FAILURE and INCOMPLETE", async () => {
    const bench = new Bench();
    const old = bench.put("old");
    bench.containers.onCall = (call, subject) => {
      if (call === "remove" && subject === old.id) throw new Error("device busy");
    };
    await bench.submit({ components: [component("web")] });
    await bench.lead("DOWNLOAD", "UPDATE", "ACTIVATE");
    bench.conductor.command("a", "CLEANUP", undefined);
    await bench.clock.advance(10_000);
    expect(bench.lines().slice(-2)).toEqual([
      "CLEANUP_FAILURE [ACTIVATION_SUCCESS REMOVAL_FAILURE]",
      "INCOMPLETE [ACTIVATION_SUCCESS REMOVAL_FAILURE]",
    ]);
  });

  test("a list that fails fails the identification", async () => {
    const bench = new Bench();
    bench.containers.isAway = true;
    await bench.submit({ components: [component("web")] });
    expect(bench.reports.map(({ status }) => status)).toEqual(["IDENTIFYING", "IDENTIFICATION_FAILED"]);
  });

  test("wishes that contradict themselves are refused by name", async () => {
    const bench = new Bench();
    const cyclic = (name: string, other: string) => component(name, "app:1", { dependsOn: [other] });
    await bench.submit({ components: [component("web"), component("web")] });
    await bench.submit({ components: [cyclic("x", "y"), cyclic("y", "z"), cyclic("z", "y")] });
    await bench.submit({ components: [cyclic("x", "nobody")] });
    await bench.submit({ components: Array.from({ length: 10_000 }, (_, at) => component(`c${at}`)) });
    expect(bench.reports.map(({ status, message }) => [status, message])).toEqual([
      ["IDENTIFICATION_FAILED", "component web is given more than once"],
      ["IDENTIFICATION_FAILED", "components depend on each other in a circle: y -> z -> y"],
      ["IDENTIFICATION_FAILED", "component x depends on nobody, which is not part of the desired state"],
      ["IDENTIFICATION_FAILED", "at most 1000 components are accepted, but got 10000"],
    ]);
    expect(bench.containers.calls).toEqual([]);
  });
});
