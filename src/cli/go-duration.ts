/** Duration texts of Go (`10s`, `1m30s`, `-1.5h`) with the texts of its errors (spec/cli.md, stop). */

import { CommandError } from "./command.ts";

const UNIT_NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Whole seconds, rounded half away from zero as Go's Duration.Round does. */
export function parseDurationSeconds(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") throw new CommandError(`time: invalid duration ${JSON.stringify(text)}`);
  let nanos = 0;
  while (rest !== "") {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) throw new CommandError(`time: invalid duration ${JSON.stringify(text)}`);
    rest = rest.slice(number.length);
    const unit = /^[^\d.]+/.exec(rest)?.[0];
    if (unit === undefined) throw new CommandError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const factor = UNIT_NANOS[unit];
    if (factor === undefined) {
      throw new CommandError(
        `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`,
      );
    }
    nanos += Number(number) * factor;
    rest = rest.slice(unit.length);
  }
  const seconds = sign * Math.round(nanos / 1e9);
  return seconds === 0 ? 0 : seconds;
}
