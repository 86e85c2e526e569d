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

/** Longer paths are cut: who nests deeper, or has longer keys, finds the place by line and column. */
const PATH_LIMIT = 120;

/** Path of a value by keys and indexes from the outside in, as in `config.env[0]`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = "";
  for (const part of path) {
    text += typeof part === "number" ? `[${part}]` : `${text === "" ? "" : "."}${part}`;
    if (text.length > PATH_LIMIT) return `${text.slice(0, PATH_LIMIT)}...`;
  }
  return text;
}

/** Control characters, line separators and what turns the direction of writing: none of them may reach a terminal or a log. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** One line of text that shows what it cannot print. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
