/** Reads one file of the folder into a wish or into problems with positions. Whatever lies in the folder, this returns. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errnoName } from "../../base/libc.ts";
import type { DesiredContainer } from "../../model/container.ts";
import { type Fingerprint, fingerprintOf } from "../fingerprint.ts";
import { type FileState, stateOf } from "./listing.ts";

/** A manifest of a megabyte is no manifest. */
export const LIMIT_BYTES = 1024 * 1024;

/** Something that is wrong with a file or worth a word; 1-based, 0 = not at a place. */
export interface Finding {
  readonly line: number;
  readonly column: number;
  /** Path of the key as the file spells it; empty = the whole file. */
  readonly key: string;
  readonly message: string;
}

/** What a parser makes of a text. */
export type ParsedManifest = {
  /** It is in Container Management's own form and had to be converted. */
  readonly isConverted: boolean;
  readonly warnings: readonly Finding[];
} & (
  | { readonly ok: true; readonly desired: DesiredContainer }
  | { readonly ok: false; readonly problems: readonly Finding[] }
);

export type ParseManifest = (content: Uint8Array) => ParsedManifest;

/** A manifest that can be deployed. */
export interface ValidManifest {
  readonly desired: DesiredContainer;
  readonly fingerprint: Fingerprint;
}

export interface ReadManifest {
  readonly name: string;
  readonly state: FileState;
  readonly isConverted: boolean;
  readonly warnings: readonly Finding[];
  /** Exactly one of both is there. */
  readonly valid: ValidManifest | undefined;
  readonly problems: readonly Finding[];
}

/** Reads and parses; a file that changes while it is read counts as its later state. */
export function readManifest(
  folder: string,
  name: string,
  state: FileState,
  parse: ParseManifest,
): ReadManifest {
  const refused = (message: string): ReadManifest => ({
    name,
    state,
    isConverted: false,
    warnings: [],
    valid: undefined,
    problems: [{ line: 0, column: 0, key: "", message }],
  });
  if (state.kind !== "file") return refused(KIND_MESSAGES[state.kind]);
  if (state.sizeBytes > LIMIT_BYTES) {
    return refused(`the file has ${state.sizeBytes} bytes, a manifest has at most ${LIMIT_BYTES}`);
  }
  let content: Uint8Array;
  try {
    content = readFileSync(join(folder, name));
  } catch (thrown) {
    const reason = errnoName(thrown);
    if (reason === undefined) throw thrown;
    return refused(`the file cannot be read: ${reason}`);
  }
  const parsed = parse(content);
  const { isConverted, warnings } = parsed;
  const after = stateOf(folder, name) ?? state;
  if (!parsed.ok) {
    return { name, state: after, isConverted, warnings, valid: undefined, problems: parsed.problems };
  }
  const { desired } = parsed;
  const valid = { desired, fingerprint: fingerprintOf(desired) };
  return { name, state: after, isConverted, warnings, valid, problems: [] };
}

const KIND_MESSAGES: Readonly<Record<Exclude<FileState["kind"], "file">, string>> = {
  folder: "is a folder, not a file",
  other: "is not a regular file",
  dangling: "is a link to nothing",
  unreadable: "cannot be read: no permission or not reachable",
};

/** `file:line:column: key: message`, leaving out what is not there. */
export function describeFinding(path: string, finding: Finding): string {
  const place = finding.line > 0 ? `${path}:${finding.line}:${finding.column}` : path;
  return finding.key === "" ? `${place}: ${finding.message}` : `${place}: ${finding.key}: ${finding.message}`;
}
