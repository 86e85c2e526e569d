/** Sizes, times and states in the words of people. */

const SIZE_UNITS = ["B", "kB", "MB", "GB", "TB"];
const SIZE_STEP = 1000;
const TIME_UNITS = [
  { letter: "d", seconds: 86_400 },
  { letter: "h", seconds: 3600 },
  { letter: "m", seconds: 60 },
  { letter: "s", seconds: 1 },
] as const;

/** `3.4 MB`, by thousands. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= SIZE_STEP && unit < SIZE_UNITS.length - 1) {
    value /= SIZE_STEP;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${SIZE_UNITS[unit]}`;
}

/** The two largest units: `3d4h`, `2m5s`, `0s`. */
export function spanText(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000));
  const parts: string[] = [];
  for (const { letter, seconds } of TIME_UNITS) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0 || (letter === "s" && parts.length === 0)) parts.push(`${count}${letter}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join("");
}

/** Milliseconds since a stamp by the wall clock; undefined for none. */
export function msSince(stamp: string, nowMs = Date.now()): number | undefined {
  const at = Date.parse(stamp);
  return Number.isNaN(at) ? undefined : nowMs - at;
}

/** A stamp as the clock on the wall says it here, with its offset; the text itself when it is no stamp. */
export function localTime(stamp: string): string {
  const ms = Date.parse(stamp);
  if (Number.isNaN(ms)) return stamp;
  const date = new Date(ms);
  const offset = -date.getTimezoneOffset();
  const two = (value: number) => String(Math.abs(value)).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.trunc(offset / 60))}:${two(offset % 60)}`;
  return `${new Date(ms + offset * 60_000).toISOString().slice(0, 19).replace("T", " ")} ${zone}`;
}

/** Text from containers and images never steers the reader's terminal: control characters are shown, not sent. */
export function shownText(text: string): string {
  return text.replace(/\p{Cc}/gu, (letter) =>
    letter === "\t" ? "\t" : `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
