/**
 * What became of each manifest of a folder, as a file beside the memory: for `--status`, and for whoever watches a device.
 * It is a view: nothing is decided by it, so it is not synced to the disk.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parsePlain } from "../../base/json/plain.ts";
import { errnoName } from "../../base/libc.ts";

/**
 * - `waiting`: seen, not begun. `working`: on its way. `done`: the container is as wished.
 * - `failed`: tried again by itself. `refused`: not tried again until the file changes.
 * - `invalid`: the file cannot be understood. `rival`: another file has the name or the id.
 */
export const MANIFEST_STATES = [
  "waiting",
  "working",
  "done",
  "failed",
  "refused",
  "invalid",
  "rival",
] as const;
export type ManifestState = (typeof MANIFEST_STATES)[number];

export interface ManifestStatus {
  readonly file: string;
  /** Empty when the file names none that can be used. */
  readonly container: string;
  readonly state: ManifestState;
  /** RFC 3339, UTC. */
  readonly since: string;
  /** Why it is so, in words; empty when all is well. */
  readonly reason: string;
  /** RFC 3339, UTC; empty when none is due. */
  readonly nextTry: string;
}

export interface FolderStatus {
  readonly folder: string;
  /** Process that wrote it. */
  readonly pid: number;
  readonly updated: string;
  /** About the folder as a whole; empty when all is well. */
  readonly problem: string;
  readonly manifests: readonly ManifestStatus[];
}

const VERSION = 1;

/** Throws the file error. Readers see the old or the new content. */
export function writeStatus(path: string, status: FolderStatus): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ version: VERSION, ...status })}\n`, { mode: 0o644 });
  renameSync(temporary, path);
}

/** Undefined when there is none that can be understood. Throws the file error but for a missing file. */
export function readStatus(path: string): FolderStatus | undefined {
  let text: Uint8Array;
  try {
    text = readFileSync(path);
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
  const value = parsePlain(text);
  if (!isObject(value) || value["version"] !== VERSION || !Array.isArray(value["manifests"]))
    return undefined;
  const pid = value["pid"];
  return {
    folder: textOf(value["folder"]),
    pid: typeof pid === "number" ? pid : 0,
    updated: textOf(value["updated"]),
    problem: textOf(value["problem"]),
    manifests: value["manifests"].flatMap(manifestIn),
  };
}

function manifestIn(value: unknown): ManifestStatus[] {
  if (!isObject(value)) return [];
  const state = MANIFEST_STATES.find((one) => one === value["state"]);
  if (state === undefined) return [];
  const [file, container, since, reason, nextTry] = [
    textOf(value["file"]),
    textOf(value["container"]),
    textOf(value["since"]),
    textOf(value["reason"]),
    textOf(value["nextTry"]),
  ];
  return [{ file, container, state, since, reason, nextTry }];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
