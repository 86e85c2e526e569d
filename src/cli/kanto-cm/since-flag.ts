/** Moments on the command line: a time as in a log, or how long ago. */

import { parseGoDurationMs } from "../../base/go-duration.ts";
import { CommandError } from "../command-error.ts";

/** RFC 3339; empty for an empty text. `10m` is ten minutes before now. */
export function sinceStamp(text: string, nowMs = Date.now()): string {
  if (text === "") return "";
  const agoMs = parseGoDurationMs(text);
  if (typeof agoMs === "number") return new Date(nowMs - Math.abs(agoMs)).toISOString();
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    throw new CommandError(
      `${JSON.stringify(text)} is no time: give one such as 2026-11-21T10:00:00Z, or how long ago, such as 10m`,
    );
  }
  return /T.*(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : new Date(at).toISOString();
}

/** Milliseconds of a duration flag; undefined for an empty text. */
export function durationMs(text: string): number | undefined {
  if (text === "") return undefined;
  const ms = parseGoDurationMs(text);
  if (typeof ms !== "number") throw new CommandError(ms.fault);
  if (ms < 0) throw new CommandError(`${text} is negative`);
  return ms;
}
