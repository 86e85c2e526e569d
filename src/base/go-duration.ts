/** Duration texts of Go (`300ms`, `1h2m3s`, `-1.5h`), with the words of its errors. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
/** Go counts nanoseconds in 64 bits: about 292 years. */
const LIMIT_MS = 2 ** 63 / 1e6;

/** Milliseconds, or the words of Go's error. */
export function parseGoDurationMs(text: string): number | { readonly fault: string } {
  const quoted = JSON.stringify(text);
  const fault = { fault: `time: invalid duration ${quoted}` };
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") return fault;
  let totalMs = 0;
  while (rest !== "") {
    const number = /^(\d+\.?\d*|\.\d+)/.exec(rest)?.[0];
    if (number === undefined) return fault;
    rest = rest.slice(number.length);
    const unit = /^[^\d.]+/.exec(rest)?.[0];
    if (unit === undefined) return { fault: `time: missing unit in duration ${quoted}` };
    const factor = UNIT_MS[unit];
    if (factor === undefined)
      return { fault: `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}` };
    totalMs += Number(number) * factor;
    if (totalMs >= LIMIT_MS) return fault;
    rest = rest.slice(unit.length);
  }
  return sign * totalMs;
}
