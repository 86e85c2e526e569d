/** JSON as Go's encoder prints it, so that files and answers equal the peer's byte for byte. */

export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const PLAIN = /^[ !#-%'-;=?-[\]-\u2027\u202a-\ud7ff\ue000-\uffff]*$/;

/** One line without `indent`; with it, one entry a line. Keys in the order of the object. */
export function printJson(value: JsonValue, indent = ""): string {
  return print(value, indent, "\n");
}

function print(value: JsonValue, indent: string, line: string): string {
  if (value === null) return "null";
  if (typeof value === "string") return printText(value);
  if (typeof value !== "object") return String(value);
  const inner = indent === "" ? "" : `${line}${indent}`;
  const outer = indent === "" ? "" : line;
  if (isList(value)) {
    if (value.length === 0) return "[]";
    return `[${value.map((item) => `${inner}${print(item, indent, inner)}`).join(",")}${outer}]`;
  }
  const colon = indent === "" ? ":" : ": ";
  const members = Object.entries(value).map(
    ([key, member]) => `${inner}${printText(key)}${colon}${print(member, indent, inner)}`,
  );
  return members.length === 0 ? "{}" : `{${members.join(",")}${outer}}`;
}

function isList(
  value: readonly JsonValue[] | { readonly [key: string]: JsonValue },
): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** A text with Go's escapes: `<`, `>`, `&` and both line separators as \u, half characters as \ufffd. */
export function printText(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (const character of text) out += escapeCharacter(character);
  return `${out}"`;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '"':
      return '\\"';
    case "\\":
      return "\\\\";
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
  }
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) return "\\ufffd";
  const isEscaped = code < 0x20 || "<>&\u2028\u2029".includes(character);
  return isEscaped ? `\\u${code.toString(16).padStart(4, "0")}` : character;
}
