/** Files that are either the old or the new content, whatever happens: temporary file, sync, rename, sync of the folder. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

let serial = 0;

/** Replaces `path` by `content` durably. The temporary file is `.<name>.<pid>.<n>.tmp` beside it; one left by a crash is harmless. */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${serial++}.tmp`);
  const data = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const descriptor = openSync(temporary, "wx", mode);
  try {
    let written = 0;
    while (written < data.length) written += writeSync(descriptor, data, written);
    fsyncSync(descriptor);
  } catch (thrown) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw thrown;
  }
  closeSync(descriptor);
  try {
    renameSync(temporary, path);
  } catch (thrown) {
    unlinkSync(temporary);
    throw thrown;
  }
  syncFolder(dirname(path));
}

/** Makes renames, creations and removals in a folder durable. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
