/** Remembers the temporary files of exports under way, so that those of a killed daemon are taken away at its next start. */

import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolderDurable, writeFileAtomic } from "../../base/atomic-file.ts";
import { errorCode, isMissing, realFileSystem } from "../../base/file-system.ts";
import type { Log } from "../../base/log.ts";
import { toError } from "../../errors/error.ts";
import { parseObject } from "../json-checks.ts";

/** Only files of such a name are ever taken away. */
export const EXPORT_SUFFIX = ".supercargo-export";

export class UnfinishedExports {
  readonly #paths = new Set<string>();

  /** @param file where they are noted; undefined: nowhere. */
  constructor(
    private readonly file: string | undefined,
    private readonly log: Log,
  ) {}

  /** Takes away what an earlier run left. */
  sweep(): void {
    if (this.file === undefined) return;
    try {
      const noted = parseObject(realFileSystem.read(this.file))?.["exports"];
      for (const path of Array.isArray(noted) ? noted : []) {
        if (typeof path !== "string" || !path.endsWith(EXPORT_SUFFIX)) continue;
        rmSync(path, { force: true });
        this.log.info("what an export of a killed daemon had written is taken away", { file: path });
      }
      realFileSystem.unlink(this.file);
    } catch (thrown) {
      if (isMissing(thrown)) return;
      if (errorCode(thrown) === undefined) throw thrown;
      this.log.warn("the rest of an unfinished export stays", { reason: toError(thrown).message });
    }
  }

  /** Durable before the file is made. Throws node's error when it cannot be noted. */
  begin(path: string): void {
    this.#paths.add(path);
    this.#save();
  }

  /** A note that stays names a file that is gone: harmless. */
  end(path: string): void {
    this.#paths.delete(path);
    try {
      this.#save();
    } catch (thrown) {
      if (errorCode(thrown) === undefined) throw thrown;
      this.log.warn("the note of an export cannot be taken back", {
        file: path,
        reason: toError(thrown).message,
      });
    }
  }

  #save(): void {
    if (this.file === undefined) return;
    if (this.#paths.size === 0) {
      rmSync(this.file, { force: true });
      return;
    }
    makeFolderDurable(dirname(this.file), 0o700);
    writeFileAtomic(this.file, `${JSON.stringify({ exports: [...this.#paths] })}\n`);
  }
}
