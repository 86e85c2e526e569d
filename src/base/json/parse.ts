/**
 * A JSON reader that can say where and why: strict RFC 8259, and besides that duplicate keys, depth and size are refused.
 * Comments, trailing commas and duplicate keys do not end the reading, so that several are reported at once.
 */

import { decodeUtf8 } from "./decode.ts";
import { Locator } from "./locate.ts";
import type {
  JsonArray,
  JsonFault,
  JsonFaultKind,
  JsonMember,
  JsonNode,
  JsonObject,
  Position,
} from "./node.ts";
import { pathText, shown, shownCharacter } from "./show.ts";
import { scanText } from "./strings.ts";

/** Deeper documents are refused; the limit that the peer's deployer has too. */
export const DEPTH_LIMIT = 128;
/** Faults that are collected before the reader gives up. */
export const FAULT_LIMIT = 20;

export interface JsonOptions {
  /** Larger input is refused unread. */
  readonly limitBytes: number;
  /** A key that stands twice is kept twice, in order, instead of being a fault. */
  readonly keepsDuplicates?: boolean;
}

export type JsonResult =
  | {
      readonly ok: true;
      readonly root: JsonNode;
      readonly hasMark: boolean;
      readonly at: (offset: number) => Position;
    }
  | { readonly ok: false; readonly faults: readonly [JsonFault, ...JsonFault[]] };

/** Reads bytes of a file, or text. Never throws for what is in them. */
export function parseJson(input: Uint8Array | string, options: JsonOptions): JsonResult {
  const bytes = input.length;
  if (bytes > options.limitBytes) {
    const message = `the file is too large: ${bytes} bytes`;
    const fault = { position: { line: 1, column: 1 }, key: "", message } as const;
    return refuse({ kind: "too-large", ...fault, expected: `at most ${options.limitBytes} bytes` });
  }
  const decoded =
    typeof input === "string" ? { ok: true as const, text: input, hasMark: false } : decodeUtf8(input);
  if (!decoded.ok) return refuse(decoded.fault);
  const locator = new Locator(decoded.text);
  const reader = new Reader(decoded.text, locator, options.keepsDuplicates === true);
  const root = reader.document();
  const [first, ...others] = reader.faults;
  if (first !== undefined) return refuse(first, ...others);
  if (root === undefined) throw new Error("the JSON reader ended without a document and without a reason");
  return { ok: true, root, hasMark: decoded.hasMark, at: (offset) => locator.at(offset) };
}

function refuse(first: JsonFault, ...others: readonly JsonFault[]): JsonResult {
  return { ok: false, faults: [first, ...others] };
}

/** Thrown inside the reader when reading on makes no sense; the reason is in its list by then. */
class Stop extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[A-Za-z0-9_+.-]{1,20}/y;

class Reader {
  readonly faults: JsonFault[] = [];
  #at = 0;
  /** Where the last comma stood. */
  #comma = 0;
  /** Opening offsets of what is not closed yet. */
  readonly #open: number[] = [];
  /** Keys and indexes of the values that are being read, from the outside in. */
  readonly #path: (string | number)[] = [];

  constructor(
    private readonly text: string,
    private readonly locator: Locator,
    private readonly keepsDuplicates: boolean,
  ) {}

  document(): JsonNode | undefined {
    try {
      this.#blanks();
      if (this.#at >= this.text.length) {
        const message = this.text.length === 0 ? "the file is empty" : "the file holds nothing but blanks";
        this.#fault("empty", 0, message, "a JSON object");
        return undefined;
      }
      const root = this.#value();
      const end = this.locator.at(Math.max(0, this.#at - 1)).line;
      this.#blanks();
      if (this.#at < this.text.length) {
        const message = `text after the end of the document, which ends in line ${end}`;
        this.#fault("trailing", this.#at, message, "one document in a file");
      }
      return root;
    } catch (thrown) {
      if (thrown instanceof Stop) return undefined;
      throw thrown;
    }
  }

  #fault(kind: JsonFaultKind, offset: number, message: string, expected: string): void {
    this.faults.push({
      kind,
      position: this.locator.at(offset),
      key: pathText(this.#path),
      message,
      expected,
    });
    if (this.faults.length >= FAULT_LIMIT) throw new Stop();
  }

  #stop(kind: JsonFaultKind, offset: number, message: string, expected: string): never {
    this.#fault(kind, offset, message, expected);
    throw new Stop();
  }

  #unexpectedEnd(inside: string): never {
    const open = this.#open.at(-1);
    let message = `unexpected end of file${inside === "" ? "" : ` ${inside}`}`;
    if (open !== undefined) {
      const what = this.text[open] === "{" ? "object" : "list";
      message += `: the ${what} that begins in line ${this.locator.at(open).line} is not closed`;
    }
    return this.#stop("end", this.text.length, message, "the rest of the document");
  }

  /** Skips blanks; comments are named and skipped too. */
  #blanks(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.#at);
      if (unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09) this.#at++;
      else if (unit === 0x2f || unit === 0x23) {
        if (!this.#comment()) return;
      } else return;
    }
  }

  #comment(): boolean {
    const start = this.#at;
    const isBlock = this.text.startsWith("/*", start);
    if (!isBlock && !this.text.startsWith("//", start) && this.text[start] !== "#") return false;
    this.#fault("comment", start, "comments are not JSON", "no comment");
    const end = isBlock ? this.text.indexOf("*/", start + 2) : this.text.indexOf("\n", start);
    this.#at = end < 0 ? this.text.length : end + (isBlock ? 2 : 1);
    return true;
  }

  #value(): JsonNode {
    const offset = this.#at;
    switch (this.text.charAt(offset)) {
      case "{":
        return this.#nested(() => this.#object(offset));
      case "[":
        return this.#nested(() => this.#list(offset));
      case '"':
        return { kind: "text", offset, value: this.#text() };
      case "":
        return this.#unexpectedEnd("");
      default:
        return this.#scalar(offset);
    }
  }

  #nested<T>(read: () => T): T {
    if (this.#open.length >= DEPTH_LIMIT) {
      const expected = `at most ${DEPTH_LIMIT} levels`;
      this.#stop("depth", this.#at, "nested too deep", expected);
    }
    this.#open.push(this.#at);
    const result = read();
    this.#open.pop();
    return result;
  }

  #object(offset: number): JsonObject {
    const members: JsonMember[] = [];
    const places = new Map<string, number>();
    this.#at++;
    for (let isFirst = true; ; isFirst = false) {
      this.#blanks();
      if (this.#closes("}", isFirst)) return { kind: "object", offset, members };
      const keyOffset = this.#at;
      if (this.text[keyOffset] !== '"') this.#badKey();
      const key = this.#text();
      const earlier = this.keepsDuplicates ? undefined : places.get(key);
      this.#path.push(key);
      if (earlier !== undefined) this.#duplicate(key, earlier, keyOffset);
      this.#blanks();
      if (this.text[this.#at] !== ":") this.#unexpected("a colon after the key");
      this.#at++;
      this.#blanks();
      const value = this.#value();
      this.#path.pop();
      if (earlier === undefined) {
        places.set(key, keyOffset);
        members.push({ key, keyOffset, value });
      }
      if (this.#separates("}")) continue;
      return { kind: "object", offset, members };
    }
  }

  #duplicate(key: string, earlier: number, offset: number): void {
    const [first, second] = [this.locator.at(earlier).line, this.locator.at(offset).line];
    const lines = first === second ? `twice in line ${first}` : `in lines ${first} and ${second}`;
    this.#fault("duplicate", offset, `the key ${shown(key)} stands ${lines}`, "each key once");
  }

  #list(offset: number): JsonArray {
    const items: JsonNode[] = [];
    this.#at++;
    for (let isFirst = true; ; isFirst = false) {
      this.#blanks();
      if (this.#closes("]", isFirst)) return { kind: "list", offset, items };
      this.#path.push(items.length);
      items.push(this.#value());
      this.#path.pop();
      if (this.#separates("]")) continue;
      return { kind: "list", offset, items };
    }
  }

  /** Whether the bracket closes here; after a comma that is a fault, but one that can be read over. */
  #closes(bracket: string, isFirst: boolean): boolean {
    if (this.text[this.#at] !== bracket) return false;
    if (!isFirst) {
      this.#fault("comma", this.#comma, `trailing comma before ${bracket}`, "no comma after the last entry");
    }
    this.#at++;
    return true;
  }

  /** True after a comma, false after the closing bracket. */
  #separates(bracket: string): boolean {
    this.#blanks();
    const next = this.text[this.#at];
    if (next !== "," && next !== bracket) this.#unexpected(`a comma or ${bracket}`);
    this.#comma = this.#at++;
    return next === ",";
  }

  #text(): string {
    const scanned = scanText(this.text, this.#at);
    if (scanned.ok) {
      this.#at = scanned.end;
      return scanned.value;
    }
    const { at, message, expected, isEnd } = scanned.fault;
    if (isEnd) {
      const { line, column } = this.locator.at(this.#at);
      return this.#unexpectedEnd(`inside the text that begins at ${line}:${column}`);
    }
    return this.#stop("syntax", at, message, expected);
  }

  #scalar(offset: number): JsonNode {
    const word = this.#word(offset);
    if (word === "true" || word === "false" || word === "null") {
      this.#at += word.length;
      return word === "null" ? { kind: "null", offset } : { kind: "flag", offset, value: word === "true" };
    }
    NUMBER.lastIndex = offset;
    const digits = NUMBER.exec(this.text)?.[0];
    if (digits === undefined || /[\w.+-]/.test(this.text.charAt(offset + digits.length))) {
      if (word !== "" && /^[-+.\d]/.test(word)) {
        this.#stop("syntax", offset, `${shown(word)} is no JSON number`, "a number such as 12 or -1");
      }
      return this.#unexpected("a value");
    }
    this.#at = offset + digits.length;
    return { kind: "number", offset, digits };
  }

  #word(offset: number): string {
    WORD.lastIndex = offset;
    return WORD.exec(this.text)?.[0] ?? "";
  }

  #badKey(): never {
    const quote =
      this.text[this.#at] === "'" ? "keys and texts stand in double quotes" : "a key in double quotes";
    return this.#unexpected(quote);
  }

  #unexpected(expected: string): never {
    if (this.#at >= this.text.length) return this.#unexpectedEnd("");
    const word = this.#word(this.#at);
    const character = this.text.codePointAt(this.#at) ?? 0;
    const what = word !== "" ? shown(word) : shownCharacter(character);
    return this.#stop("syntax", this.#at, `unexpected ${what}`, expected);
  }
}
