/** Order of stored stamps: their trailing zeros are cut, so they cannot be compared as texts (`...00Z` is before `...00.1Z`). */

/** For sorting: first before later; an empty stamp (never) comes first. */
export function compareStamps(a: string, b: string): number {
  const left = padded(a);
  const right = padded(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function padded(stamp: string): string {
  const [whole = "", fraction = ""] = stamp.replace(/Z$/, "").split(".");
  return `${whole}.${fraction.padEnd(9, "0")}`;
}
