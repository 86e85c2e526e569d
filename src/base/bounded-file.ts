/** Reading a file that others may exchange, lengthen or turn into something else while it is read. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

export type BoundedContent =
  | { readonly kind: "content"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  /** A pipe, a device, a folder: nothing of it was read. */
  | { readonly kind: "no-file" };

/** Never reads more than one byte beyond `limitBytes`, and never waits for a writer. Throws the file error. */
export function readBoundedFile(path: string, limitBytes: number): BoundedContent {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(descriptor).isFile()) return { kind: "no-file" };
    const chunks: Uint8Array[] = [];
    let size = 0;
    while (size <= limitBytes) {
      const chunk = new Uint8Array(Math.min(65_536, limitBytes + 1 - size));
      const count = readSync(descriptor, chunk, 0, chunk.length, null);
      if (count === 0) return { kind: "content", bytes: Buffer.concat(chunks) };
      chunks.push(chunk.subarray(0, count));
      size += count;
    }
    return { kind: "too-large" };
  } finally {
    closeSync(descriptor);
  }
}
