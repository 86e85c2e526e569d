/** Edits in the text of a TOML document: comments, order and everything else stay; only what stands in an inline table is written anew. */

import type { Position } from "../../base/json/node.ts";
import { readKeys } from "../toml.ts";
import type { EditedText, KeyPath, Leaf } from "./document.ts";
import { appendItem, removeItem, type Span, skipBlanks, splice, valueEnd } from "./text-spans.ts";

type Refuse = (message: string, position: Position) => Error;

/** `key = value`. */
interface Statement {
  /** Of its table; undefined inside a list of tables, which is never edited. */
  readonly table: KeyPath | undefined;
  readonly path: KeyPath;
  /** Its lines, without the end of the last one. */
  readonly lines: Span;
  readonly value: Span;
}

interface Header {
  readonly path: KeyPath;
  readonly lines: Span;
  readonly isList: boolean;
}

export class TomlText implements EditedText {
  #text: string;

  constructor(
    text: string,
    private readonly refuse: Refuse,
  ) {
    this.#text = text;
    this.#parse(text);
  }

  get text(): string {
    return this.#text;
  }

  plain(): unknown {
    return this.#parse(this.#text);
  }

  set(path: KeyPath, value: Leaf): void {
    const { statements } = scan(this.#text);
    const exact = statements.find((one) => isSame(one.path, path) && one.table !== undefined);
    const inline = statements.find((one) => one.table !== undefined && isBefore(one.path, path));
    if (exact !== undefined) this.#put(exact.value, literal(value));
    else if (inline !== undefined) this.#putInside(inline, path, value);
    else this.#insert(path, value);
  }

  remove(path: KeyPath): void {
    const { statements, headers } = scan(this.#text);
    const inline = statements.find((one) => one.table !== undefined && isBefore(one.path, path));
    if (inline !== undefined) {
      this.#putInside(inline, path, undefined);
      return;
    }
    const going = [...statements, ...headers]
      .filter((one) => isSame(one.path, path) || isBefore(path, one.path))
      .map(({ lines }) => lines)
      .sort((one, other) => other.start - one.start);
    let text = this.#text;
    for (const { start, end } of going)
      text = splice(text, { start, end: text[end] === "\n" ? end + 1 : end }, "");
    this.#take(text);
  }

  append(path: KeyPath, value: string): void {
    this.#editList(
      path,
      (at) => appendItem(this.#text, at, literal(value)),
      (list) => [...list, value],
    );
  }

  removeItem(path: KeyPath, index: number): void {
    this.#editList(
      path,
      (at) => removeItem(this.#text, at, index),
      (list) => list.filter((_item, at) => at !== index),
    );
  }

  /** A table in one line, with the value set or, undefined, taken out. */
  #putInside({ path: outer, value: span }: Statement, path: KeyPath, value: Leaf | undefined): void {
    const inner = plainAt(this.plain(), outer);
    this.#put(span, literal(withValue(inner, path.slice(outer.length), value)));
  }

  #editList(
    path: KeyPath,
    edit: (at: number) => string,
    whole: (list: readonly unknown[]) => readonly unknown[],
  ): void {
    const { statements } = scan(this.#text);
    const exact = statements.find((one) => isSame(one.path, path) && one.table !== undefined);
    if (exact !== undefined) {
      this.#take(edit(exact.value.start));
      return;
    }
    const list = plainAt(this.plain(), path);
    const items = Array.isArray(list) ? whole(list) : [];
    this.set(
      path,
      items.map((item) => String(item)),
    );
  }

  /** Beside its brothers with dotted keys, in the table that is its own, else in a new table at the end. */
  #insert(path: KeyPath, value: Leaf): void {
    const { statements, headers } = scan(this.#text);
    const brother = statements.findLast(
      ({ table, path: other }) => table !== undefined && commonLength(other, path) > table.length,
    );
    const parent = path.slice(0, -1);
    const line = `${keyText(path.slice(-1))} = ${literal(value)}`;
    const header = headers.find((one) => !one.isList && isSame(one.path, parent));
    if (brother?.table !== undefined) {
      this.#addLine(brother.lines, `${keyText(path.slice(brother.table.length))} = ${literal(value)}`);
    } else if (header !== undefined) {
      const last = statements.findLast(
        ({ table, lines }) =>
          table !== undefined && isSame(table, parent) && lines.start > header.lines.start,
      );
      this.#addLine((last ?? header).lines, line);
    } else if (parent.length === 0) this.#take(`${line}\n${this.#text}`);
    else {
      const end = this.#text === "" || this.#text.endsWith("\n") ? "" : "\n";
      const gap = this.#text === "" ? "" : "\n";
      this.#take(`${this.#text}${end}${gap}[${keyText(parent)}]\n${line}\n`);
    }
  }

  /** A line behind others, as far from the margin as they are. */
  #addLine(after: Span, line: string): void {
    const indent = /^[ \t]*/.exec(this.#text.slice(after.start))?.[0] ?? "";
    this.#put({ start: after.end, end: after.end }, `\n${indent}${line}`);
  }

  #put(span: Span, text: string): void {
    this.#take(splice(this.#text, span, text));
  }

  /** What would no longer be read is not taken: TOML has forms that cannot be added to. */
  #take(text: string): void {
    this.#parse(text);
    this.#text = text;
  }

  #parse(text: string): unknown {
    const { parse, TomlError } = require("smol-toml") as typeof import("smol-toml");
    try {
      return parse(text);
    } catch (thrown) {
      if (!(thrown instanceof TomlError)) throw thrown;
      const { line, column } = thrown;
      throw this.refuse(thrown.message.split("\n", 1)[0] ?? thrown.message, { line, column });
    }
  }
}

/** Every statement and every header of a text that is known to be good. */
function scan(text: string): {
  readonly statements: readonly Statement[];
  readonly headers: readonly Header[];
} {
  const statements: Statement[] = [];
  const headers: Header[] = [];
  let table: KeyPath | undefined = [];
  for (let at = skipBlanks(text, 0); at < text.length; at = skipBlanks(text, at)) {
    const start = text.lastIndexOf("\n", at - 1) + 1;
    const open = /^\[\[?/.exec(text.slice(at, at + 2))?.[0];
    if (open !== undefined) {
      const { parts } = readKeys(text.slice(at + open.length));
      at = lineEnd(text, at);
      const isList: boolean = open === "[[";
      const isInList: boolean = headers.some((one) => one.isList && isBefore(one.path, parts));
      table = isList || isInList ? undefined : parts;
      headers.push({ path: parts, lines: { start, end: at }, isList: isList || isInList });
      continue;
    }
    const { parts, length } = readKeys(text.slice(at));
    const from = at + length + 1 + (/^[ \t]*/.exec(text.slice(at + length + 1))?.[0].length ?? 0);
    const value = { start: from, end: valueEnd(text, from) };
    at = lineEnd(text, value.end);
    statements.push({ table, path: [...(table ?? []), ...parts], lines: { start, end: at }, value });
  }
  return { statements, headers };
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

function commonLength(one: KeyPath, other: KeyPath): number {
  const different = one.findIndex((key, at) => key !== other[at]);
  return different === -1 ? one.length : different;
}

function isSame(one: KeyPath, other: KeyPath): boolean {
  return one.length === other.length && commonLength(one, other) === one.length;
}

/** Whether `one` leads to `other`. */
function isBefore(one: KeyPath, other: KeyPath): boolean {
  return one.length < other.length && commonLength(one, other) === one.length;
}

function plainAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inner, key) => entries(inner).find(([own]) => own === key)?.[1], value);
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** A copy with the value in its place; without it when it is undefined. */
function withValue(value: unknown, [key = "", ...rest]: KeyPath, put: Leaf | undefined): unknown {
  const others = entries(value).filter(([own]) => own !== key);
  const before = entries(value).find(([own]) => own === key)?.[1];
  const inner = rest.length === 0 ? put : withValue(before, rest, put);
  return Object.fromEntries(inner === undefined ? others : [...others, [key, inner]]);
}

function keyText(path: KeyPath): string {
  return path.map((key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : literal(key))).join(".");
}

/** In one line. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([key, entry]) => `${keyText([key])} = ${literal(entry)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value).replaceAll("\u007f", "\\u007F") : String(value);
}
