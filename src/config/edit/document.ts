/** A configuration file that is being edited: each edit changes the text where it has to and leaves the rest as it is. */

import { decodeUtf8 } from "../../base/json/decode.ts";
import { toPlain } from "../../base/json/node.ts";
import { parseJson } from "../../base/json/parse.ts";
import { SupercargoError } from "../../errors/error.ts";
import { JsonText } from "./json-text.ts";
import { TomlText } from "./toml-text.ts";

/** Keys from the outside in. */
export type KeyPath = readonly string[];

/** What is put in the place of a key: never an object, whose keys are set one by one. */
export type Leaf = string | number | boolean | readonly string[];

/** The text of one format. Paths name keys as they stand in the file. */
export interface EditedText {
  readonly text: string;
  set(path: KeyPath, value: Leaf): void;
  /** Nothing when it is not there. */
  remove(path: KeyPath): void;
  /** The list there is known to be one. */
  append(path: KeyPath, value: string): void;
  removeItem(path: KeyPath, index: number): void;
  /** Plain values of all of it. */
  plain(): unknown;
}

const LIMIT_BYTES = 1024 * 1024;
const MARK = "\ufeff";

export class ConfigDocument {
  readonly #mark: string;
  readonly #edited: EditedText;
  readonly format: "JSON" | "TOML";

  /** @param content of the file; empty: one without keys. Throws SC_CONFIG_INVALID when it is neither JSON nor TOML. */
  constructor(
    private readonly path: string,
    content: Uint8Array,
  ) {
    const decoded = decodeUtf8(content);
    if (!decoded.ok) throw this.#refuse(decoded.fault.message, decoded.fault.position);
    this.#mark = decoded.hasMark ? MARK : "";
    const text = decoded.text;
    if (content.length > LIMIT_BYTES)
      throw this.#refuse(`it has more than ${LIMIT_BYTES} bytes`, { line: 1, column: 1 });
    const isEmpty = text.trim() === "";
    const isToml = isEmpty && path.endsWith(".toml");
    const json = parseJson(isEmpty ? "{}" : text, { limitBytes: LIMIT_BYTES, keepsDuplicates: true });
    if (json.ok && json.root.kind !== "object")
      throw this.#refuse("an object is expected", json.at(json.root.offset));
    if (!json.ok && /^\s*\{/.test(text)) throw this.#refuse(json.faults[0].message, json.faults[0].position);
    this.format = json.ok && !isToml ? "JSON" : "TOML";
    this.#edited =
      this.format === "JSON"
        ? new JsonText(isEmpty ? "{}\n" : text)
        : new TomlText(text, (message, position) => this.#refuse(message, position));
  }

  get content(): string {
    return this.#mark + this.#edited.text;
  }

  plain(): unknown {
    return this.#edited.plain();
  }

  /** The value there, undefined when there is none. Keys count in any case, as for the daemon. */
  get(path: KeyPath): unknown {
    let value = this.plain();
    for (const key of path) {
      const own = ownKey(value, key);
      if (own === undefined) return undefined;
      value = entry(value, own);
    }
    return value;
  }

  set(path: KeyPath, value: Leaf): void {
    this.#edited.set(this.#spelled(path), value);
  }

  /** An object there is replaced as a whole. */
  setAll(path: KeyPath, values: Readonly<Record<string, unknown>>): void {
    this.remove(path);
    for (const [key, value] of Object.entries(values)) {
      if (isObject(value)) this.setAll([...path, key], value);
      else if (isLeaf(value)) this.set([...path, key], value);
      else
        throw new SupercargoError(
          "SC_CONFIG_INVALID",
          `${[...path, key].join(".")}: that is no value of a configuration`,
        );
    }
  }

  remove(path: KeyPath): void {
    while (this.get(path) !== undefined) {
      const before = this.#edited.text;
      this.#edited.remove(this.#spelled(path));
      if (this.#edited.text === before) {
        throw new SupercargoError(
          "SC_CONFIG_INVALID",
          `${this.path}: ${path.join(".")} stands where it cannot be taken out`,
          {
            hint: "edit the file by hand; nothing was changed",
          },
        );
      }
    }
  }

  append(path: KeyPath, value: string): void {
    const list = this.get(path);
    if (list === undefined || list === null) this.set(path, [value]);
    else if (Array.isArray(list)) this.#edited.append(this.#spelled(path), value);
    else throw this.#noList(path);
  }

  /** Takes every equal text out of the list there. */
  removeItems(path: KeyPath, value: string): void {
    const list = this.get(path);
    if (list === undefined || list === null) return;
    if (!Array.isArray(list)) throw this.#noList(path);
    for (let index = list.length - 1; index >= 0; index--) {
      if (list[index] === value) this.#edited.removeItem(this.#spelled(path), index);
    }
  }

  /** The keys of the path as the file spells them; keys that are not there stay as they are. */
  #spelled(path: KeyPath): KeyPath {
    let value = this.plain();
    return path.map((key, at) => {
      const own = ownKey(value, key);
      value = own === undefined ? undefined : entry(value, own);
      if (value !== undefined && value !== null && at < path.length - 1 && !isObject(value)) {
        const place = path.slice(0, at + 1).join(".");
        throw new SupercargoError(
          "SC_CONFIG_INVALID",
          `${this.path}: ${place} is no section, it has a value of its own`,
        );
      }
      return own ?? key;
    });
  }

  #noList(path: KeyPath): SupercargoError {
    return new SupercargoError("SC_CONFIG_INVALID", `${this.path}: ${path.join(".")} is no list`);
  }

  #refuse(
    message: string,
    { line, column }: { readonly line: number; readonly column: number },
  ): SupercargoError {
    return new SupercargoError("SC_CONFIG_INVALID", `${this.path}:${line}:${column}: ${message}`, {
      hint: "mend the file by hand first; nothing was changed",
    });
  }
}

/** Plain values of a JSON text that is known to be good. */
export function plainOfJson(text: string): unknown {
  const json = parseJson(text, { limitBytes: Number.POSITIVE_INFINITY, keepsDuplicates: true });
  return json.ok ? toPlain(json.root) : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isLeaf(value: unknown): value is Leaf {
  if (Array.isArray(value)) return value.every((item) => typeof item === "string");
  return ["string", "number", "boolean"].includes(typeof value);
}

function ownKey(value: unknown, key: string): string | undefined {
  if (!isObject(value)) return undefined;
  const keys = Object.keys(value);
  return keys.find((own) => own === key) ?? keys.find((own) => own.toLowerCase() === key.toLowerCase());
}

function entry(value: unknown, key: string): unknown {
  return isObject(value) ? Object.entries(value).find(([own]) => own === key)?.[1] : undefined;
}
