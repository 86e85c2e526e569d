/** Two byte connections that are joined in memory, with a bounded pipe between them; for tests of protocols. */

import type { ByteConnection, ByteReceiver } from "./byte-connection.ts";

export interface MemoryPairOptions {
  /** Bytes that the pipe takes while the reader is paused, in each direction; default 64 KiB. */
  readonly pipeBytes?: number;
  /** Cuts what is delivered into pieces; default whole. */
  readonly split?: (chunk: Uint8Array) => Uint8Array[];
}

class MemoryConnection implements ByteConnection {
  readonly peer = "memory";
  /** The other end; set once by `memoryPair`. */
  other: MemoryConnection | undefined;
  readonly #options: MemoryPairOptions;
  #receiver: ByteReceiver | undefined;
  /** What the other end wrote and this one has not delivered. */
  #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #isPaused = false;
  #isScheduled = false;
  #hasEnded = false;
  #isClosed = false;

  constructor(options: MemoryPairOptions) {
    this.#options = options;
  }

  get queuedBytes(): number {
    return Math.max(0, (this.other?.undeliveredBytes ?? 0) - (this.#options.pipeBytes ?? 65_536));
  }

  get undeliveredBytes(): number {
    return this.#arrivedBytes;
  }

  open(receiver: ByteReceiver): void {
    this.#receiver = receiver;
    this.#schedule();
  }

  write(data: Uint8Array): void {
    if (this.#hasEnded || this.#isClosed || data.length === 0) return;
    this.other?.arrive(new Uint8Array(data));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#schedule();
  }

  end(): void {
    if (this.#hasEnded || this.#isClosed) return;
    this.#hasEnded = true;
    this.other?.close(undefined);
  }

  destroy(error?: Error): void {
    this.#arrived = [];
    this.#arrivedBytes = 0;
    this.#isPaused = false;
    this.close(error);
    this.other?.close(undefined);
  }

  arrive(data: Uint8Array): void {
    this.#arrived.push(data);
    this.#arrivedBytes += data.length;
    this.#schedule();
  }

  /** Closes behind what has arrived. */
  close(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const tell = () => {
      if (this.#arrivedBytes > 0) {
        this.#afterDelivery = tell;
        return;
      }
      this.#receiver?.closed(error);
      this.end();
      this.other?.close(undefined);
    };
    queueMicrotask(tell);
  }

  #afterDelivery: (() => void) | undefined;

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    while (!this.#isPaused) {
      const chunk = this.#arrived.shift();
      if (chunk === undefined) break;
      const wasQueued = (this.other?.queuedBytes ?? 0) > 0;
      this.#arrivedBytes -= chunk.length;
      for (const piece of this.#options.split?.(chunk) ?? [chunk]) receiver.data(piece);
      if (wasQueued && this.other?.queuedBytes === 0) this.other.tellDrained();
    }
    if (this.#arrivedBytes > 0) return;
    const after = this.#afterDelivery;
    this.#afterDelivery = undefined;
    after?.();
  }

  tellDrained(): void {
    queueMicrotask(() => {
      if (!this.#isClosed) this.#receiver?.drained();
    });
  }
}

/** Two ends: what one writes the other receives. */
export function memoryPair(options: MemoryPairOptions = {}): [ByteConnection, ByteConnection] {
  const first = new MemoryConnection(options);
  const second = new MemoryConnection(options);
  first.other = second;
  second.other = first;
  return [first, second];
}
