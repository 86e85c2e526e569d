/** Looking at what is in a FIFO without taking it, through a small pipe of our own into which the kernel copies. */

import { closeSync, readSync } from "node:fs";
import { copyPipe, errnoName, openPipe, setPipeSize } from "./libc.ts";

const PIPE_BYTES = 256 * 1024;

export class FifoPeek {
  #pipe: ReturnType<typeof openPipe> | undefined;

  /**
   * Copies the first bytes of the FIFO into `buffer`, as many as fit and lie there in few enough pieces; answers their number:
   * 0 when it is empty without a writer, -1 when it is empty with one.
   */
  look(descriptor: number, buffer: Uint8Array): number {
    this.#pipe ??= widePipe();
    const length = copyPipe(descriptor, this.#pipe.writer, buffer.length);
    for (let at = 0; at < length; ) at += readSync(this.#pipe.reader, buffer, at, length - at, null);
    return length;
  }

  close(): void {
    if (this.#pipe === undefined) return;
    closeSync(this.#pipe.reader);
    closeSync(this.#pipe.writer);
    this.#pipe = undefined;
  }
}

/** Each piece of a FIFO needs a place of its own; pieces of small writes may be half full. */
function widePipe(): ReturnType<typeof openPipe> {
  const pipe = openPipe();
  try {
    setPipeSize(pipe.writer, PIPE_BYTES);
  } catch (thrown) {
    // Over the user's share: fewer pieces at a time.
    if (errnoName(thrown) !== "EPERM") throw thrown;
  }
  return pipe;
}
