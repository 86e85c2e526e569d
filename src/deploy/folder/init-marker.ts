/**
 * Whether the deployment folder has been deployed once: the peer's marker folder `<home>/deployment` (spec/engine.md §18).
 * Against the peer it is set only when everything has been deployed (spec/engine.md §22.25); until then a note beside our
 * other state says that the first run has begun, so that its own containers do not look like somebody else's.
 */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { realFileSystem } from "../../base/file-system.ts";

const FOLDER_MODE = 0o711;

/** All methods throw the file errors of the home. */
export class InitMarker {
  readonly #marker: string;
  readonly #note: string;

  constructor(private readonly home: string) {
    this.#marker = join(home, "deployment");
    this.#note = join(home, "supercargo", "first-deployment");
  }

  get isSet(): boolean {
    return existsSync(this.#marker);
  }

  /** A first run was begun and has not come to its end. */
  get hasBegun(): boolean {
    return existsSync(this.#note);
  }

  begin(): void {
    mkdirSync(join(this.home, "supercargo"), { recursive: true, mode: FOLDER_MODE });
    writeFileAtomic(this.#note, "the first deployment has begun\n");
  }

  /** The marker is durable before the note goes. */
  set(): void {
    if (!this.isSet) {
      mkdirSync(this.#marker, { recursive: true, mode: FOLDER_MODE });
      const folder = realFileSystem.openFolder(this.home);
      try {
        realFileSystem.sync(folder);
      } finally {
        realFileSystem.close(folder);
      }
    }
    rmSync(this.#note, { force: true });
  }
}
