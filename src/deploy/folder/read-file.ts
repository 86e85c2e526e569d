/** Reads one file of the folder into a wish or into problems with positions. Whatever lies in the folder, this returns. */

import { join } from "node:path";
import { type BoundedContent, readBoundedFile } from "../../base/bounded-file.ts";
import { errnoName } from "../../base/libc.ts";
import type { ManifestNote } from "../../manifest/note.ts";
import { MANIFEST_LIMIT_BYTES, type Manifest, readManifest } from "../../manifest/read.ts";
import type { Place } from "../../manifest/reading.ts";
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
  /** Unknown keys are problems. */
  readonly isStrict?: boolean;
  /** Name for a file that gives neither name nor id, where that is allowed. */
  readonly nameFor?: (file: string) => string;
}

export const WATCHED_FOLDER: FolderReading = { source: "folder" };

export interface ManifestFile {
  readonly name: string;
  /** Never later than what was read: what was put in its place meanwhile has another, and is read next. */
  readonly state: FileState;
  /** It is in Container Management's own form, which the peer's deployer had to convert. */
  readonly isConverted: boolean;
  readonly warnings: readonly ManifestNote[];
  /** Undefined exactly when there are problems. */
  readonly valid: ValidManifest | undefined;
  readonly problems: readonly ManifestNote[];
  /** Place of a value by its path in the words of the model. */
  readonly placeOf: (modelPath: string) => Place | undefined;
}

/** A file that changes under each reading is left to the next look. */
const READINGS = 5;

/** @param state as it was seen before */
export function readManifestFile(
  folder: string,
  name: string,
  state: FileState,
  reading: FolderReading = WATCHED_FOLDER,
): ManifestFile {
  let before = state;
  for (let readings = 1; ; readings++) {
    const read = readOnce(folder, name, before, reading);
    const after = stateOf(folder, name) ?? before;
    if (after.mark === before.mark || readings === READINGS) return read;
    before = after;
  }
}

function readOnce(folder: string, name: string, state: FileState, reading: FolderReading): ManifestFile {
  const path = join(folder, name);
  const refused = (
    problems: readonly ManifestNote[],
    warnings: readonly ManifestNote[] = [],
  ): ManifestFile => ({
    name,
    state,
    isConverted: false,
    warnings,
    valid: undefined,
    problems,
    placeOf: () => undefined,
  });
  const asWhole = (message: string) =>
    refused([{ file: path, line: 0, column: 0, key: "", message, expected: "" }]);
  if (state.kind !== "file") return asWhole(KIND_MESSAGES[state.kind]);
  if (state.sizeBytes > MANIFEST_LIMIT_BYTES) {
    return asWhole(`the file has ${state.sizeBytes} bytes, a manifest has at most ${MANIFEST_LIMIT_BYTES}`);
  }
  let content: BoundedContent;
  try {
    content = readBoundedFile(path, MANIFEST_LIMIT_BYTES);
  } catch (thrown) {
    const reason = errnoName(thrown);
    if (reason === undefined) throw thrown;
    return asWhole(`cannot be read: ${reason}`);
  }
  if (content.kind === "too-large") {
    return asWhole(`the file has more than the ${MANIFEST_LIMIT_BYTES} bytes that a manifest has at most`);
  }
  // It was a file a moment ago.
  if (content.kind === "no-file") return asWhole(KIND_MESSAGES.other);
  const fallbackName = reading.nameFor?.(name) ?? "";
  const { source, isStrict = false } = reading;
  const result = readManifest(content.bytes, { file: path, source, fallbackName, isStrict });
  const { warnings } = result;
  if (!result.ok) return refused(result.problems, warnings);
  const { desired, format, placeOf } = result.manifest;
  return {
    name,
    state,
    isConverted: format === "cm",
    warnings,
    valid: { desired, fingerprint: fingerprintIn(result.manifest) },
    problems: [],
    placeOf,
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
