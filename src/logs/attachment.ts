/** One attached client's view of an output: what is produced from now on, in order, in a buffer of its own that is bounded. */

import type { StreamName } from "./json-lines.ts";
import type { Output } from "./logs.ts";

export interface AttachedChunk {
  readonly stream: StreamName;
  readonly data: Uint8Array;
}

/** Unread bytes of a client that are kept. */
export const ATTACH_BUFFER_BYTES = 1024 * 1024;

/**
 * Chunks of the output until it ends or the signal aborts (then it just ends). A client that reads too slowly misses whole
 * chunks, never the container or its log: once it has caught up it gets a line on stderr with the number of bytes left out.
 * Listening begins with the call, not with the first read.
 */
export function attach(
  output: Output,
  signal: AbortSignal,
  limitBytes = ATTACH_BUFFER_BYTES,
): AsyncIterable<AttachedChunk> {
  const attachment = new Attachment(output, signal, limitBytes);
  return attachment.chunks();
}

class Attachment {
  readonly #waiting: AttachedChunk[] = [];
  #waitingBytes = 0;
  #leftOutBytes = 0;
  #isOver = false;
  #wake: (() => void) | undefined;
  readonly #stopListening: () => void;

  constructor(
    output: Output,
    private readonly signal: AbortSignal,
    private readonly limitBytes: number,
  ) {
    this.#stopListening = output.listen((stream, data) => this.#keep({ stream, data }));
    signal.addEventListener("abort", this.#end, { once: true });
    output.ended.then(this.#end, this.#end);
    if (signal.aborted) this.#end();
  }

  async *chunks(): AsyncGenerator<AttachedChunk, void, undefined> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          this.#waitingBytes -= next.data.length;
          yield next;
        } else if (this.#leftOutBytes > 0) yield this.#notice();
        else if (this.#isOver) return;
        else await this.#more();
        if (this.signal.aborted) return;
      }
    } finally {
      this.#end();
    }
  }

  #keep(chunk: AttachedChunk): void {
    // Nothing is put behind a gap before the client knows of the gap.
    if (this.#leftOutBytes > 0 || this.#waitingBytes + chunk.data.length > this.limitBytes) {
      this.#leftOutBytes += chunk.data.length;
    } else {
      this.#waiting.push(chunk);
      this.#waitingBytes += chunk.data.length;
    }
    this.#wake?.();
  }

  #notice(): AttachedChunk {
    const text = `\r\n[supercargo] ${this.#leftOutBytes} bytes of output were left out: this client reads too slowly\r\n`;
    this.#leftOutBytes = 0;
    return { stream: "stderr", data: Buffer.from(text, "utf8") };
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  readonly #end = (): void => {
    this.#isOver = true;
    this.#stopListening();
    this.signal.removeEventListener("abort", this.#end);
    this.#wake?.();
  };
}
