/** JSON with whole numbers of any size: what other programs read with 64 bits. */

/** The standard's way of writing digits as they are (ECMAScript `JSON.rawJSON`); not yet in TypeScript's own declarations. */
interface RawJson {
  rawJSON(text: string): unknown;
}

/** As JSON.stringify, with bigints as whole numbers. */
export function printExact(value: unknown): string {
  const json = JSON as unknown as RawJson;
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "bigint" ? json.rawJSON(String(part)) : part,
  );
}
