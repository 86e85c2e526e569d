/** Files that are either the old or the new content, whatever happens: temporary file, sync, rename, sync of the folder. */

import { basename, dirname, join } from "node:path";
import { type FileSystem, isMissing, realFileSystem } from "./file-system.ts";

let serial = 0;

/** Replaces `path` by `content` durably. The temporary file is `.<name>.<pid>.<n>.tmp` beside it; one left by a crash is harmless. */
export function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
  files: FileSystem = realFileSystem,
): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${serial++}.tmp`);
  const data = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const descriptor = files.create(temporary, mode);
  try {
    let written = 0;
    while (written < data.length) written += files.write(descriptor, data, written);
    files.sync(descriptor);
  } catch (thrown) {
    files.close(descriptor);
    discard(temporary, files);
    throw thrown;
  }
  files.close(descriptor);
  try {
    files.rename(temporary, path);
  } catch (thrown) {
    discard(temporary, files);
    throw thrown;
  }
  syncFolder(dirname(path), files);
}

function discard(temporary: string, files: FileSystem): void {
  try {
    files.unlink(temporary);
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
}

/** Makes renames, creations and removals in a folder durable. */
export function syncFolder(path: string, files: FileSystem = realFileSystem): void {
  const descriptor = files.openFolder(path);
  try {
    files.sync(descriptor);
  } finally {
    files.close(descriptor);
  }
}

/** Makes a folder and its missing parents so that they are there after a power cut. Answers whether one was made. */
export function makeFolderDurable(path: string, mode: number, files: FileSystem = realFileSystem): boolean {
  const first = files.makeFolder(path, mode);
  if (first === undefined) return false;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    syncFolder(folder, files);
    if (folder.length < first.length) return true;
  }
}

/** Whether this is the name of a temporary file that a crash left behind. */
export function isLeftoverName(name: string): boolean {
  return /^\..+\.\d+\.\d+\.tmp$/.test(name);
}
