/** Notices that the configuration file has other content, whoever wrote it and however (in place, by rename, through a link). */

import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { FolderWatch } from "#folder-watch";
import type { Clock, Timer } from "../base/clock.ts";
import { errorCode } from "../base/file-system.ts";
import { sha256Hex } from "../base/hash.ts";

/** Editors write in several steps. */
const QUIET_MS = 250;
/** For what the kernel does not tell, such as the target of a link. */
const RESCAN_MS = 60_000;

export class ConfigWatch implements Disposable {
  #known: string;
  #timer: Timer | undefined;
  readonly #folder: FolderWatch;

  /**
   * @param known content that is in force; undefined = none
   * @param onChange called once for each new content
   */
  constructor(
    private readonly path: string,
    known: Uint8Array | undefined,
    private readonly clock: Clock,
    private readonly onChange: () => void,
    onBlind: (reason: string) => void,
  ) {
    this.#known = known === undefined ? "" : sha256Hex(known);
    const own = basename(path);
    this.#folder = new FolderWatch(dirname(path), {
      clock,
      rescanMs: RESCAN_MS,
      blindMs: RESCAN_MS,
      onHint: (name) => {
        if (name === undefined || name === own) this.#look();
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

  /** Hash of the content; empty for a file that is empty or not there, its error for one that cannot be read. */
  #read(): string {
    try {
      const content = readFileSync(this.path);
      return content.length === 0 ? "" : sha256Hex(content);
    } catch (thrown) {
      const code = errorCode(thrown);
      if (code === undefined) throw thrown;
      return code === "ENOENT" || code === "ENOTDIR" ? "" : code;
    }
  }
}
