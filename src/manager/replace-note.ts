/**
 * What is written down of a replacement, so that a daemon killed at any instruction ends it well after its next start.
 *
 * Steps: `swap` from before the old one is stopped until its successor runs; `probation` while the successor is watched;
 * `rollback` while the old one comes back; `settle` while the old one is taken away. After a kill `swap` and `rollback` lead
 * back to the old one, `probation` goes on with the rest of its time, `settle` is finished. Nothing is written while the
 * successor is prepared: what was made then has no owner and is swept.
 */

import { toError } from "../errors/error.ts";
import type { Container, StopOptions } from "../model/container.ts";
import type { ReplacePhase, WrittenLayers } from "../model/replace.ts";
import type { Additions, Journal } from "../store/store.ts";
import { isRecord } from "./stored-image.ts";

export const NOTE_VERSION = 1;
const PREFIX = "replace.";

export type ReplaceStep = "swap" | "probation" | "rollback" | "settle";

export interface ReplaceNote {
  readonly version: typeof NOTE_VERSION;
  readonly step: ReplaceStep;
  readonly id: string;
  /** Equal to `id`, or the successor's own. */
  readonly nextId: string;
  readonly old: Container;
  readonly oldAdditions: Additions;
  /** It ran, or waited for its restart: it is started when it comes back. */
  readonly oldRan: boolean;
  readonly next: Container;
  readonly nextAdditions: Additions;
  /** What the successor's snapshot lies on. */
  readonly chainId: string;
  /** Where the old writable snapshot is set aside, `<id>.old.<n>` (same id only). */
  readonly savedSnapshot: string;
  readonly stop: StopOptions;
  readonly probationMs: number;
  /** Wall clock, ms since 1970; 0 = has not begun. */
  readonly probationEndsAtMs: number;
  readonly reason: string;
  readonly phase: ReplacePhase;
  readonly isTransient: boolean;
  /** What the old one had written into its own layers when it was stopped; left out when that is not known. */
  readonly written?: WrittenLayers | undefined;
}

export function noteKey(id: string): string {
  return `${PREFIX}${id}`;
}

export function writeNote(journal: Journal, note: ReplaceNote): void {
  journal.write(noteKey(note.id), toPlain(note));
}

/** All notes of replacements; `unknown` are keys of ours whose content is not understood. */
export function readNotes(entries: ReadonlyMap<string, unknown>): {
  readonly notes: readonly ReplaceNote[];
  readonly unknown: readonly string[];
} {
  const notes: ReplaceNote[] = [];
  const unknown: string[] = [];
  for (const [key, value] of entries) {
    if (!key.startsWith(PREFIX)) continue;
    const note = fromPlain(value);
    if (isNote(note)) notes.push(note);
    else unknown.push(key);
  }
  return { notes, unknown };
}

/** How long the watch time still lasts; a wall clock that jumped makes it neither negative nor longer than wanted. */
export function restOfProbationMs(note: ReplaceNote, nowEpochMs: number): number {
  const rest = note.probationEndsAtMs - nowEpochMs;
  return Math.min(Math.max(0, rest), note.probationMs);
}

export function epochMs(stamp: string): number {
  const parsed = Date.parse(stamp);
  if (Number.isNaN(parsed)) throw toError(`not a time: ${stamp}`);
  return parsed;
}

const BIG = "$bigint";

/** JSON knows no bigint; the retry timeout is one. */
function toPlain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? { [BIG]: String(part) } : part)),
  );
}

function fromPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) => {
    const digits = isRecord(part) ? part[BIG] : undefined;
    return typeof digits === "string" && /^-?\d+$/.test(digits) ? BigInt(digits) : part;
  });
}

const TEXTS = ["step", "id", "nextId", "chainId", "savedSnapshot", "reason", "phase"];
const FLAGS = ["oldRan", "isTransient"];
const NUMBERS = ["probationMs", "probationEndsAtMs"];
const STEPS: readonly unknown[] = ["swap", "probation", "rollback", "settle"];

function isNote(value: unknown): value is ReplaceNote {
  if (!isRecord(value) || value["version"] !== NOTE_VERSION || !STEPS.includes(value["step"])) return false;
  return (
    TEXTS.every((key) => typeof value[key] === "string") &&
    FLAGS.every((key) => typeof value[key] === "boolean") &&
    NUMBERS.every((key) => typeof value[key] === "number") &&
    isRecord(value["stop"]) &&
    [value["old"], value["next"]].every(isContainerShaped) &&
    [value["oldAdditions"], value["nextAdditions"]].every(
      (additions) => isRecord(additions) && isRecord(additions["values"]),
    )
  );
}

function isContainerShaped(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value["id"] === "string" &&
    isRecord(value["state"]) &&
    isRecord(value["image"]) &&
    isRecord(value["hostConfig"]) &&
    isRecord(value["ioConfig"])
  );
}
