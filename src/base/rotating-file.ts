/** An appended text file that moves aside when it has reached its size: `name`, `name.1` (newest old one), `name.2` ... */

import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { errnoName } from "./libc.ts";

export interface RotationLimits {
  readonly maxBytes: number;
  /** Old files beside the present one. */
  readonly maxFiles: number;
  /** Old files not written for so long are removed at a rotation; infinite: never. */
  readonly maxAgeMs: number;
}

export class RotatingFile {
  #descriptor: number;
  #size: number;

  /** Makes the folder when it is missing. Throws the file system's error. */
  constructor(
    private readonly path: string,
    private readonly limits: RotationLimits,
  ) {
    mkdirSync(dirname(path), { recursive: true });
    this.#descriptor = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#descriptor).size;
  }

  write(text: string): void {
    const data = Buffer.from(text, "utf8");
    if (this.#size > 0 && this.#size + data.length > this.limits.maxBytes) this.#rotate();
    let written = 0;
    while (written < data.length) written += writeSync(this.#descriptor, data, written);
    this.#size += data.length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #rotate(): void {
    const { maxFiles, maxAgeMs } = this.limits;
    rmSync(`${this.path}.${maxFiles}`, { force: true });
    for (let number = maxFiles - 1; number >= 1; number--) {
      this.#moveIfThere(`${this.path}.${number}`, `${this.path}.${number + 1}`);
    }
    if (maxFiles > 0) this.#moveIfThere(this.path, `${this.path}.1`);
    else rmSync(this.path, { force: true });
    const oldest = Date.now() - maxAgeMs;
    for (let number = 2; number <= maxFiles; number++) {
      const old = `${this.path}.${number}`;
      if ((statSync(old, { throwIfNoEntry: false })?.mtimeMs ?? oldest) < oldest)
        rmSync(old, { force: true });
    }
    closeSync(this.#descriptor);
    this.#descriptor = openSync(this.path, "a", 0o600);
    this.#size = 0;
  }

  #moveIfThere(from: string, to: string): void {
    try {
      renameSync(from, to);
    } catch (thrown) {
      if (errnoName(thrown) !== "ENOENT") throw thrown;
    }
  }
}
