import { describe, expect, test } from "bun:test";
import { settle } from "../../../src/base/virtual-clock.ts";
import { attach } from "../../../src/logs/attachment.ts";
import { NO_LOSSES } from "../../../src/logs/log-writer.ts";
import type { Output } from "../../../src/logs/logs.ts";

type Listener = (stream: "stdout" | "stderr", chunk: Uint8Array) => void;

class FakeOutput implements Output {
  readonly stdio = { stdin: "", stdout: "", stderr: "", terminal: false };
  readonly #end = Promise.withResolvers<void>();
  readonly ended = this.#end.promise;
  readonly losses = NO_LOSSES;
  readonly listeners = new Set<Listener>();
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }
  tell(stream: "stdout" | "stderr", text: string): void {
    for (const listener of this.listeners) listener(stream, Buffer.from(text));
  }
  finish(): void {
    this.#end.resolve();
  }
  write(): Promise<void> {
    return Promise.resolve();
  }
  endInput(): void {}
  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function collected(chunks: ReturnType<typeof attach>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { stream, data } of chunks) texts.push(`${stream}:${Buffer.from(data).toString()}`);
  return texts;
}

const never = new AbortController().signal;

describe("an attached client", () => {
  test("gets what comes after attaching, in order, until the output ends", async () => {
    const output = new FakeOutput();
    output.tell("stdout", "before");
    const got = collected(attach(output, never));
    output.tell("stdout", "a");
    await settle();
    output.tell("stderr", "b");
    output.finish();
    expect(await got).toEqual(["stdout:a", "stderr:b"]);
    expect(output.listeners.size).toBe(0);
  });

  test("that does not read keeps no more than its bound, and is told of the gap once it reads again", async () => {
    const output = new FakeOutput();
    const chunks = attach(output, never, 10)[Symbol.asyncIterator]();
    for (let number = 0; number < 8; number++) output.tell("stdout", `1234${number}`);
    const texts: string[] = [];
    for (let count = 0; count < 3; count++) {
      const { value } = await chunks.next();
      texts.push(value === undefined ? "" : `${value.stream}:${Buffer.from(value.data).toString()}`);
    }
    expect(texts).toEqual([
      "stdout:12340",
      "stdout:12341",
      "stderr:\r\n[supercargo] 30 bytes of output were left out: this client reads too slowly\r\n",
    ]);
    output.tell("stdout", "again");
    expect(Buffer.from((await chunks.next()).value?.data ?? []).toString()).toBe("again");
    await chunks.return?.();
    expect(output.listeners.size).toBe(0);
  });

  test("ends when its signal aborts, also when it was aborted before", async () => {
    const output = new FakeOutput();
    const controller = new AbortController();
    const got = collected(attach(output, controller.signal));
    await settle();
    controller.abort();
    expect(await got).toEqual([]);
    expect(await collected(attach(output, controller.signal))).toEqual([]);
    expect(output.listeners.size).toBe(0);
  });
});
