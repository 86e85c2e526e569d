/** A value as it was typed becomes a value of the kind that its key has (the peer's tool stores every value as a text, spec/registries-and-tools.md §1.3). */

import { parseGoDurationMs } from "../../base/go-duration.ts";
import { SupercargoError } from "../../errors/error.ts";
import { type ConfigKey, keyAt } from "../keys.ts";
import { impossibleWords } from "../possible-values.ts";
import { isLeaf, isObject, type KeyPath, type Leaf, plainOfJson } from "./document.ts";
import { REGISTRIES } from "./key-path.ts";

export type TypedValue =
  | { readonly kind: "leaf"; readonly value: Leaf }
  | { readonly kind: "object"; readonly value: Readonly<Record<string, unknown>> };

/** Throws SC_CONFIG_INVALID that names the key and what it takes. */
export function typedValue(path: KeyPath, text: string): TypedValue {
  const dotted = path.join(".");
  const refuse = (expected: string): never => {
    throw new SupercargoError(
      "SC_CONFIG_INVALID",
      `${dotted}: ${expected} is expected, ${JSON.stringify(text)} given`,
      {
        hint: "nothing was changed",
      },
    );
  };
  const key = keyAt(dotted);
  if (key === undefined) return belowKey(path, text, refuse);
  const typed = ofKind(key, text, refuse);
  const words = typed.kind === "leaf" ? impossibleWords(key, typed.value) : undefined;
  if (words !== undefined) return refuse(`another value (this one ${words})`);
  if (key.choices !== undefined && !key.choices.includes(text))
    return refuse(`one of ${key.choices.join(", ")}`);
  return typed;
}

type Refuse = (expected: string) => never;

function ofKind(key: ConfigKey, text: string, refuse: Refuse): TypedValue {
  switch (key.kind) {
    case "bool":
      if (text !== "true" && text !== "false") return refuse("true or false");
      return leaf(text === "true");
    case "number":
      return /^-?\d{1,15}$/.test(text) ? leaf(Number(text)) : refuse("a whole number");
    case "texts":
      return leaf(listOf(text, refuse));
    case "duration":
    case "lenient-duration":
      return isDuration(text) || (key.kind === "duration" && text === "")
        ? leaf(text)
        : refuse('a duration such as "20s"');
    case "stop-timeout":
      return isDuration(text) || /^\d+$/.test(text)
        ? leaf(text)
        : refuse('a duration such as "30s", or whole seconds,');
    case "pairs":
    case "registries":
      return objectOf(text, refuse);
    case "text":
      return leaf(text);
  }
}

/** Below `registry_configurations` and in objects of texts; a key that nobody knows keeps its value as a text. */
function belowKey(path: KeyPath, text: string, refuse: Refuse): TypedValue {
  const isRegistry = REGISTRIES.every((key, at) => path[at] === key);
  const depth = path.length - REGISTRIES.length;
  const part = path[REGISTRIES.length + 1];
  if (!isRegistry) return leaf(text);
  if (depth === 2 && part === "mirrors") return leaf(listOf(text, refuse));
  return depth < 3 ? objectOf(text, refuse) : leaf(text);
}

function leaf(value: Leaf): TypedValue {
  return { kind: "leaf", value };
}

function isDuration(text: string): boolean {
  return typeof parseGoDurationMs(text) === "number";
}

/** A JSON list, or words by comma. */
function listOf(text: string, refuse: Refuse): readonly string[] {
  if (!text.trimStart().startsWith("[")) return text === "" ? [] : text.split(",").map((item) => item.trim());
  const list = plainOfJson(text);
  return Array.isArray(list) && isLeaf(list) ? list.map(String) : refuse("a list of texts");
}

function objectOf(text: string, refuse: Refuse): TypedValue {
  const value = plainOfJson(text);
  return isObject(value) ? { kind: "object", value } : refuse("a JSON object");
}
