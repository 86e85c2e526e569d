/** Edits in the text of a JSON document: only the member that is meant changes, in the manner of those around it. */

import { type JsonNode, type JsonObject, toPlain } from "../../base/json/node.ts";
import { parseJson } from "../../base/json/parse.ts";
import type { EditedText, KeyPath, Leaf } from "./document.ts";
import { appendItem, removeItem, skipBlanks, splice, valueEnd } from "./text-spans.ts";

const USUAL_INDENT = "  ";

export class JsonText implements EditedText {
  constructor(public text: string) {}

  plain(): unknown {
    return toPlain(this.#root());
  }

  set(path: KeyPath, value: Leaf): void {
    const { object, depth } = this.#deepest(path);
    const rest = path.slice(depth);
    const found = rest.length === 1 ? lastMember(object, rest[0] ?? "") : undefined;
    if (found !== undefined) {
      const start = found.value.offset;
      this.text = splice(this.text, { start, end: valueEnd(this.text, start) }, this.#print(value, start));
      return;
    }
    const [key = "", ...inner] = rest;
    const nested = inner.reduceRight<unknown>((below, name) => ({ [name]: below }), value);
    const member = lastMember(object, key);
    // What stands there is null: a section that is none.
    if (member !== undefined) {
      const start = member.value.offset;
      this.text = splice(this.text, { start, end: valueEnd(this.text, start) }, this.#print(nested, start));
    } else this.#insert(object, key, nested);
  }

  remove(path: KeyPath): void {
    const { object, depth } = this.#deepest(path);
    const member = depth === path.length - 1 ? lastMember(object, path.at(-1) ?? "") : undefined;
    if (member === undefined) return;
    const index = object.members.indexOf(member);
    const before = object.members[index - 1];
    const end = valueEnd(this.text, member.value.offset);
    if (before !== undefined) {
      const start = valueEnd(this.text, before.value.offset);
      this.text = splice(this.text, { start, end }, "");
      return;
    }
    const next = object.members[index + 1];
    if (next !== undefined) {
      this.text = splice(this.text, { start: member.keyOffset, end: next.keyOffset }, "");
      return;
    }
    const close = valueEnd(this.text, object.offset);
    this.text = splice(this.text, { start: object.offset, end: close }, "{}");
  }

  append(path: KeyPath, value: string): void {
    this.text = appendItem(this.text, this.#offsetOf(path), JSON.stringify(value));
  }

  removeItem(path: KeyPath, index: number): void {
    this.text = removeItem(this.text, this.#offsetOf(path), index);
  }

  #root(): JsonObject {
    const json = parseJson(this.text, { limitBytes: Number.POSITIVE_INFINITY, keepsDuplicates: true });
    if (!json.ok || json.root.kind !== "object") throw new Error("an edit has broken the JSON text");
    return json.root;
  }

  /** The innermost object on the way to the path, and how many keys lead to it. */
  #deepest(path: KeyPath): { readonly object: JsonObject; readonly depth: number } {
    let object = this.#root();
    for (const [depth, key] of path.slice(0, -1).entries()) {
      const value = lastMember(object, key)?.value;
      if (value?.kind !== "object") return { object, depth };
      object = value;
    }
    return { object, depth: path.length - 1 };
  }

  #offsetOf(path: KeyPath): number {
    const { object } = this.#deepest(path);
    const value: JsonNode | undefined = lastMember(object, path.at(-1) ?? "")?.value;
    if (value === undefined) throw new Error(`there is no ${path.join(".")} in the JSON text`);
    return value.offset;
  }

  #insert(object: JsonObject, key: string, value: unknown): void {
    const last = object.members.at(-1);
    if (last === undefined) {
      const indent = this.#indentAt(object.offset);
      const put = `{\n${indent}${this.#unit()}${JSON.stringify(key)}: ${printed(value, indent + this.#unit(), this.#unit())}\n${indent}}`;
      this.text = splice(this.text, { start: object.offset, end: valueEnd(this.text, object.offset) }, put);
      return;
    }
    const at = valueEnd(this.text, last.value.offset);
    const lead = /\n[ \t]*$/.exec(this.text.slice(0, last.keyOffset))?.[0];
    const put =
      lead === undefined
        ? `, ${JSON.stringify(key)}: ${JSON.stringify(value)}`
        : `,${lead}${JSON.stringify(key)}: ${printed(value, lead.slice(1), this.#unit())}`;
    this.text = splice(this.text, { start: at, end: at }, put);
  }

  #print(value: unknown, at: number): string {
    return printed(value, this.#indentAt(at), this.#unit());
  }

  /** What the line of `at` begins with. */
  #indentAt(at: number): string {
    const line = this.text.lastIndexOf("\n", at - 1) + 1;
    return /^[ \t]*/.exec(this.text.slice(line))?.[0] ?? "";
  }

  /** How much deeper one level stands: as the first key of the document. */
  #unit(): string {
    const first = skipBlanks(this.text, this.text.indexOf("{") + 1);
    const indent = this.#indentAt(first);
    return this.text.lastIndexOf("\n", first) > -1 && indent !== "" ? indent : USUAL_INDENT;
  }
}

/** The last of equal keys is the one that counts. */
function lastMember(object: JsonObject, key: string) {
  return object.members.findLast((member) => member.key === key);
}

function printed(value: unknown, indent: string, unit: string): string {
  return JSON.stringify(value, undefined, unit).replaceAll("\n", `\n${indent}`);
}
