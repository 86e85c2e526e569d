/** Writing to the program's own output without the runtime's stream objects, which cost 3 ms and 4 MiB at every start. */

import { writeSync } from "node:fs";
import { errnoName } from "./libc.ts";

/** A reader that is slow is asked again after this time. */
const PAUSE_MS = 1;

/** Writes all of a text, waiting for a slow reader. Answers false when nobody reads any more; other errors are node's. */
export function writeToDescriptor(descriptor: number, text: string): boolean {
  return writeBytesToDescriptor(descriptor, Buffer.from(text, "utf8"));
}

/** As `writeToDescriptor`, for bytes. */
export function writeBytesToDescriptor(descriptor: number, data: Uint8Array): boolean {
  let written = 0;
  while (written < data.length) {
    try {
      written += writeSync(descriptor, data, written);
    } catch (thrown) {
      const name = errnoName(thrown);
      if (name === "EPIPE") return false;
      // A terminal or pipe that somebody has made non-blocking for all who share it.
      if (name !== "EAGAIN") throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
  return true;
}
