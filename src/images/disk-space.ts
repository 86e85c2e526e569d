/** Free space where images are kept: content and unpacked layers may lie on one file system or on two. */

import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

export interface FileSystemSpace {
  /** Equal for places on one file system. */
  readonly id: string;
  readonly freeBytes: number;
  /** Infinity where the file system has no fixed number. */
  readonly freeInodes: number;
}

export interface StoreSpace {
  readonly content: FileSystemSpace;
  readonly layers: FileSystemSpace;
}

export type SpaceProbe = (signal: AbortSignal) => Promise<StoreSpace>;

/** Asks the file system of `path`, or of the nearest folder above it that exists. */
export async function fileSystemOf(path: string): Promise<FileSystemSpace> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const [{ dev }, { bavail, bsize, files, ffree }] = await Promise.all([stat(folder), statfs(folder)]);
      return {
        id: String(dev),
        freeBytes: bavail * bsize,
        freeInodes: files === 0 ? Number.POSITIVE_INFINITY : ffree,
      };
    } catch (thrown) {
      if (folder === dirname(folder) || !isAbsent(thrown)) throw thrown;
    }
  }
}

/** Looks at these folders each time it is asked. */
export function spaceOf(contentRoot: string, layersRoot: string): SpaceProbe {
  return async () => ({
    content: await fileSystemOf(contentRoot),
    layers: await fileSystemOf(layersRoot),
  });
}

/** Content and layers on one file system with this much space. */
export function oneFileSystem(freeBytes: number, freeInodes = Number.POSITIVE_INFINITY): StoreSpace {
  const space = { id: "one", freeBytes, freeInodes };
  return { content: space, layers: space };
}

function isAbsent(thrown: unknown): boolean {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === "ENOENT";
}
