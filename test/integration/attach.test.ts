import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { until } from "../../scripts/demo/until.ts";
import { ContainersDefinition } from "../../src/api/gen/api/services/containers/containers.ts";
import { GrpcClient } from "../../src/grpc/client.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { KILL } from "./support/cast.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/attach:1";
const CHUNK = 2 * 1024 * 1024;
let device: TestDevice;
let client: GrpcClient;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  client = await GrpcClient.connect({ unix: device.device.socket });
}, 120_000);

afterAll(async () => {
  client?.close();
  await device?.end();
}, 120_000);

interface Io {
  readonly tty?: boolean;
  readonly openStdin?: boolean;
  readonly stdinOnce?: boolean;
}

async function create(name: string, cmd: readonly string[], ioConfig: Io): Promise<void> {
  const policy = { type: "no", maximumRetryCount: 0, retryTimeoutNanos: 0n };
  const wish = {
    id: name,
    name,
    image: { name: IMAGE },
    config: { env: [], cmd },
    ioConfig,
    hostConfig: { restartPolicy: policy },
  };
  await device.device.client.create(fillDefaults(wish), stepSignal());
}

async function start(name: string, cmd: readonly string[], ioConfig: Io): Promise<void> {
  await create(name, cmd, ioConfig);
  await device.device.client.start(name, stepSignal());
}

/** The output ends a moment before the exit is known. */
async function ended(id: string): Promise<void> {
  const isOver = async () => (await device.device.client.get(id, stepSignal()))?.state.status === "Exited";
  await until(isOver, `${id} has ended`, 30_000);
}

async function textOf(
  responses: AsyncIterable<{ readonly readData: Uint8Array }>,
  onText: (text: string) => Promise<void> = async () => {},
): Promise<string> {
  let text = "";
  for await (const { readData } of responses) {
    text += Buffer.from(readData).toString("utf8");
    await onText(text);
  }
  return text;
}

function open(id: string, stdIn: boolean) {
  const cancel = new AbortController();
  const signal = AbortSignal.any([stepSignal(), cancel.signal]);
  const call = client.duplex(ContainersDefinition, "attach", { signal });
  const message = (text: string) => ({
    id,
    stdIn,
    writeOffset: 0n,
    finishWrite: false,
    readOffset: 0n,
    readLimit: 0n,
    dataToWrite: Buffer.from(text),
    terminalSize: undefined,
  });
  return { call, message, client, abort: () => cancel.abort(new Error("detached")) };
}

describe("attaching to a container", () => {
  test("input reaches it, its output comes back, and the end of the input ends it", async () => {
    await start("cat", ["cat"], { openStdin: true });
    const { call, message } = open("cat", true);
    // Data in the first message is dropped, as in the peer.
    await call.send(message("dropped"));
    await call.send(message("first\n"));
    let seen = "";
    const heads: string[] = [];
    for await (const response of call.responses) {
      heads.push(response.id);
      seen += Buffer.from(response.readData).toString("utf8");
      if (seen === "first\n") await call.send(message("second\n"));
      if (seen === "first\nsecond\n") call.end();
      if (heads.length === 1) expect(response.stdIn).toBe(true);
    }
    expect(seen).toBe("first\nsecond\n");
    expect(heads[0]).toBe("cat");
    expect(heads.slice(1)).toEqual(heads.slice(1).map(() => ""));
    // The output ends a moment before the exit is known.
    let after = await device.device.client.get("cat", stepSignal());
    const isOver = async () => {
      after = await device.device.client.get("cat", stepSignal());
      return after?.state.status !== "Running";
    };
    await until(isOver, "cat has ended", 30_000);
    expect([after?.state.status, after?.state.exitCode]).toEqual(["Exited", 0]);
  }, 60_000);

  test("a terminal echoes and ends lines with CR LF", async () => {
    await start("term", ["sh", "-c", "read line; echo got $line"], { tty: true, openStdin: true });
    const { call, message } = open("term", true);
    await call.send(message(""));
    await call.send(message("abc\n"));
    let seen = "";
    for await (const response of call.responses) seen += Buffer.from(response.readData).toString("utf8");
    expect(seen).toBe("abc\r\ngot abc\r\n");
  }, 60_000);

  test("before its start: nothing of the output is missed, and the terminal has the client's size", async () => {
    await create("sized", ["sh", "-c", "stty size; read line; stty size"], { tty: true, openStdin: true });
    const { call, message } = open("sized", true);
    await call.send({ ...message(""), terminalSize: { columns: 100, rows: 40 } });
    const seen = textOf(call.responses, async (text) => {
      if (!text.endsWith("\r\n") || text.split("\r\n").length !== 2) return;
      await call.send({ ...message(""), terminalSize: { columns: 132, rows: 43 } });
      await call.send(message("go\n"));
    });
    await device.device.client.start("sized", stepSignal());
    const lines = (await seen).split("\r\n");
    expect(lines).toEqual(["40 100", "go", "43 132", ""]);

    await create("quick", ["sh", "-c", "echo first; echo last >&2"], {});
    const early = open("quick", false);
    await early.call.send(early.message(""));
    const both = textOf(early.call.responses);
    // The daemon has taken the call before it takes the next of this connection.
    await early.client.unary(ContainersDefinition, "get", { id: "quick" }, { signal: stepSignal() });
    await device.device.client.start("quick", stepSignal());
    expect((await both).split("\n").sort()).toEqual(["", "first", "last"]);
  }, 60_000);

  test("a client that detaches, or reads nothing, harms neither the container nor others nor the log", async () => {
    await start("shared", ["sh", "-c", "cat; seq 1 200000; echo over"], { openStdin: true });
    const gone = open("shared", true);
    await gone.call.send(gone.message(""));
    const deaf = await GrpcClient.connect({ unix: device.device.socket });
    const asleep = deaf.duplex(ContainersDefinition, "attach", { signal: stepSignal() });
    // One that could write would keep the input open beside the one that ends it.
    await asleep.send({ ...gone.message(""), stdIn: false });
    const stays = open("shared", true);
    await stays.call.send(stays.message(""));
    let hasGone = false;
    const seen = textOf(stays.call.responses, async (text) => {
      if (text === "hello\n" && !hasGone) {
        hasGone = true;
        gone.abort();
        await stays.call.send(stays.message("still here\n"));
      }
      if (text === "hello\nstill here\n") stays.call.end();
    });
    await stays.call.send(stays.message("hello\n"));
    const text = await seen;
    expect(text.startsWith("hello\nstill here\n1\n2\n")).toBe(true);
    await ended("shared");
    const last = await Array.fromAsync(device.device.client.logs("shared", 200_003, stepSignal()));
    expect(last.length).toBe(200_003);
    expect(last.at(-1)?.log).toContain('"log":"over\\n"');
    deaf.close();
  }, 60_000);

  test("stdin_once: the container's input ends when its client goes; without it the next client goes on", async () => {
    await start("once", ["cat"], { openStdin: true, stdinOnce: true });
    const first = open("once", true);
    await first.call.send(first.message(""));
    const answered = textOf(first.call.responses, async () => first.abort()).catch(() => "");
    await first.call.send(first.message("x\n"));
    await answered;
    await ended("once");

    await start("more", ["cat"], { openStdin: true });
    for (const word of ["one", "two"]) {
      const client = open("more", true);
      await client.call.send(client.message(""));
      const echo = textOf(client.call.responses, async () => client.abort()).catch(() => "");
      await client.call.send(client.message(`${word}\n`));
      await echo;
    }
    const last = open("more", true);
    await last.call.send(last.message(""));
    const rest = textOf(last.call.responses);
    last.call.end();
    expect(await rest).toBe("");
    await ended("more");
    const lines = await Array.fromAsync(device.device.client.logs("more", 10, stepSignal()));
    expect(lines.map(({ log }) => Object(JSON.parse(log)).log)).toEqual(["one\n", "two\n"]);
  }, 60_000);

  test("much input arrives whole, in order and at the container's pace; one that reads nothing holds up its own client alone", async () => {
    const lines = Array.from({ length: 700_000 }, (_, at) => `${at}\n`).join("");
    const sum = createHash("sha256").update(lines).digest("hex");
    await start("sum", ["sh", "-c", "read go; sha256sum"], { openStdin: true });
    const { call, message } = open("sum", true);
    await call.send(message(""));
    const seen = textOf(call.responses);
    await call.send(message("go\n"));
    // The largest pieces that the peer's own client sends.
    for (let at = 0; at < lines.length; at += CHUNK) await call.send(message(lines.slice(at, at + CHUNK)));
    call.end();
    expect(await seen).toBe(`${sum}  -\n`);

    await start("deaf", ["sleep", "1000"], { openStdin: true });
    const full = open("deaf", true);
    await full.call.send(full.message(""));
    const flood = (async () => {
      for (;;) await full.call.send(full.message("x".repeat(CHUNK)));
    })();
    const other = await device.device.client.list(stepSignal());
    expect(other.some(({ id }) => id === "deaf")).toBe(true);
    full.abort();
    await expect(flood).rejects.toThrow("detached");
    await device.device.client.remove("deaf", true, KILL, stepSignal());
  }, 60_000);

  test("input for a container that has ended its own side does not cost its output", async () => {
    await start("head", ["sh", "-c", "head -c 3; sleep 0.2; echo; echo end"], { openStdin: true });
    const { call, message } = open("head", true);
    await call.send(message(""));
    let isSent = false;
    const seen = textOf(call.responses, async () => {
      // Once, at the first output: with the last one the call may be over already.
      if (isSent) return;
      isSent = true;
      await call.send(message("more and more\n"));
    });
    await call.send(message("abc"));
    expect(await seen).toBe("abc\nend\n");
  }, 60_000);

  test("a container that is removed while a client waits for its start: the peer's text", async () => {
    await create("never", ["true"], {});
    const { call, message, client } = open("never", false);
    await call.send(message(""));
    const waiting = textOf(call.responses).catch((thrown: unknown) => thrown);
    await client.unary(ContainersDefinition, "get", { id: "never" }, { signal: stepSignal() });
    await device.device.client.remove("never", false, undefined, stepSignal());
    expect(await waiting).toMatchObject({ message: "no such container with id = never exists" });
  }, 60_000);

  test("an unknown container is told as text and as status", async () => {
    const { call, message } = open("nobody", false);
    await call.send(message(""));
    let seen = "";
    const reading = (async () => {
      for await (const response of call.responses) seen += Buffer.from(response.readData).toString("utf8");
    })();
    await expect(reading).rejects.toMatchObject({
      status: 2,
      message: "no such container with id = nobody exists",
    });
    expect(seen).toBe("no such container with id = nobody exists\r\n");
  }, 60_000);
});
