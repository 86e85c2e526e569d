/** Notices that a configuration file has other content, whoever wrote it and however (in place, by rename, through a link). */

import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { FolderWatch } from "#folder-watch";
import type { Clock, Timer } from "../base/clock.ts";
import { errorCode } from "../base/file-system.ts";
import { sha256Hex } from "../base/hash.ts";
import { type ConfigPart, pathsOf } from "./sources.ts";

/** Editors write in several steps. */
const QUIET_MS = 250;
/** For what the kernel does not tell, such as the target of a link. */
const RESCAN_MS = 60_000;

export class ConfigWatch implements Disposable {
  #known: string;
  #timer: Timer | undefined;
  readonly #folder: FolderWatch;

  /**
   * @param path the configuration; what is laid over it is watched too
   * @param known files that are in force
   * @param onChange called once for each new content
   */
  constructor(
    private readonly path: string,
    known: readonly ConfigPart[],
    private readonly clock: Clock,
    private readonly onChange: () => void,
    onBlind: (reason: string) => void,
  ) {
    const paths = pathsOf(path);
    this.#known = paths
      .map((one) => hashOf(known.find((part) => part.path === one)?.content ?? new Uint8Array(0)))
      .join(" ");
    const names = paths.map((one) => basename(one));
    this.#folder = new FolderWatch(dirname(path), {
      clock,
      rescanMs: RESCAN_MS,
      blindMs: RESCAN_MS,
      onHint: (name) => {
        if (name === undefined || names.includes(name)) this.#look();
      },
      onBlind,
    });
    // It may have changed between its reading and this watch.
    this.#look();
  }

  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#folder[Symbol.dispose]();
  }

  #look(): void {
    this.#timer?.cancel();
    this.#timer = this.clock.after(QUIET_MS, () => {
      const content = this.#read();
      if (content === this.#known) return;
      this.#known = content;
      this.onChange();
    });
  }

  #read(): string {
    return pathsOf(this.path)
      .map((path) => hashOfFile(path))
      .join(" ");
  }
}

/** Hash of the content; empty for a file that is empty or not there, its error for one that cannot be read. */
function hashOfFile(path: string): string {
  try {
    return hashOf(readFileSync(path));
  } catch (thrown) {
    const code = errorCode(thrown);
    if (code === undefined) throw thrown;
    return code === "ENOENT" || code === "ENOTDIR" ? "" : code;
  }
}

function hashOf(content: Uint8Array): string {
  return content.length === 0 ? "" : sha256Hex(content);
}
