/** The `grpc-timeout` header: at most eight digits and a unit (grpc/grpc, doc/PROTOCOL-HTTP2.md). */

const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Longest time that the runtime's timers can wait (24 days); they fire at once for a longer one. A longer deadline needs none. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

const MAX_DIGITS_VALUE = 99_999_999;

/** Milliseconds in a header value; undefined when it is malformed. */
export function parseGrpcTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ""];
  return match === null || unitMs === undefined ? undefined : Number(match[1]) * unitMs;
}

/** Header value of a time; rounded up, never less than a microsecond's fraction. */
export function formatGrpcTimeout(timeoutMs: number): string {
  const positiveMs = Math.max(timeoutMs, 0);
  for (const unit of ["u", "m", "S", "M", "H"]) {
    const value = Math.ceil(positiveMs / (UNIT_MS[unit] ?? 1));
    if (value <= MAX_DIGITS_VALUE) return `${value}${unit}`;
  }
  return `${MAX_DIGITS_VALUE}H`;
}
