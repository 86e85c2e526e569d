/**
 * Which containers the cloud may have features of: the peer's backup file `sup_back_<thing>.json` (spec/digital-twin.md §7).
 * An id is in the file before its feature is published and leaves it when the broker has taken the deletion, so that none
 * is forgotten whenever the power fails.
 */

import { readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { makeFolderDurable, writeFileAtomic } from "../base/atomic-file.ts";
import { isMissing } from "../base/file-system.ts";
import { parsePlain } from "../base/json/plain.ts";
import type { Log } from "../base/log.ts";
import { describeError } from "../errors/error.ts";
import { featureIdOf } from "./container-feature.ts";

export class PublishedContainers {
  readonly #path: string;
  #isOpen = true;
  #ids = new Set<string>();
  #written = "";

  constructor(
    private readonly folder: string,
    readonly thingId: string,
    private readonly log: Log,
  ) {
    this.#path = join(folder, `sup_back_${thingId.replaceAll(":", "_")}.json`);
    this.#takeOver(join(folder, `sup_back_${thingId.replace(":", "_")}.json`));
    this.#ids = this.#read();
  }

  get ids(): readonly string[] {
    return [...this.#ids];
  }

  /** Before the features of these are published. */
  add(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
    this.#write();
  }

  /** After the broker has the deletion. */
  delete(id: string): void {
    this.#ids.delete(id);
    this.#write();
  }

  /** From now on the file is somebody else's. */
  close(): void {
    this.#isOpen = false;
  }

  /** An older version wrote another name. */
  #takeOver(older: string): void {
    if (older === this.#path) return;
    try {
      renameSync(older, this.#path);
    } catch (thrown) {
      if (!isMissing(thrown)) this.#warn("an older file could not be taken over", thrown);
    }
  }

  #read(): Set<string> {
    let content: Uint8Array;
    try {
      content = readFileSync(this.#path);
    } catch (thrown) {
      if (!isMissing(thrown))
        this.#warn("features of containers that went away cannot be cleaned up", thrown);
      return new Set();
    }
    const value = parsePlain(content);
    if (value instanceof SyntaxError) {
      this.#warn("features of containers that went away cannot be cleaned up", value);
      return new Set();
    }
    this.#written = new TextDecoder().decode(content);
    return new Set(typeof value === "object" && value !== null ? Object.keys(value) : []);
  }

  #write(): void {
    const members = Object.fromEntries([...this.#ids].map((id) => [id, featureIdOf(id)]));
    const content = this.#ids.size === 0 ? "null" : JSON.stringify(members);
    if (!this.#isOpen || content === this.#written) return;
    try {
      makeFolderDurable(this.folder, 0o700);
      writeFileAtomic(this.#path, content);
      this.#written = content;
    } catch (thrown) {
      // The twin goes on; at worst a feature of a container that is gone stays in the cloud.
      this.#warn("what the cloud knows could not be written down", thrown);
    }
  }

  #warn(message: string, thrown: unknown): void {
    this.log.warn(message, { file: this.#path, reason: describeError(thrown) });
  }
}
