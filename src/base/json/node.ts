/** What a JSON document consists of when the place of each part still counts. */

interface Placed {
  /** Index of the first character in the decoded text. */
  readonly offset: number;
}

export interface JsonMember {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: JsonNode;
}

export interface JsonObject extends Placed {
  readonly kind: "object";
  /** In the order of the document; no key twice. */
  readonly members: readonly JsonMember[];
}

export interface JsonArray extends Placed {
  readonly kind: "list";
  readonly items: readonly JsonNode[];
}

export interface JsonText extends Placed {
  readonly kind: "text";
  readonly value: string;
}

export interface JsonNumber extends Placed {
  readonly kind: "number";
  /** Digits as they stand there, so that nothing is rounded. */
  readonly digits: string;
}

export interface JsonFlag extends Placed {
  readonly kind: "flag";
  readonly value: boolean;
}

export interface JsonNull extends Placed {
  readonly kind: "null";
}

export type JsonNode = JsonObject | JsonArray | JsonText | JsonNumber | JsonFlag | JsonNull;

/** Both count from 1, columns in characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type JsonFaultKind =
  | "empty"
  | "too-large"
  | "encoding"
  | "end" // the text ends too early
  | "trailing" // something after the document
  | "duplicate"
  | "depth"
  | "comment"
  | "comma"
  | "syntax";

export interface JsonFault {
  readonly kind: JsonFaultKind;
  readonly position: Position;
  /** Path of the value at which the reading stood, such as `config.env[0]`; empty = the document. Long ones are cut. */
  readonly key: string;
  readonly message: string;
  readonly expected: string;
}

/** The member of exactly this key. */
export function memberOf(object: JsonObject, key: string): JsonMember | undefined {
  return object.members.find((member) => member.key === key);
}

/** What a node is, for messages. */
export function describeKind(node: JsonNode): string {
  switch (node.kind) {
    case "flag":
      return String(node.value);
    case "null":
      return "null";
    default:
      return node.kind;
  }
}

const LONG_DIGITS = 30;

/** Whole number without rounding, undefined for fractions and exponents. One of very many digits is cut, but stays out of every range. */
export function wholeNumber(node: JsonNumber): bigint | undefined {
  return /^-?\d+$/.test(node.digits) ? BigInt(node.digits.slice(0, LONG_DIGITS)) : undefined;
}

/** Plain values of a tree. Keys become own properties, `__proto__` included, so nothing inherited can be changed. */
export function toPlain(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.members.map((member) => [member.key, toPlain(member.value)]));
    case "list":
      return node.items.map(toPlain);
    case "text":
    case "flag":
      return node.value;
    case "number":
      return Number(node.digits);
    case "null":
      return null;
  }
}
