/** The streams of spec/grpc-api.md §9 and §10, Attach and Logs, at the real API over the fake engine. */

import { beforeEach, describe, expect, test } from "bun:test";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { GrpcError, Status } from "../../../src/grpc/grpc-error.ts";
import { collect } from "../grpc/pair.ts";
import { policy } from "../manager/support/device.ts";
import type { FakeOutput } from "../manager/support/fake-output.ts";
import { ApiBench } from "./support/api-bench.ts";

let api: ApiBench;
beforeEach(async () => {
  api = await ApiBench.open();
});

const NOTHING = new Uint8Array(0);
const EMPTY = Buffer.alloc(0);
const io = { openStdin: true };

function outputOf(id: string): FakeOutput {
  const output = api.device.logs.outputs.get(id);
  if (output === undefined) throw new Error(`${id} has no output`);
  return output;
}

function message(id: string, stdIn: boolean, text = "") {
  return {
    ...{ id, stdIn, dataToWrite: text === "" ? NOTHING : Buffer.from(text), terminalSize: undefined },
    ...{ writeOffset: 0n, finishWrite: false, readOffset: 0n, readLimit: 0n },
  };
}

/** A client that is attached, its part of the output open. */
async function attached(id: string, stdIn: boolean, options: { signal?: AbortSignal } = {}) {
  const before = outputOf(id).listeners;
  const call = api.client.duplex(ContainersDefinition, "attach", options);
  await call.send(message(id, stdIn, "thrown away"));
  await api.device.until(() => outputOf(id).listeners > before);
  return { call, write: (text: string) => call.send(message(id, stdIn, text)) };
}

const closings = () => api.device.engine.history.filter((call) => call.startsWith("closeStdin"));
const stop = (id: string) =>
  api.call((client, service) =>
    client.unary(service, "stop", { id, stopOptions: { timeout: 1n, force: true, signal: "SIGKILL" } }),
  );

describe("attach", () => {
  test("both streams merged as they come, unchanged, from now on; only the first tells id and mode; OK at the end", async () => {
    const id = await api.made("runs", true);
    outputOf(id).say("stdout", "before anybody was there");
    const { call } = await attached(id, true);
    const parts = ["half", " a line\n", "\xff\x00\r\n"].map((text) => Buffer.from(text, "latin1"));
    const [first = EMPTY, second = EMPTY, third = EMPTY] = parts;
    outputOf(id).say("stdout", first);
    outputOf(id).say("stderr", second);
    outputOf(id).say("stdout", third);
    await stop(id);
    const none = { id: "", stdIn: false, writeCommittedSize: 0n };
    expect(
      (await collect(call.responses)).map((one) => ({ ...one, readData: Buffer.from(one.readData) })),
    ).toEqual([
      { ...none, id, stdIn: true, readData: first },
      { ...none, readData: second },
      { ...none, readData: third },
    ]);
  });

  test("does not go on over a restart by the policy", async () => {
    const id = await api.made("fails", true, { hostConfig: policy("always") });
    const { call } = await attached(id, false);
    outputOf(id).say("stdout", "one\n");
    const run = outputOf(id);
    await api.device.until(() => outputOf(id) !== run);
    outputOf(id).say("stdout", "two\n");
    const all = await collect(call.responses);
    expect(Buffer.concat(all.map(({ readData }) => readData)).toString()).toBe("one\n");
  });

  test("input comes as it was sent, but for that of the first message; its end is passed on", async () => {
    const id = await api.made("runs", true, { ioConfig: io });
    const { call, write } = await attached(id, true);
    await write("one\n");
    await call.send(message(id, true));
    // Offsets and marks are the client's own business, and the id counts in the first message alone.
    await call.send({
      ...message("another", false, "two"),
      writeOffset: 99n,
      finishWrite: true,
      readLimit: 1n,
    });
    await write("three");
    call.end();
    await outputOf(id).inputEnded;
    expect(outputOf(id).written).toEqual(["one\n", "two", "three"]);
    expect(closings()).toEqual([`closeStdin ${id}`]);
    await stop(id);
    expect(await collect(call.responses)).toEqual([]);
  });

  test.each([
    ["that did not ask to write", false, { ...io, tty: true }],
    ["of a container that reads nothing", true, { tty: true }],
  ])("input of a client %s is thrown away", async (_, stdIn, ioConfig) => {
    const id = await api.made("runs", true, { ioConfig });
    const { call, write } = await attached(id, stdIn);
    await write("lost");
    const resized = `resizeTerminal ${id} 80x24`;
    await call.send({ ...message(id, stdIn), terminalSize: { columns: 80, rows: 24 } });
    await api.device.until(() => api.device.engine.history.includes(resized));
    expect(outputOf(id).written).toEqual([]);
  });

  test("sizes of a terminal: none of zero, none over the kernel's limit, the first message's too", async () => {
    const id = await api.made("runs", false, { ioConfig: { tty: true } });
    const call = api.client.duplex(ContainersDefinition, "attach");
    const size = (columns: number, rows: number) =>
      call.send({ ...message(id, false), terminalSize: { columns, rows } });
    await size(100, 40);
    await api.get(id);
    await api.call((client, service) => client.unary(service, "start", { id }));
    for (const [columns, rows] of [
      [0, 5],
      [5, 0],
      [70_000, 99_999],
      [1, 2],
    ] as const)
      await size(columns, rows);
    const sizes = () => api.device.engine.history.filter((one) => one.startsWith("resizeTerminal"));
    await api.device.until(() => sizes().includes(`resizeTerminal ${id} 1x2`));
    expect([...new Set(sizes())]).toEqual(
      ["100x40", "65535x65535", "1x2"].map((one) => `resizeTerminal ${id} ${one}`),
    );
  });

  test("a container that takes no more input goes on being heard; any other failure ends the stream with its words", async () => {
    const id = await api.made("runs", true, { ioConfig: io });
    const { call, write } = await attached(id, true);
    const output = outputOf(id);
    const responses = call.responses[Symbol.asyncIterator]();
    output.refusal = new SupercargoError("SC_INPUT_CLOSED", "the container reads no more");
    await write("nobody reads it");
    output.say("stdout", "still here");
    const { value } = await responses.next();
    expect(Buffer.from(value?.readData ?? NOTHING).toString()).toBe("still here");
    output.refusal = new Error("the pipe is broken");
    await write("fails");
    const failure = await responses.next().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ status: Status.UNKNOWN, message: "the pipe is broken" });
    expect(output.listeners).toBe(0);
  });

  test("a client that goes, cancelled or out of time, takes its part of the input along and ends nothing", async () => {
    const id = await api.made("runs", true, { ioConfig: io });
    const leaving = new AbortController();
    const one = await attached(id, true, { signal: leaving.signal });
    // As node's client does: its side ends first, then the call.
    one.call.end();
    leaving.abort(new Error("gone"));
    await expect(collect(one.call.responses)).rejects.toThrow("gone");
    const two = api.client.duplex(ContainersDefinition, "attach", { timeoutMs: 100 });
    await two.send(message(id, true));
    await expect(collect(two.responses)).rejects.toMatchObject({ status: Status.DEADLINE_EXCEEDED });
    await api.device.until(() => outputOf(id).listeners === 0);
    expect(closings()).toEqual([]);
    const last = await attached(id, true);
    await last.write("still read");
    last.call.end();
    await outputOf(id).inputEnded;
    expect(outputOf(id).written).toEqual(["still read"]);
    expect(closings()).toEqual([`closeStdin ${id}`]);
  });

  test("before a start: input waits for it and arrives; a start that fails ends the stream", async () => {
    const id = await api.made("runs", false, { ioConfig: io });
    const call = api.client.duplex(ContainersDefinition, "attach");
    await call.send(message(id, true));
    await call.send(message(id, true, "early\n"));
    call.end();
    // The daemon has taken the call before it takes the next one of this connection.
    await api.get(id);
    await api.call((client, service) => client.unary(service, "start", { id }));
    await outputOf(id).inputEnded;
    expect(outputOf(id).written).toEqual(["early\n"]);

    const missing = await api.made("missing", false, { hostConfig: policy("no") });
    const waiting = api.client.duplex(ContainersDefinition, "attach");
    await waiting.send(message(missing, false));
    await api.get(missing);
    await api.refusal((client, service) => client.unary(service, "start", { id: missing }));
    expect(await collect(waiting.responses)).toEqual([]);
  });

  test("a removal ends the stream of those who are attached, OK", async () => {
    const id = await api.made("runs", true);
    const { call } = await attached(id, false);
    outputOf(id).say("stdout", "last words");
    await api.call((client, service) =>
      client.unary(service, "remove", { id, force: true, stopOptions: undefined }),
    );
    expect((await collect(call.responses)).map(({ readData }) => Buffer.from(readData).toString())).toEqual([
      "last words",
    ]);
  });

  test("stdin_once: the input ends with the client that goes", async () => {
    const id = await api.made("runs", true, { ioConfig: { ...io, stdinOnce: true } });
    const leaving = new AbortController();
    const { call } = await attached(id, true, { signal: leaving.signal });
    leaving.abort(new Error("gone"));
    await expect(collect(call.responses)).rejects.toThrow("gone");
    await outputOf(id).inputEnded;
  });

  test("a client that ends without a word is answered by nothing, OK", async () => {
    const call = api.client.duplex(ContainersDefinition, "attach");
    call.end();
    expect(await collect(call.responses)).toEqual([]);
  });
});

describe("logs", () => {
  const query = (id: string, tail: number, follow = false, since = "", signal?: AbortSignal) =>
    api.client.serverStream(
      ContainersDefinition,
      "logs",
      { id, tail, follow, since },
      signal === undefined ? {} : { signal },
    );

  test("each text is a message of its own, as it is stored", async () => {
    const id = await api.made("done", true, { hostConfig: policy("no") });
    const texts = ['{"log":"ä\\n"}', "", '{"log":"last\\n"}\n'];
    api.device.logs.texts.set(id, texts);
    expect(await api.call(() => collect(query(id, 3)))).toEqual(texts.map((log) => ({ log })));
  });

  test.each([-1, -(2 ** 31), 0, 1, 2 ** 31 - 1])(
    "tail %d is asked for as it is, whole and at once",
    async (tail) => {
      const id = await api.made("runs", true);
      await api.call(() => collect(query(id, tail)));
      expect(api.device.logs.queries).toEqual([{ tail }]);
    },
  );

  test("since and follow are asked for; a following ends with its call or with the container", async () => {
    const id = await api.made("runs", true);
    const since = "2026-01-01T00:00:00Z";
    await api.call(() => collect(query(id, 5, false, since)));
    expect(api.device.logs.queries).toEqual([{ tail: 5, since }]);
    const leaving = new AbortController();
    const left = collect(query(id, -1, true, "", leaving.signal));
    const stays = collect(query(id, -1, true));
    await api.device.until(() => api.device.logs.queries.length === 3);
    leaving.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    await api.call((client, service) =>
      client.unary(service, "remove", { id, force: true, stopOptions: undefined }),
    );
    expect(await api.call(() => stays)).toEqual([{ log: `log of ${id}` }]);
  });

  test("a failure while reading comes after what was read, with its words", async () => {
    const id = await api.made("runs", true);
    api.device.logs.failure = new SupercargoError("SC_LOG_NOT_FOUND", "log file not found /gone/json.log");
    const seen: string[] = [];
    const failure = await api.call(async () => {
      try {
        for await (const { log } of query(id, -1)) seen.push(log);
        return undefined;
      } catch (thrown) {
        return thrown;
      }
    });
    expect(seen).toEqual([`log of ${id}`]);
    expect(failure).toBeInstanceOf(GrpcError);
    expect(failure).toMatchObject({ status: Status.UNKNOWN, message: "log file not found /gone/json.log" });
  });
});
