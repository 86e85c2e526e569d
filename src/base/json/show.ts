/** Foreign words and characters as they may stand in a message: bounded, control characters escaped. */

const SHOWN_CHARACTERS = 60;

export function shown(text: string): string {
  return JSON.stringify(text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`);
}

/** Printable ASCII as it is, anything else by its number. */
export function shownCharacter(code: number): string {
  const isPlain = code > 0x20 && code < 0x7f;
  if (isPlain) return `"${String.fromCodePoint(code)}"`;
  return `character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}
