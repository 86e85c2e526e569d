import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { systemClock } from "../../../src/base/clock.ts";
import type { BlobWriter, ContentLease } from "../../../src/engine/content.ts";
import { FakeContent } from "../../../src/engine/fake/content.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { type BlobSource, transferBlob } from "../../../src/images/blob-transfer.ts";
import { readAhead } from "../../../src/images/read-ahead.ts";

const signal = () => AbortSignal.timeout(20_000);
const never = () => {
  throw new Error("nobody left early");
};
/** Everything that can go on without time has gone on. */
const quiet = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

/** As the runtime's body of an answer: what waits in it is lost when the connection breaks. */
class BreakingBody {
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  readonly stream: ReadableStream<Uint8Array>;

  constructor(chunks: readonly Uint8Array[]) {
    this.stream = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
        for (const chunk of chunks) controller.enqueue(chunk);
      },
    });
  }

  break(): void {
    this.#controller?.error(new SupercargoError("SC_REGISTRY_UNAVAILABLE", "the connection broke"));
  }
}

test("a line that breaks while the store is busy: what had come is stored, and only the rest is asked for", async () => {
  const bytes = new Uint8Array(100_000).map((_, at) => at % 251);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const body = new BreakingBody(
    [0, 1, 2, 3].map((part) => bytes.subarray(part * 20_000, (part + 1) * 20_000)),
  );
  const begins: number[] = [];
  const source: BlobSource = {
    origin: "registry",
    isLine: true,
    open: async (_, offset) => {
      begins.push(offset);
      const rest = new Blob([bytes.subarray(offset)]).stream();
      return { offset, chunks: begins.length === 1 ? body.stream : rest };
    },
  };
  const content = new FakeContent();
  const lease = await content.lease("pull", undefined, signal());
  const descriptor = { mediaType: "application/octet-stream", digest, size: bytes.length };
  await transferBlob({
    ...{ image: "a/b:1", what: "layer 1", ref: "layer-1", descriptor, labels: {}, source },
    ...{ clock: systemClock, signal: signal() },
    lease: breakingDuringFirstWrite(lease, body),
  });
  expect(begins).toEqual([0, 80_000]);
  expect(content.blobs.get(digest)?.bytes).toEqual(bytes);
});

/** The first write takes so long that the line breaks meanwhile. */
function breakingDuringFirstWrite(lease: ContentLease, body: BreakingBody): ContentLease {
  return {
    ...lease,
    openWriter: async (ref, blob, limit) => {
      const writer = await lease.openWriter(ref, blob, limit);
      if (writer === undefined) return undefined;
      let writes = 0;
      const slow: BlobWriter = {
        get offset() {
          return writer.offset;
        },
        write: async (chunk) => {
          if (writes++ === 0) {
            await quiet();
            body.break();
          }
          await writer.write(chunk);
        },
        commit: (labels) => writer.commit(labels),
        suspend: () => writer.suspend(),
        abort: () => writer.abort(),
      };
      return slow;
    },
  };
}

test("a source is not read on while the bound is waiting, and every chunk comes in its order", async () => {
  let sent = 0;
  async function* source() {
    for (; sent < 20; sent++) yield new Uint8Array(10).fill(sent);
  }
  const seen: number[] = [];
  for await (const chunk of readAhead(source(), 30, never)) {
    await quiet();
    // The one in hand, three that wait.
    expect(sent - seen.length).toBeLessThanOrEqual(4);
    seen.push(chunk[0] ?? -1);
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

test("a consumer that leaves ends a read that is still pending, and the source is closed before it goes on", async () => {
  const reading = new AbortController();
  let isClosed = false;
  async function* source() {
    try {
      yield new Uint8Array(1);
      await new Promise((_, reject) =>
        reading.signal.addEventListener("abort", () => reject(reading.signal.reason)),
      );
    } finally {
      isClosed = true;
    }
  }
  const leaving = async () => {
    for await (const _ of readAhead(source(), 30, () => reading.abort())) {
      await quiet();
      throw new Error("the store refuses");
    }
  };
  await expect(leaving()).rejects.toThrow("the store refuses");
  expect(isClosed).toBe(true);
});

test("a consumer that leaves while the bound is waiting closes the source", async () => {
  let isClosed = false;
  async function* source() {
    try {
      for (;;) yield new Uint8Array(10);
    } finally {
      isClosed = true;
    }
  }
  for await (const _ of readAhead(source(), 30, () => undefined)) {
    await quiet();
    break;
  }
  expect(isClosed).toBe(true);
});
