/** Reads one file of the folder into a wish or into problems with positions. Whatever lies in the folder, this returns. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../../base/libc.ts";
import { describeNote } from "../../manifest/note.ts";
import { MANIFEST_LIMIT_BYTES, type Manifest, readManifest } from "../../manifest/read.ts";
import type { ManifestSource } from "../../manifest/wish.ts";
import type { DesiredContainer } from "../../model/container.ts";
import { type Fingerprint, fingerprintOf, withoutLogSize } from "../fingerprint.ts";
import { type FileState, stateOf } from "./listing.ts";

/** A manifest that can be deployed. */
export interface ValidManifest {
  readonly desired: DesiredContainer;
  readonly fingerprint: Fingerprint;
}

/** How the files of a folder are read. */
export interface FolderReading {
  readonly source: ManifestSource;
  /** Name for a file that gives neither name nor id, where that is allowed. */
  readonly nameFor?: (file: string) => string;
}

export const WATCHED_FOLDER: FolderReading = { source: "folder" };

export interface ManifestFile {
  readonly name: string;
  /** After it was read: a file that changes meanwhile counts as its later state. */
  readonly state: FileState;
  /** It is in Container Management's own form, which the peer's deployer had to convert. */
  readonly isConverted: boolean;
  /** Lines for people: `file:line:column: key: message`. */
  readonly warnings: readonly string[];
  /** Undefined exactly when there are problems. */
  readonly valid: ValidManifest | undefined;
  readonly problems: readonly string[];
}

export function readManifestFile(
  folder: string,
  name: string,
  state: FileState,
  reading: FolderReading = WATCHED_FOLDER,
): ManifestFile {
  const path = join(folder, name);
  const refused = (problems: readonly string[], warnings: readonly string[] = []): ManifestFile => ({
    name,
    state: stateOf(folder, name) ?? state,
    isConverted: false,
    warnings,
    valid: undefined,
    problems,
  });
  if (state.kind !== "file") return refused([`${path}: ${KIND_MESSAGES[state.kind]}`]);
  if (state.sizeBytes > MANIFEST_LIMIT_BYTES) {
    const message = `the file has ${state.sizeBytes} bytes, a manifest has at most ${MANIFEST_LIMIT_BYTES}`;
    return refused([`${path}: ${message}`]);
  }
  let content: Uint8Array;
  try {
    content = readFileSync(path);
  } catch (thrown) {
    const reason = errnoName(thrown);
    if (reason === undefined) throw thrown;
    return refused([`${path}: cannot be read: ${reason}`]);
  }
  const fallbackName = reading.nameFor?.(name) ?? "";
  const result = readManifest(content, { file: path, source: reading.source, fallbackName });
  const warnings = result.warnings.map(describeNote);
  if (!result.ok) return refused(result.problems.map(describeNote), warnings);
  const { desired, format } = result.manifest;
  return {
    name,
    state: stateOf(folder, name) ?? state,
    isConverted: format === "cm",
    warnings,
    valid: { desired, fingerprint: fingerprintIn(result.manifest) },
    problems: [],
  };
}

function fingerprintIn({ desired, placeOf }: Manifest): Fingerprint {
  const fingerprint = fingerprintOf(desired);
  const isLeftOut = placeOf("hostConfig.logConfig.driver.maxSize") === undefined;
  return isLeftOut ? withoutLogSize(fingerprint) : fingerprint;
}

const KIND_MESSAGES: Readonly<Record<Exclude<FileState["kind"], "file">, string>> = {
  folder: "is a folder, not a file",
  other: "is not a regular file",
  dangling: "is a link to nothing",
  unreadable: "cannot be read: no permission or not reachable",
};
