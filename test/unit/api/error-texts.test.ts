/** Each row of spec/grpc-api.md §8, each rpc of §3 and the rules of §13 at the real API over the fake engine. */

import { beforeEach, describe, expect, test } from "bun:test";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { SystemInfoDefinition } from "../../../src/api/gen/api/services/sysinfo/system_info.ts";
import type { GrpcClient } from "../../../src/grpc/client.ts";
import { Status } from "../../../src/grpc/grpc-error.ts";
import { Metadata } from "../../../src/grpc/metadata.ts";
import { collect } from "../grpc/pair.ts";
import { NEW_IMAGE, policy } from "../manager/support/device.ts";
import { ApiBench, BUILD, bareWire, wire } from "./support/api-bench.ts";

let api: ApiBench;
beforeEach(async () => {
  api = await ApiBench.open();
});

type Work = (client: GrpcClient, service: typeof ContainersDefinition) => Promise<unknown>;

const stopWith = (timeout: bigint, force: boolean, signal: string) => ({ timeout, force, signal });
const start =
  (id: string): Work =>
  (client, service) =>
    client.unary(service, "start", { id });
const stop =
  (id: string, stopOptions: ReturnType<typeof stopWith> | undefined = undefined): Work =>
  (client, service) =>
    client.unary(service, "stop", { id, stopOptions });
const remove =
  (id: string, force = false, stopOptions: ReturnType<typeof stopWith> | undefined = undefined): Work =>
  (client, service) =>
    client.unary(service, "remove", { id, force, stopOptions });
const simple =
  (method: "pause" | "unpause" | "restart", id: string): Work =>
  (client, service) =>
    client.unary(service, method, { id });
const rename =
  (id: string, name: string): Work =>
  (client, service) =>
    client.unary(service, "rename", { id, name });
const logs =
  (id: string): Work =>
  (client, service) =>
    collect(client.serverStream(service, "logs", { id, tail: -1, follow: false, since: "" }));
const update =
  (id: string, type: string, memory = ""): Work =>
  (client, service) =>
    client.unary(service, "update", {
      id,
      updateOptions: {
        restartPolicy: { type, maximumRetryCount: 0n, retryTimeout: 0n },
        resources: { memory, memorySwap: "", memoryReservation: "" },
      },
    });

async function expectText(work: Work, text: string | RegExp, code: string): Promise<void> {
  const refusal = await api.refusal(work);
  // Every application error is UNKNOWN, and our code is in the trailers.
  expect({ status: refusal.status, code: refusal.code }).toEqual({ status: Status.UNKNOWN, code });
  if (typeof text === "string") expect(refusal.text).toBe(text);
  else expect(refusal.text).toMatch(text);
}

const status = async (id: string) => (await api.get(id))?.state?.status;
const made = (command: string, isStarted = true, more: Parameters<ApiBench["made"]>[2] = {}) =>
  api.made(command, isStarted, more);

describe("an unknown id", () => {
  const calls: readonly (readonly [string, (id: string) => Work])[] = [
    ["start", start],
    ["stop", (id) => stop(id)],
    ["update", (id) => update(id, "no")],
    [
      "update with nothing",
      (id) => (client, service) => client.unary(service, "update", { id, updateOptions: undefined }),
    ],
    ["pause", (id) => simple("pause", id)],
    ["unpause", (id) => simple("unpause", id)],
    ["restart", (id) => simple("restart", id)],
    ["rename", (id) => rename(id, "a")],
    ["remove", (id) => remove(id)],
    ["logs", logs],
    // The id is looked up before the options are.
    ["stop with bad options", (id) => stop(id, stopWith(-1n, false, "X"))],
    ["rename to a bad name", (id) => rename(id, "a b")],
    ["update with a bad policy", (id) => update(id, "x")],
  ];
  for (const [name, work] of calls) {
    test(name, async () => {
      for (const id of ["nobody", "", "../../etc", "x".repeat(2000)]) {
        await expectText(work(id), `no such container with id = ${id} exists`, "SC_CONTAINER_NOT_FOUND");
      }
    });
  }

  test("get: OK and nothing", async () => {
    for (const id of ["nobody", "", "../../etc"]) expect(await api.get(id)).toBeUndefined();
  });

  test("attach: first a response with the text, then the status", async () => {
    const chunks: string[] = [];
    await expectText(
      async (client, service) => {
        const call = client.duplex(service, "attach");
        const first = {
          writeOffset: 0n,
          finishWrite: false,
          readOffset: 0n,
          readLimit: 0n,
          terminalSize: undefined,
        };
        await call.send({ ...first, id: "nobody", stdIn: true, dataToWrite: new Uint8Array() });
        for await (const { readData } of call.responses) chunks.push(Buffer.from(readData).toString());
      },
      "no such container with id = nobody exists",
      "SC_CONTAINER_NOT_FOUND",
    );
    expect(chunks).toEqual(["no such container with id = nobody exists\r\n"]);
  });
});

describe("create", () => {
  test("the registry's words, and a registry that is away", async () => {
    const image = (name: string) => ({ name, decryptConfig: undefined });
    const create =
      (name: string): Work =>
      (client, service) =>
        client.unary(service, "create", { container: bareWire({ image: image(name) }) });
    await expectText(create("registry.example/none:1"), /not found/, "SC_IMAGE_NOT_FOUND");
    await expectText(create("away.example/app:1"), /does not answer/, "SC_REGISTRY_UNAVAILABLE");
    expect(await api.list()).toEqual([]);
  });

  test("an id can be used again after a create that failed", async () => {
    const container = wire({ id: "again", image: { name: "registry.example/none:1" } });
    await api.refusal((client, service) => client.unary(service, "create", { container }));
    expect((await api.create(wire({ id: "again" }))).id).toBe("again");
  });

  test("an id can be used again after a create whose snapshot step failed", async () => {
    const container = wire({ id: "again", config: { cmd: ["runs"] } });
    api.device.engine.faultAt = (_, name) => (name.startsWith("prepareSnapshot") ? "error" : undefined);
    const failed = await api.refusal((client, service) => client.unary(service, "create", { container }));
    expect(failed.status).toBe(Status.UNKNOWN);
    expect(await api.list()).toEqual([]);
    api.device.expectNoLeaks();
    api.device.engine.faultAt = () => undefined;
    await api.create(container);
    await api.call(start("again"));
    expect(await status("again")).toBe("Running");
  });
});

describe("who asked is noted", () => {
  test.each([
    [undefined, "grpc"],
    ["folder", "folder"],
  ])("%p as %s", async (sent, noted) => {
    const metadata = new Metadata();
    if (sent !== undefined) metadata.add("supercargo-origin", sent);
    const container = wire({ id: "one" });
    await api.call((client, service) => client.unary(service, "create", { container }, { metadata }));
    expect(api.device.manager.details("one").origin).toBe(noted);
  });
});

describe("start", () => {
  test("of a running one", async () => {
    const id = await made("runs");
    await expectText(start(id), `the container with id = ${id} is already running`, "SC_CONTAINER_STATE");
  });

  test("of a paused one", async () => {
    const id = await made("runs");
    await api.call(simple("pause", id));
    const text = `the container with id = ${id} is paused - cannot start it - try unpausing it instead`;
    await expectText(start(id), text, "SC_CONTAINER_STATE");
  });

  test("that the runtime refuses: its text, status Stopped, code 0", async () => {
    const id = await made("missing", false, { hostConfig: policy("no") });
    const text = 'exec: "/missing": stat /missing: no such file or directory: unknown';
    const refusal = await api.refusal(start(id));
    expect(refusal.status).toBe(Status.UNKNOWN);
    expect(refusal.text).toContain(text);
    expect((await api.get(id))?.state).toMatchObject({ status: "Stopped", exitCode: 0n, pid: -1n });
    expect((await api.get(id))?.state?.error).toContain(text);
  });

  test("whose snapshot is gone", async () => {
    const id = await made("runs", false);
    api.device.world.removeSnapshot(`${id}-snapshot`);
    await expectText(
      start(id),
      new RegExp(`snapshot for container with ID = ${id} does not exist`),
      "SC_ENGINE_NOT_FOUND",
    );
  });

  test("whose host port another container has", async () => {
    const ports = { protocol: "tcp", hostIp: "0.0.0.0", hostPort: 80, hostPortEnd: 80, containerPort: 80 };
    const hostConfig = { portMappings: [ports] };
    await made("runs", true, { hostConfig });
    const second = await made("runs", false, { hostConfig });
    await expectText(start(second), /port 80 is in use/, "SC_PORT_IN_USE");
    expect(await status(second)).toBe("Created");
  });
});

describe("stop", () => {
  test.each(["Created", "Stopped", "Exited"])("of one that is %s", async (wanted) => {
    const id = await made(wanted === "Exited" ? "done" : "runs", wanted !== "Created", {
      hostConfig: policy("no"),
    });
    if (wanted === "Stopped") await api.call(stop(id));
    await api.device.until(() => api.device.get(id).state.status === wanted);
    const text = `cannot perform stop operation for container: ${id}, with state: ${wanted}`;
    await expectText(stop(id), text, "SC_CONTAINER_STATE");
  });

  test("with options that are none, before the state is looked at", async () => {
    const id = await made("runs", false);
    await expectText(
      stop(id, stopWith(-5n, false, "")),
      "the timeout = -5 shouldn't be negative",
      "SC_CONTAINER_INVALID",
    );
    for (const signal of ["TERM", "sigterm", "0", "256", "-1", "SIGNONE", "9.5", "1e1"]) {
      const text = `invalid signal = ${signal}`;
      await expectText(stop(id, stopWith(1n, false, signal)), text, "SC_CONTAINER_INVALID");
      await expectText(remove(id, true, stopWith(1n, false, signal)), text, "SC_CONTAINER_INVALID");
    }
    const long = await api.refusal(stop(id, stopWith(1n, false, "S".repeat(1_000_000))));
    expect(long.text.length).toBeLessThan(1000);
  });

  test("not ended in time: the signal's name, still running, not held down", async () => {
    const id = await made("stubborn");
    for (const [signal, name] of [
      ["", "SIGTERM"],
      ["2", "SIGINT"],
      ["SIGUSR1", "SIGUSR1"],
    ] as const) {
      const text = `could not stop container with ID = ${id} with ${name}`;
      await expectText(stop(id, stopWith(1n, false, signal)), text, "SC_STOP_TIMEOUT");
    }
    expect(await api.get(id)).toMatchObject({ manuallyStopped: false, state: { status: "Running" } });
  });

  test("without options: SIGTERM, the daemon's 30 seconds, and no force", async () => {
    const id = await made("stubborn");
    const before = api.device.clock.nowMs();
    await expectText(stop(id), `could not stop container with ID = ${id} with SIGTERM`, "SC_STOP_TIMEOUT");
    expect(api.device.clock.nowMs() - before).toBeWithin(30_000, 31_000);
    expect(await status(id)).toBe("Running");
    await api.call(remove(id, true));
    expect(await api.get(id)).toBeUndefined();
  });

  test("not even killed in time", async () => {
    const id = await made("immortal");
    const text = `could not stop container with ID = ${id} with SIGKILL`;
    await expectText(stop(id, stopWith(1n, true, "")), text, "SC_STOP_TIMEOUT");
    await expectText(stop(id, stopWith(1n, false, "SIGKILL")), text, "SC_STOP_TIMEOUT");
  });

  test("a process that has gone already is a stop that succeeded, where the peer stays Running for ever", async () => {
    const id = await made("runs");
    api.device.world.tasks.get(id)?.kill(9);
    await api.call(stop(id));
    expect(await status(id)).toMatch(/Stopped|Exited/);
  });

  test("a timeout of a thousand years is no timeout at once", async () => {
    const id = await made("handles");
    await api.call(stop(id, stopWith(2n ** 62n, true, "")));
    expect((await api.get(id))?.state).toMatchObject({ status: "Stopped", exitCode: 7n });
  });

  test("no options: SIGTERM and the daemon's time; only the process's own code counts", async () => {
    const id = await made("handles");
    await api.call(stop(id));
    expect(await api.get(id)).toMatchObject({
      manuallyStopped: true,
      networkSettings: undefined,
      state: { status: "Stopped", exitCode: 7n, pid: -1n, running: false },
    });
    expect((await api.get(id))?.hostsPath).not.toBe("");
  });
});

describe("remove", () => {
  test.each(["Running", "Paused"])("of one that is %s, without force", async (wanted) => {
    const id = await made("runs");
    if (wanted === "Paused") await api.call(simple("pause", id));
    const text = `container with id = ${id} is not stopped - must set the force flag to true to remove it`;
    await expectText(remove(id), text, "SC_CONTAINER_STATE");
    await api.call(remove(id, true));
    expect(await api.get(id)).toBeUndefined();
    api.device.expectNoLeaks();
  });

  test("with force, when the options themselves have none and it does not end", async () => {
    const id = await made("stubborn");
    const text = `could not stop container with ID = ${id} with SIGTERM`;
    await expectText(remove(id, true, stopWith(1n, false, "")), text, "SC_STOP_TIMEOUT");
    expect(await status(id)).toBe("Running");
    await api.call(remove(id, true, stopWith(1n, true, "")));
    expect(await api.get(id)).toBeUndefined();
  });

  test("of one whose engine parts are gone already", async () => {
    const id = await made("runs", false);
    api.device.world.removeSnapshot(`${id}-snapshot`);
    await api.call(remove(id));
    expect(await api.list()).toEqual([]);
  });
});

describe("pause and unpause", () => {
  test("of one that does not run", async () => {
    const id = await made("runs", false);
    const text = (now: string) => `container with id = ${id} is not running - current status is ${now}`;
    await expectText(simple("pause", id), text("Created"), "SC_CONTAINER_STATE");
    await api.call(start(id));
    await api.call(simple("pause", id));
    await expectText(simple("pause", id), text("Paused"), "SC_CONTAINER_STATE");
    expect((await api.get(id))?.state).toMatchObject({ paused: true, running: false, status: "Paused" });
    await api.call(simple("unpause", id));
    expect((await api.get(id))?.state).toMatchObject({ paused: false, running: true, status: "Running" });
    await api.call(stop(id));
    await expectText(simple("pause", id), text("Stopped"), "SC_CONTAINER_STATE");
  });

  test("of one that is not paused; the blank at the end is the peer's", async () => {
    const id = await made("runs");
    const text = `container id = ${id} is not paused - cannot unpause it `;
    await expectText(simple("unpause", id), text, "SC_CONTAINER_STATE");
  });
});

describe("update", () => {
  test("what is wrong is refused as at Create, and nothing is stored", async () => {
    const id = await made("runs");
    const before = await api.get(id);
    const bad = "SC_CONTAINER_INVALID";
    await expectText(update(id, "x"), "unsupported restart policy type x", bad);
    await expectText(update(id, ""), "unsupported restart policy type ", bad);
    await expectText(update(id, "no", "64"), "invalid format of memory - 64", bad);
    await expectText(update(id, "no", "1m"), "minimum memory allowed is 3M", bad);
    expect(await api.get(id)).toEqual(before);
  });

  test("without parts, or with equal ones, nothing happens", async () => {
    const id = await made("runs");
    const { sequence } = api.device.manager;
    await api.call((client, service) => client.unary(service, "update", { id, updateOptions: undefined }));
    await api.call((client, service) =>
      client.unary(service, "update", {
        id,
        updateOptions: { restartPolicy: undefined, resources: undefined },
      }),
    );
    await api.call(update(id, "unless-stopped"));
    expect(api.device.manager.sequence).toBe(sequence);
  });

  test("all three limits are replaced; the swap rule is not applied; all empty is no limit", async () => {
    const id = await made("runs", true, {
      hostConfig: { resources: { memory: "64m", memorySwap: "", memoryReservation: "32m" } },
    });
    expect((await api.get(id))?.hostConfig?.resources?.memorySwap).toBe("128m");
    await api.call(update(id, "always", "96m"));
    expect((await api.get(id))?.hostConfig).toMatchObject({
      restartPolicy: { type: "always" },
      resources: { memory: "96m", memorySwap: "", memoryReservation: "" },
    });
    await api.call(update(id, "always"));
    expect((await api.get(id))?.hostConfig?.resources).toBeUndefined();
  });
});

describe("a task that the engine has lost, before its end is known", () => {
  test("pause, unpause and update say so in the peer's words; stop is a stop", async () => {
    const lose = (id: string) => api.device.world.tasks.delete(id);
    const one = await made("runs");
    lose(one);
    await expectText(simple("pause", one), "missing container to pause", "SC_CONTAINER_STATE");
    const text = `missing container to update with ID = ${one}`;
    await expectText(update(one, "no", "64m"), text, "SC_CONTAINER_STATE");
    expect((await api.get(one))?.hostConfig?.resources).toBeUndefined();
    await api.call(stop(one, stopWith(1n, true, "")));
    expect(await status(one)).toMatch(/Stopped|Exited/);
    const two = await made("runs");
    await api.call(simple("pause", two));
    lose(two);
    await expectText(simple("unpause", two), "missing container to unpause", "SC_CONTAINER_STATE");
    await api.call(remove(two, true));
    expect(await api.get(two)).toBeUndefined();
  });
});

describe("rename", () => {
  test("to what is no name; to nothing or its own name is nothing", async () => {
    const id = await made("runs", false, { name: "one" });
    await expectText(rename(id, "a b"), "invalid container name format : a b", "SC_CONTAINER_INVALID");
    const { sequence } = api.device.manager;
    await api.call(rename(id, ""));
    await api.call(rename(id, "one"));
    expect(api.device.manager.sequence).toBe(sequence);
    await api.call(rename(id, "two"));
    expect(await api.get(id)).toMatchObject({ name: "two", hostName: "one-host", domainName: "one-domain" });
    const long = await api.refusal(rename(id, "n/".repeat(500_000)));
    expect(long.text.length).toBeLessThan(1000);
  });
});

describe("restart, which the peer does not have", () => {
  test("ends and starts in one piece: another run, not held down, counted as a start by hand", async () => {
    const id = await made("runs", true, { hostConfig: policy("always") });
    const before = await api.get(id);
    await api.call(simple("restart", id));
    const after = await api.get(id);
    expect(after).toMatchObject({ manuallyStopped: false, restartCount: 0n, state: { status: "Running" } });
    expect(after?.state?.pid).not.toBe(before?.state?.pid);
    api.device.expectNoLeaks();
  });

  test("kills one that does not listen, wakes one that is stopped, refuses none that can start", async () => {
    const stubborn = await made("stubborn");
    const pid = (await api.get(stubborn))?.state?.pid;
    await api.call(simple("restart", stubborn));
    expect((await api.get(stubborn))?.state).toMatchObject({ status: "Running", running: true });
    expect((await api.get(stubborn))?.state?.pid).not.toBe(pid);
    const created = await made("runs", false);
    await api.call(simple("restart", created));
    expect(await status(created)).toBe("Running");
    await api.call(stop(created));
    await api.call(simple("restart", created));
    expect(await api.get(created)).toMatchObject({ manuallyStopped: false, state: { status: "Running" } });
    const paused = await made("runs");
    await api.call(simple("pause", paused));
    await api.call(simple("restart", paused));
    expect(await status(paused)).toBe("Running");
  });

  test("a caller that leaves in between does not leave it down", async () => {
    const id = await made("stubborn");
    const { pid } = api.device.get(id).state;
    const leaving = new AbortController();
    const call = api.client.unary(ContainersDefinition, "restart", { id }, { signal: leaving.signal });
    const given = call.then(
      () => "answered",
      () => "left",
    );
    await api.device.clock.advance(1000);
    leaving.abort(new Error("left"));
    expect(await api.device.finish(given)).toBe("left");
    await api.device.until(() => api.device.get(id).state.pid > pid);
    expect(api.device.get(id).manuallyStopped).toBe(false);
  });
});

describe("lists", () => {
  test("list and list stream hold the same, each with what the peer's clients read unchecked (§13.10)", async () => {
    await made("runs");
    await made("runs", false);
    await made("done");
    const list = await api.list();
    const stream = await api.call((client, service) =>
      collect(client.serverStream(service, "listStream", {})),
    );
    expect(stream.map(({ container }) => container)).toEqual([...list]);
    for (const one of list) {
      for (const part of [one.image, one.state, one.hostConfig, one.ioConfig]) expect(part).toBeDefined();
      for (const network of Object.values(one.networkSettings?.networks ?? {})) expect(network).toBeDefined();
    }
    expect(
      await api.call((client, service) => collect(client.serverStream(service, "listStream", {}))),
    ).toHaveLength(3);
  });

  test("nothing is there: an empty list, an empty stream", async () => {
    expect(await api.list()).toEqual([]);
    expect(
      await api.call((client, service) => collect(client.serverStream(service, "listStream", {}))),
    ).toEqual([]);
  });
});

describe("logs", () => {
  test("of one that was never started", async () => {
    const id = await made("runs", false);
    await expectText(logs(id), 'there are no logs for container with status "Created"', "SC_CONTAINER_STATE");
  });
});

test("project info answers what the build says", async () => {
  const info = await api.call((client) => client.unary(SystemInfoDefinition, "projectInfo", {}));
  expect(info.projectInfo).toEqual(BUILD);
});

test("refusals say what would be right", async () => {
  const { hint } = await api.refusal((client, service) =>
    client.unary(service, "create", {
      container: bareWire({ name: "a b", image: { name: NEW_IMAGE, decryptConfig: undefined } }),
    }),
  );
  expect(hint).toContain("[a-zA-Z0-9_]");
});
