/** Moments as texts that can be compared: stamps differ in the length of their fraction and, elsewhere made, in their offset. */

const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d|60)(?:\.(\d{1,18}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
/** Longer than the end of any record of ours: `","time":"` and a stamp of nanoseconds. */
const END_BYTES = 64;
const END_OF_RECORD = /"time":"([^"]{20,35})"\}$/;

/** Earlier moments have smaller texts, equal moments equal ones; undefined when it is no RFC 3339 time. */
export function timeKey(text: string): string | undefined {
  const parts = RFC3339.exec(text);
  if (parts === null) return undefined;
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = "",
    sign,
    offsetHour = "0",
    offsetMinute = "0",
  ] = parts.map((part) => part ?? undefined);
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  const date = new Date(local);
  const isReal =
    date.getUTCDate() === Number(day) && Number(month) <= 12 && Number(hour) < 24 && Number(minute) < 60;
  if (!isReal || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === "-" ? -1 : 1);
  const utc = new Date(local - offsetMs + Number(second) * 1000);
  // Without trailing zeros a shorter fraction that begins alike is the earlier one.
  return `${utc.toISOString().slice(0, 19)}.${fraction.replace(/0+$/, "")}`;
}

/** The key of the stamp at the end of a stored line (`end` is behind its last byte, the line feed left out); undefined when there is none. */
export function timeKeyOfLine(data: Buffer, start: number, end: number): string | undefined {
  const stamp = END_OF_RECORD.exec(data.toString("latin1", Math.max(start, end - END_BYTES), end))?.[1];
  return stamp === undefined ? undefined : (plainKey(stamp) ?? timeKey(stamp));
}

/** Of a stamp as all drivers write it: UTC, no zeros at the end. Dates are not checked. */
function plainKey(stamp: string): string | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d*[1-9])?Z$/.test(stamp)) return undefined;
  return stamp.length === 20 ? `${stamp.slice(0, 19)}.` : stamp.slice(0, -1);
}
