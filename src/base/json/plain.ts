/** Files of our own in plain JSON, where the place of a mistake does not count. */

/** The value, or a SyntaxError that says why there is none. Members are own properties, `__proto__` included. */
export function parsePlain(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return thrown;
    if (thrown instanceof TypeError) return new SyntaxError("not UTF-8 text");
    throw thrown;
  }
}
