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

/** As Go prints a duration: `1h0m30s`, `1.5s`, `200ms`, `0s`. */
export function formatGoDuration(nanos: bigint): string {
  if (nanos < 0n) return `-${formatGoDuration(-nanos)}`;
  if (nanos === 0n) return "0s";
  if (nanos < 1_000n) return `${nanos}ns`;
  if (nanos < 1_000_000n) return `${decimal(nanos, 1_000n)}µs`;
  if (nanos < 1_000_000_000n) return `${decimal(nanos, 1_000_000n)}ms`;
  const minutes = nanos / 60_000_000_000n;
  const seconds = `${decimal(nanos % 60_000_000_000n, 1_000_000_000n)}s`;
  if (minutes === 0n) return seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${minutes}m${seconds}` : `${hours}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return fraction === "" ? String(value / unit) : `${value / unit}.${fraction}`;
}
