/** Values of flags that are durations (spec/cli.md, stop). */

import { parseGoDurationMs } from "../../base/go-duration.ts";
import { CommandError } from "../command-error.ts";

/** Whole seconds, rounded half away from zero as Go's Duration.Round does. */
export function durationSeconds(text: string): number {
  const ms = parseGoDurationMs(text);
  if (typeof ms !== "number") throw new CommandError(ms.fault);
  // `+ 0` turns the negative zero into zero.
  return Math.sign(ms) * Math.round(Math.abs(ms) / 1000) + 0;
}
