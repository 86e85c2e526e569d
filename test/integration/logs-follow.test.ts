import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ContainersDefinition } from "../../src/api/gen/api/services/containers/containers.ts";
import { GrpcClient } from "../../src/grpc/client.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/follow:1";
let device: TestDevice;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
}, 120_000);

afterAll(async () => {
  await device?.end();
}, 120_000);

function wishFor(name: string, script: string, type: string, driver: object) {
  const restartPolicy = { type, maximumRetryCount: 0, retryTimeoutNanos: 0n };
  const logConfig = {
    driver: { type: "json-file", maxFiles: 4, maxSize: "1M", rootDir: "", ...driver },
    mode: { mode: "blocking", maxBufferSize: "" },
  };
  return fillDefaults({
    id: name,
    name,
    image: { name: IMAGE },
    config: { env: [], cmd: ["sh", "-c", script] },
    hostConfig: { restartPolicy, logConfig },
  });
}

async function create(name: string, script: string, type = "no", driver = {}): Promise<void> {
  await device.device.client.create(wishFor(name, script, type, driver), stepSignal());
}

/** One who follows; `texts` grows with the lines on stdout. */
class Reader {
  readonly texts: string[] = [];
  readonly notices: string[] = [];
  readonly ended: Promise<unknown>;
  readonly #cancel = new AbortController();

  constructor(id: string, tail = -1, since = "") {
    const signal = AbortSignal.any([stepSignal(), this.#cancel.signal]);
    this.ended = this.#read(device.device.client.logs(id, tail, signal, { follow: true, since })).then(
      () => "ended",
      (thrown: unknown) => thrown,
    );
  }

  cancel(): void {
    this.#cancel.abort(new Error("enough"));
  }

  async #read(messages: AsyncIterable<{ readonly log: string }>): Promise<void> {
    for await (const { log } of messages) {
      expect(log.endsWith("\n")).toBe(true);
      for (const line of log.split("\n").slice(0, -1)) {
        const record = Object(JSON.parse(line));
        (record.stream === "stdout" ? this.texts : this.notices).push(String(record.log).trimEnd());
      }
    }
  }
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

describe("following the log of a container", () => {
  test("from before its start, over restarts, to its removal", async () => {
    const { client } = device.device;
    await create("again", "echo start; sleep 60 & wait");
    const reader = new Reader("again");
    for (let round = 1; round <= 3; round++) {
      await client.start("again", stepSignal());
      await until(() => reader.texts.length >= round, "the line of this start");
      await client.stop("again", { timeoutSeconds: 5, force: true, signal: "SIGKILL" }, stepSignal());
    }
    await client.remove("again", true, undefined, stepSignal());
    expect(await reader.ended).toBe("ended");
    expect(reader.texts).toEqual(["start", "start", "start"]);
  }, 60_000);

  test("every one of 30,000 lines over rotations, by a reader from the start and one of the last lines; a cancelled one harms nobody", async () => {
    const { client } = device.device;
    await create("many", "read go </tmp/go; seq 1 30000");
    await client.remove("many", true, undefined, stepSignal());
    await create("many", "seq 1 100; sleep 0.5; seq 101 30000");
    const whole = new Reader("many");
    await client.start("many", stepSignal());
    await until(() => whole.texts.length >= 100, "the first lines");
    const last = new Reader("many", 5);
    const since = new Reader("many", 0, "2020-01-01T00:00:00+02:00");
    const gone = new Reader("many", 0);
    await until(() => last.texts.length >= 5, "the last lines");
    gone.cancel();
    expect(await gone.ended).toBeInstanceOf(Error);
    await until(() => whole.texts.at(-1) === "30000" && last.texts.at(-1) === "30000", "the end", 30_000);
    expect(whole.notices).toEqual([]);
    expect(whole.texts).toEqual(numbers(1, 30_000));
    expect(last.texts).toEqual(numbers(30_001 - last.texts.length, 30_000));
    await until(() => since.texts.at(-1) === "30000", "the end since", 30_000);
    await client.remove("many", true, undefined, stepSignal());
    expect(await Promise.all([whole.ended, last.ended, since.ended])).toEqual(["ended", "ended", "ended"]);
  }, 90_000);

  test("over restarts of its policy, and over a replacement that moves the log to another folder", async () => {
    const { client } = device.device;
    await create("swap", "echo one; sleep 0.1; exit 1", "always");
    const reader = new Reader("swap");
    await client.start("swap", stepSignal());
    await until(() => reader.texts.length >= 3, "the third run", 30_000);
    const next = wishFor("swap", "echo two; sleep 600 & wait", "no", { rootDir: join(device.home, "moved") });
    const stop = { timeoutSeconds: 5, force: true, signal: "SIGKILL" };
    const outcome = await client.replace("swap", next, { stop, probationMs: 0 }, stepSignal());
    expect(outcome.kind).toBe("replaced");
    await until(() => reader.texts.includes("two"), "the successor's line", 30_000);
    await client.remove("swap", true, undefined, stepSignal());
    expect(await reader.ended).toBe("ended");
    expect(new Set(reader.texts.slice(0, -1))).toEqual(new Set(["one"]));
    expect(reader.texts.at(-1)).toBe("two");
  }, 90_000);

  test("a reader that does not read blocks neither the container nor the log", async () => {
    const { client } = device.device;
    await create("deaf", "seq 1 100000");
    const asleep = await GrpcClient.connect({ unix: device.device.socket });
    const request = { id: "deaf", tail: -1, follow: true, since: "" };
    const messages = asleep.serverStream(ContainersDefinition, "logs", request, { signal: stepSignal() });
    const iterator = messages[Symbol.asyncIterator]();
    await client.start("deaf", stepSignal());
    await iterator.next();
    const isOver = async () => (await client.get("deaf", stepSignal()))?.state.status === "Exited";
    await until(isOver, "the container has ended", 30_000);
    const tail = await Array.fromAsync(client.logs("deaf", 1000, stepSignal()));
    expect(tail.map(({ log }) => Number.parseInt(Object(JSON.parse(log)).log, 10))).toEqual(
      numbers(99_001, 100_000).map(Number),
    );
    asleep.close();
  }, 60_000);

  test("since, of a log that has ended; a time that is none is refused", async () => {
    const { client } = device.device;
    // What is read at once has the same time: the second line comes when the first has been stored.
    await create(
      "timed",
      "trap 'echo after; exit 0' TERM; echo before; while :; do sleep 60 & wait $!; done",
    );
    await client.start("timed", stepSignal());
    const hasBegun = async () => (await Array.fromAsync(client.logs("timed", 10, stepSignal()))).length === 1;
    await until(hasBegun, "the first line is stored", 30_000);
    await client.stop("timed", { timeoutSeconds: 30, force: false, signal: "SIGTERM" }, stepSignal());
    const all = await Array.fromAsync(client.logs("timed", 10, stepSignal()));
    const since = String(Object(JSON.parse(all[1]?.log ?? "")).time);
    const later = await Array.fromAsync(client.logs("timed", -1, stepSignal(), { since }));
    expect(later.map(({ log }) => log)).toEqual([all[1]?.log ?? ""]);
    const refused = Array.fromAsync(client.logs("timed", -1, stepSignal(), { since: "yesterday" }));
    await expect(refused).rejects.toThrow("invalid time : yesterday");
  }, 60_000);

  test("no driver: the peer's text, not an endless wait; no such container either", async () => {
    await create("none", "true", "no", { type: "none" });
    const none = await new Reader("none").ended;
    expect(String(none)).toContain("there are not any logs for container none with log type none");
    expect(String(await new Reader("nobody").ended)).toContain("no such container with id = nobody exists");
  }, 60_000);
});
