/** One JSON text in double quotes: escapes, control characters, halves of characters. */

/** What is wrong inside, with the index where. */
export interface TextFault {
  readonly at: number;
  readonly message: string;
  readonly expected: string;
  readonly isEnd: boolean;
}

export type ScannedText =
  | { readonly ok: true; readonly value: string; readonly end: number }
  | { readonly ok: false; readonly fault: TextFault };

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const HEX4 = /^[0-9a-fA-F]{4}$/;

function fault(at: number, message: string, expected: string, isEnd = false): ScannedText {
  return { ok: false, fault: { at, message, expected, isEnd } };
}

/** Scans from the opening quote at `start`; `end` is the index behind the closing one. */
export function scanText(source: string, start: number): ScannedText {
  let value = "";
  let from = start + 1;
  for (let at = from; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    if (unit === 0x22) return { ok: true, value: value + source.slice(from, at), end: at + 1 };
    if (unit < 0x20) {
      const what = unit === 0x0a || unit === 0x0d ? "a line break" : "a control character";
      return fault(
        at,
        `${what} inside a text`,
        "the closing quote, or the character as an escape such as \\n",
      );
    }
    if (unit !== 0x5c) continue;
    value += source.slice(from, at);
    const escaped = source.charAt(at + 1);
    if (escaped === "u") {
      const code = codeUnit(source, at);
      if (code === undefined) {
        if (at + 6 > source.length) return fault(source.length, "inside a text", "", true);
        return fault(at, "wrong escape in a text", "\\u and four hexadecimal digits");
      }
      const isFirst = code >= 0xd800 && code <= 0xdbff;
      const second = isFirst ? codeUnit(source, at + 6) : undefined;
      const isPair = second !== undefined && second >= 0xdc00 && second <= 0xdfff;
      if (!isPair && code >= 0xd800 && code <= 0xdfff) {
        return fault(at, "half of a character in a text", "both halves of the pair, such as \\ud83d\\ude00");
      }
      value += isPair ? String.fromCharCode(code, second) : String.fromCharCode(code);
      at += isPair ? 11 : 5;
    } else {
      const plain = Object.hasOwn(ESCAPES, escaped) ? ESCAPES[escaped] : undefined;
      if (plain === undefined) {
        if (escaped === "") return fault(source.length, "inside a text", "", true);
        return fault(at, "wrong escape in a text", 'one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u');
      }
      value += plain;
      at += 1;
    }
    from = at + 1;
  }
  return fault(source.length, "inside a text", "", true);
}

/** The code of `\uXXXX` at this index. */
function codeUnit(source: string, at: number): number | undefined {
  if (source.charAt(at) !== "\\" || source.charAt(at + 1) !== "u") return undefined;
  const digits = source.slice(at + 2, at + 6);
  return HEX4.test(digits) ? Number.parseInt(digits, 16) : undefined;
}
