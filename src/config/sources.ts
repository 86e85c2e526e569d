/**
 * The files that a configuration is read from: the named one, and a `config.toml` beside a `config.json`, whose keys are laid
 * over it (DESIGN §4, documents 004: the documents put `things.enabled` into a config.toml).
 */

import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode, isMissing } from "../base/file-system.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { ConfigValue } from "./config-value.ts";
import { contradictions } from "./possible-values.ts";
import { type ConfigFile, readConfigFile } from "./read-file.ts";
import type { ConfigRemark } from "./remarks.ts";

/** A file as it was read. */
export interface ConfigPart {
  readonly path: string;
  readonly content: Uint8Array;
  /** Of the file on the disk; absent for one that is a copy in memory. */
  readonly mode?: number;
}

export interface Source {
  readonly values: ReadonlyMap<string, ConfigValue>;
  readonly warnings: readonly string[];
  /** In the order in which they were laid over each other; files that are empty or not there are not in it. */
  readonly parts: readonly ConfigPart[];
}

const FOLDER = "/etc/container-management";
const JSON_NAME = "config.json";
const TOML_NAME = "config.toml";

/** The usual place of the file, or empty when there is none: JSON, else TOML. */
export function usualConfigPath(folder = FOLDER): string {
  return [JSON_NAME, TOML_NAME].map((name) => join(folder, name)).find((path) => existsSync(path)) ?? "";
}

/** Every file that counts when `path` is the configuration; all in one folder. */
export function pathsOf(path: string): readonly string[] {
  if (path === "") return [];
  return basename(path) === JSON_NAME ? [path, join(dirname(path), TOML_NAME)] : [path];
}

/** Reads what is there. Throws SC_CONFIG_INVALID for what cannot be read. */
export function readParts(path: string): {
  readonly parts: readonly ConfigPart[];
  readonly warnings: string[];
} {
  const warnings: string[] = [];
  const parts: ConfigPart[] = [];
  for (const one of pathsOf(path)) {
    const { content, mode } = readFile(one) ?? { content: undefined, mode: 0 };
    const isNamed = one === path;
    if (content === undefined) {
      if (isNamed) warnings.push(`the file ${one} does not exist; defaults are used`);
    } else if (content.length === 0) {
      if (isNamed) warnings.push(`the file ${one} is empty`);
    } else parts.push({ path: one, content, mode });
  }
  for (const part of parts) {
    if (part.path !== path) warnings.push(`the keys of ${part.path} are laid over those of ${path}`);
  }
  return { parts, warnings };
}

function readFile(path: string): { readonly content: Uint8Array; readonly mode: number } | undefined {
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw invalid(`provided configuration path ${path} is a directory`);
    return { content: readFileSync(path), mode: stat.mode };
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    if (errorCode(thrown) === undefined) throw thrown;
    throw invalid(`${path} cannot be read: ${toError(thrown).message}`, thrown);
  }
}

/** The values of all parts, the later over the earlier. Throws SC_CONFIG_INVALID with every fault of every part. */
export function readSource(parts: readonly ConfigPart[]): Source {
  const files = parts.map(({ path, content }) => ({ path, file: readConfigFile(content) }));
  const values = new Map<string, ConfigValue>();
  for (const { file } of files) {
    for (const [key, value] of file.values) values.set(key, laidOver(values.get(key), value));
  }
  const faults = files.flatMap(({ path, file }) => file.faults.map((fault) => words(path, fault)));
  faults.push(...contradictions(values).map((remark) => placed(remark, files)));
  if (faults.length > 0) throw invalid(faults.join("\n"));
  const warnings = files.flatMap(({ path, file }) => file.warnings.map((warning) => words(path, warning)));
  return { values, warnings, parts };
}

/** Objects by name are joined, as when Go decodes one file over another; everything else is replaced. */
function laidOver(below: ConfigValue | undefined, above: ConfigValue): ConfigValue {
  const isJoined = isNamed(below) && isNamed(above);
  return isJoined ? Object.fromEntries([...Object.entries(below), ...Object.entries(above)]) : above;
}

type NamedValue = Exclude<ConfigValue, string | boolean | number | readonly string[]>;

function isNamed(value: ConfigValue | undefined): value is NamedValue {
  return typeof value === "object" && !Array.isArray(value);
}

/** A contradiction between keys is told where the file that counts has the key. */
function placed(
  remark: { readonly path: string; readonly message: string },
  files: readonly { readonly path: string; readonly file: ConfigFile }[],
): string {
  for (const { path, file } of [...files].reverse()) {
    const position = file.positions.get(remark.path);
    if (position !== undefined) return words(path, { ...remark, position });
  }
  return `${remark.path}: ${remark.message}`;
}

function words(path: string, remark: ConfigRemark): string {
  const { line, column } = remark.position;
  return `${path}:${line}:${column}: ${remark.path === "" ? "" : `${remark.path}: `}${remark.message}`;
}

function invalid(message: string, cause?: unknown): SupercargoError {
  const hint = "mend the file; --check-config tells whether it is good";
  return new SupercargoError("SC_CONFIG_INVALID", message, cause === undefined ? { hint } : { hint, cause });
}
