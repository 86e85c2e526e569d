/** The daemon's command line: one flag per key, `--name value` or `--name=value`, lists by comma and repetition. */

import { parseGoDurationMs } from "../base/go-duration.ts";
import { nearestWord } from "../base/json/nearest.ts";
import type { ConfigValue } from "./config-value.ts";
import { CONFIG_KEYS, type ConfigKey } from "./keys.ts";
import { impossibleWords } from "./possible-values.ts";

export type DaemonCommandLine =
  | {
      readonly kind: "run";
      readonly configPath: string;
      /** Whether --cfg-file was given; without it the file's usual places are looked at. */
      readonly isConfigNamed: boolean;
      /** Only look whether the configuration is good. */
      readonly isCheck: boolean;
      readonly values: ReadonlyMap<string, ConfigValue>;
    }
  | { readonly kind: "help" }
  /** What is wrong; exit code 1. */
  | { readonly kind: "mistake"; readonly text: string };

const TRUE_TEXTS = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE_TEXTS = ["0", "f", "F", "false", "FALSE", "False"];

class Mistake extends Error {}

function flagValue(key: ConfigKey, text: string, before: ConfigValue | undefined): ConfigValue {
  const value = parseFlag(key, text, before);
  const words = impossibleWords(key, value);
  if (words === undefined) return value;
  throw new Mistake(`invalid argument ${JSON.stringify(text)} for "--${key.flag}" flag: it ${words}`);
}

function parseFlag(key: ConfigKey, text: string, before: ConfigValue | undefined): ConfigValue {
  const refuse = (reason: string): never => {
    throw new Mistake(`invalid argument ${JSON.stringify(text)} for "--${key.flag}" flag: ${reason}`);
  };
  switch (key.kind) {
    case "bool":
      if (TRUE_TEXTS.includes(text)) return true;
      return FALSE_TEXTS.includes(text)
        ? false
        : refuse(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    case "number":
      return /^[+-]?\d+$/.test(text)
        ? Number(text)
        : refuse(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    case "texts": {
      const earlier = Array.isArray(before) ? before : [];
      return [...earlier, ...commaSeparated(text, refuse)];
    }
    case "duration": {
      const parsed = parseGoDurationMs(text);
      return typeof parsed === "number" ? parsed : refuse(parsed.fault);
    }
    case "pairs": {
      if (text === "") throw new Mistake("the image verifier config could not be empty");
      const pairs = text.split(",").map((pair) => {
        const [, name, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
        if (name === undefined || value === undefined) {
          throw new Mistake(`could not parse image verification config, invalid key-value pair - ${pair}`);
        }
        return [name, value] as const;
      });
      return Object.fromEntries(pairs);
    }
    default:
      if (key.choices !== undefined && !key.choices.includes(text))
        return refuse(`it is none of ${key.choices.join(", ")}`);
      return text;
  }
}

/** Go's CSV rules for one line: a field in quotes may hold commas, and quotes doubled. */
function commaSeparated(text: string, refuse: (reason: string) => never): readonly string[] {
  const fields: string[] = [];
  if (text === "") return fields;
  for (let rest = text; ; ) {
    const [whole, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/.exec(rest) ?? [];
    if (whole === undefined) return refuse('parse error: bare " in non-quoted-field');
    fields.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    rest = rest.slice(whole.length);
    if (!whole.endsWith(",")) return fields;
  }
}

function keyOfFlag(name: string): ConfigKey {
  const key = CONFIG_KEYS.find((other) => other.flag === name);
  if (key !== undefined) return key;
  const near = nearestWord(
    name,
    CONFIG_KEYS.flatMap(({ flag }) => flag ?? []),
  );
  throw new Mistake(`unknown flag: --${name}${near === undefined ? "" : ` (did you mean --${near}?)`}`);
}

function read(words: readonly string[]): DaemonCommandLine {
  const values = new Map<string, ConfigValue>();
  let configPath = "";
  let isConfigNamed = false;
  let isCheck = false;
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "-h" || word === "--help") return { kind: "help" };
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined)
      throw new Mistake(`unknown command ${JSON.stringify(word)} for "container-management"`);
    const argument = (): string => {
      const value = inline ?? rest.shift();
      if (value === undefined) throw new Mistake(`flag needs an argument: --${name}`);
      return value;
    };
    if (name === "check-config" && inline === undefined) isCheck = true;
    else if (name === "cfg-file") {
      configPath = argument();
      isConfigNamed = true;
    } else {
      const key = keyOfFlag(name);
      const text = key.kind === "bool" && inline === undefined ? "true" : argument();
      values.set(key.path, flagValue(key, text, values.get(key.path)));
    }
  }
  return { kind: "run", configPath, isConfigNamed, isCheck, values };
}

/** Never throws. */
export function readCommandLine(words: readonly string[]): DaemonCommandLine {
  try {
    return read(words);
  } catch (thrown) {
    if (thrown instanceof Mistake) return { kind: "mistake", text: thrown.message };
    throw thrown;
  }
}

export function daemonHelp(): string {
  const lines = [
    ["--cfg-file string", "Configuration file"],
    ["--check-config", "Says whether the configuration is good, and ends"],
    ...CONFIG_KEYS.flatMap(({ flag, kind, usage }) =>
      flag === undefined ? [] : [[`--${flag}${kind === "bool" ? "" : ` ${kind}`}`, usage]],
    ),
    ["-h, --help", "help for container-management"],
  ];
  const width = Math.max(...lines.map(([head = ""]) => head.length));
  const flags = lines.map(([head = "", usage = ""]) => `      ${head.padEnd(width)}   ${usage}`);
  return ["Usage:", "  container-management [flags]", "", "Flags:", ...flags, ""].join("\n");
}
