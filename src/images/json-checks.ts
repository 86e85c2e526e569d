/** Reading hostile JSON: the document is bounded before it comes here, every value is checked before it is used. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object that the bytes spell, or undefined. */
export function parseObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return isObject(value) ? value : undefined;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof TypeError || thrown instanceof RangeError)
      return undefined;
    throw thrown;
  }
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
