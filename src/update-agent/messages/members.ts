/**
 * Reading JSON as the peer does: names in any case, the last of equal ones counts, what is missing or null is empty, unknown
 * members are ignored. A value of a wrong kind, or null in a list of objects, is refused with its path and place.
 */

import { describeKind, type JsonNode, type JsonObject, type Position } from "../../base/json/node.ts";
import { shown } from "../../base/json/show.ts";
import { SupercargoError } from "../../errors/error.ts";

const WORDS_SHOWN = 30;

export type At = (offset: number) => Position;

function refusal(path: string, node: JsonNode, text: string, at: At): SupercargoError {
  const { line, column } = at(node.offset);
  return new SupercargoError(
    "SC_DESIRED_STATE_INVALID",
    `${path}: ${text} (line ${line}, column ${column})`,
    { fields: { key: path, line, column } },
  );
}

/** An object's members; of null or nothing: none. */
export class Members {
  readonly #byName = new Map<string, JsonNode>();

  private constructor(
    node: JsonObject | undefined,
    private readonly path: string,
    private readonly at: At,
  ) {
    for (const { key, value } of node?.members ?? []) this.#byName.set(key.toLowerCase(), value);
  }

  static of(node: JsonNode | undefined, path: string, at: At): Members {
    if (node === undefined || node.kind === "null") return new Members(undefined, path, at);
    if (node.kind !== "object") {
      throw refusal(path === "" ? "message" : path, node, `object expected, ${describeKind(node)} found`, at);
    }
    return new Members(node, path, at);
  }

  /** Whether the member is there and not null. */
  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  text(name: string): string {
    return this.optionalText(name) ?? "";
  }

  /** undefined when missing or null. */
  optionalText(name: string): string | undefined {
    const node = this.#get(name);
    if (node === undefined) return undefined;
    if (node.kind !== "text") throw this.#wrong(name, node, "text");
    return node.value;
  }

  flag(name: string): boolean {
    const node = this.#get(name);
    if (node === undefined) return false;
    if (node.kind !== "flag") throw this.#wrong(name, node, "true or false");
    return node.value;
  }

  /** undefined when missing or null. */
  whole(name: string, least: number, most: number): number | undefined {
    const node = this.#get(name);
    if (node === undefined) return undefined;
    const expected = `whole number from ${least} to ${most}`;
    if (node.kind !== "number") throw this.#wrong(name, node, expected);
    const value = Number(node.digits);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw refusal(this.#path(name), node, `${expected} expected, ${shown(node.digits)} found`, this.at);
  }

  /** One of `words`, in exactly this spelling; missing: `fallback`, or refused without one. */
  word<T extends string>(name: string, words: readonly T[], fallback?: T): T {
    const text = this.text(name);
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    if (text === "" && fallback !== undefined) return fallback;
    const node = this.#get(name);
    const found = text === "" ? "nothing" : shown(text);
    const some = words.slice(0, WORDS_SHOWN).join(", ");
    const complaint = `one of ${some} expected, ${found} found`;
    if (node !== undefined) throw refusal(this.#path(name), node, complaint, this.at);
    throw new SupercargoError("SC_DESIRED_STATE_INVALID", `${this.#path(name)}: ${complaint}`);
  }

  /** Null among them stands for an empty text, as in the peer (spec/update-agent.md §3). */
  texts(name: string): readonly string[] {
    return this.#list(name, "list of texts").map((node, index) => {
      if (node.kind === "null") return "";
      if (node.kind !== "text") throw this.#wrong(`${name}[${index}]`, node, "text");
      return node.value;
    });
  }

  objects(name: string): readonly Members[] {
    return this.#list(name, "list of objects").map((node, index) => {
      if (node.kind !== "object") throw this.#wrong(`${name}[${index}]`, node, "object");
      return Members.of(node, `${this.#path(name)}[${index}]`, this.at);
    });
  }

  object(name: string): Members {
    return Members.of(this.#get(name), this.#path(name), this.at);
  }

  #get(name: string): JsonNode | undefined {
    const node = this.#byName.get(name.toLowerCase());
    return node?.kind === "null" ? undefined : node;
  }

  #list(name: string, expected: string): readonly JsonNode[] {
    const node = this.#get(name);
    if (node === undefined) return [];
    if (node.kind !== "list") throw this.#wrong(name, node, expected);
    return node.items;
  }

  #wrong(name: string, node: JsonNode, expected: string): SupercargoError {
    return refusal(this.#path(name), node, `${expected} expected, ${describeKind(node)} found`, this.at);
  }

  #path(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }
}
