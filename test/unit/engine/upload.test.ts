import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import {
  WriteAction,
  type WriteContentRequest,
  type WriteContentResponse,
} from "../../../src/engine/containerd/gen/containerd/services/content.ts";
import { Upload } from "../../../src/engine/containerd/upload.ts";
import { hasCode } from "../../../src/errors/error.ts";
import { GrpcError } from "../../../src/grpc/grpc-error.ts";

/** The store's side of a Write stream, in memory: answers each message, at once or when told to. */
class Store {
  readonly received: WriteContentRequest[] = [];
  data = Buffer.alloc(0);
  mostUnanswered = 0;
  discarded = 0;
  ended = 0;
  failCommit: GrpcError | undefined;
  isHolding = false;
  #unanswered = 0;
  #ready: WriteContentResponse[] = [];
  #waiting:
    | { resolve(result: IteratorResult<WriteContentResponse>): void; reject(reason: unknown): void }
    | undefined;
  #failure: GrpcError | undefined;

  open(size: number, clock = new VirtualClock()): Promise<Upload | undefined> {
    return Upload.begin({
      call: {
        send: async (request) => this.#take(request),
        end: () => {},
        cancel: () => this.#fail(new GrpcError(1, "cancelled")),
        responses: { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) },
      },
      ref: "ref",
      blob: { mediaType: "x", digest: "sha256:d", size },
      clock,
      onEnd: () => {
        this.ended++;
      },
      discard: async () => {
        this.discarded++;
      },
      label: async () => {},
    });
  }

  release(): void {
    this.isHolding = false;
    for (const response of this.#ready.splice(0)) this.#deliver(response);
  }

  #take(request: WriteContentRequest): void {
    this.received.push(request);
    if (request.action === WriteAction.WRITE) {
      expect(request.offset).toBe(this.data.length);
      this.data = Buffer.concat([this.data, request.data]);
    }
    if (request.action === WriteAction.COMMIT && this.failCommit !== undefined) {
      this.#fail(this.failCommit);
      return;
    }
    this.#unanswered++;
    this.mostUnanswered = Math.max(this.mostUnanswered, this.#unanswered);
    const { action } = request;
    const offset = this.data.length;
    this.#deliver({ action, offset, startedAt: undefined, updatedAt: undefined, total: 0, digest: "" });
  }

  #deliver(response: WriteContentResponse): void {
    if (this.isHolding || this.#waiting === undefined) {
      this.#ready.push(response);
      return;
    }
    this.#unanswered--;
    this.#waiting.resolve({ done: false, value: response });
    this.#waiting = undefined;
  }

  #next(): Promise<IteratorResult<WriteContentResponse>> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const response = this.isHolding ? undefined : this.#ready.shift();
    if (response !== undefined) {
      this.#unanswered--;
      return Promise.resolve({ done: false, value: response });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #fail(error: GrpcError): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

describe("an upload", () => {
  test("sends every byte once and in order, however it is cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 }), async (chunks) => {
        const whole = Buffer.concat(chunks);
        const store = new Store();
        const upload = await store.open(whole.length);
        for (const chunk of chunks) await upload?.write(chunk);
        await upload?.commit({ a: "b" });
        expect(Buffer.compare(store.data, whole)).toBe(0);
        expect(store.received.at(-1)).toMatchObject({
          action: WriteAction.COMMIT,
          offset: whole.length,
          total: whole.length,
          expected: "sha256:d",
          labels: { a: "b" },
        });
        expect(store.ended).toBe(1);
      }),
    );
  });

  test("keeps at most eight messages unanswered, and goes on when answers come", async () => {
    const store = new Store();
    const upload = await store.open(100);
    store.isHolding = true;
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) await upload?.write(new Uint8Array(1));
    })();
    for (let turn = 0; turn < 50; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(written).toBe(8);
    store.release();
    await writing;
    expect(store.mostUnanswered).toBe(8);
    await upload?.commit({});
  });

  test("large chunks go in messages of a mebibyte", async () => {
    const store = new Store();
    const size = 2.5 * 1024 * 1024;
    const upload = await store.open(size);
    await upload?.write(new Uint8Array(size));
    expect(store.received.slice(1).map((request) => request.data.length)).toEqual([
      1 << 20,
      1 << 20,
      1 << 19,
    ]);
    await upload?.abort();
  });

  test("with content that the store refuses is thrown away", async () => {
    const store = new Store();
    store.failCommit = new GrpcError(9, "unexpected commit digest");
    const upload = await store.open(1);
    await upload?.write(new Uint8Array(1));
    expect(hasCode(await thrownBy(upload?.commit({}) ?? Promise.resolve()), "SC_DIGEST_MISMATCH")).toBe(true);
    expect([store.discarded, store.ended]).toEqual([1, 1]);
  });

  test("that somebody else finished first is success", async () => {
    const store = new Store();
    store.failCommit = new GrpcError(6, "exists");
    const upload = await store.open(0);
    await upload?.commit({});
    expect([store.discarded, store.ended]).toEqual([0, 1]);
  });

  test("without an answer for a minute fails, and nothing waits for ever", async () => {
    const clock = new VirtualClock();
    const store = new Store();
    const upload = await store.open(9, clock);
    store.isHolding = true;
    for (let count = 0; count < 8; count++) await upload?.write(new Uint8Array(1));
    const ninth = thrownBy(upload?.write(new Uint8Array(1)) ?? Promise.resolve());
    await clock.advance(60_001);
    expect(hasCode(await ninth, "SC_TIMEOUT")).toBe(true);
    await upload?.suspend();
    expect(store.ended).toBe(1);
  });

  test("left with answers outstanding waits for them a little, then leaves all the same", async () => {
    const clock = new VirtualClock();
    const store = new Store();
    const upload = await store.open(2, clock);
    store.isHolding = true;
    await upload?.write(new Uint8Array(1));
    const suspending = upload?.suspend();
    await clock.advance(5_001);
    await suspending;
    expect([store.discarded, store.ended]).toEqual([0, 1]);
  });
});
