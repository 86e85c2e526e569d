/**
 * The daemon's configuration from command line, file and defaults. A refused file does not leave a device without its
 * daemon: the last good copy is used instead, and that is said (DESIGN §4 "config").
 */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { makeFolderDurable, writeFileAtomic } from "../base/atomic-file.ts";
import { errorCode, isMissing } from "../base/file-system.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import { buildConfig } from "./build-config.ts";
import type { DaemonConfig } from "./daemon-config.ts";
import { keyAt } from "./keys.ts";
import { settleText } from "./lenient.ts";
import { type ConfigValue, readConfigFile } from "./read-file.ts";
import type { ConfigRemark } from "./remarks.ts";

export interface LoadedConfig {
  readonly config: DaemonConfig;
  readonly warnings: readonly string[];
  /** Why the file was refused, when a last good copy stands in for it. */
  readonly refused: string | undefined;
  /** What the file held; undefined without a file. */
  readonly content: Uint8Array | undefined;
  /** By key: what file and flags give; keys with defaults are not in it. */
  readonly values: ReadonlyMap<string, ConfigValue>;
}

function words(path: string, remark: ConfigRemark): string {
  const { line, column } = remark.position;
  return `${path}:${line}:${column}: ${remark.path === "" ? "" : `${remark.path}: `}${remark.message}`;
}

interface Source {
  readonly values: ReadonlyMap<string, ConfigValue>;
  readonly warnings: readonly string[];
  readonly content: Uint8Array | undefined;
}

function invalid(message: string, cause?: unknown): SupercargoError {
  const hint = "mend the file; --check-config tells whether it is good";
  return new SupercargoError("SC_CONFIG_INVALID", message, cause === undefined ? { hint } : { hint, cause });
}

/** Throws SC_CONFIG_INVALID with every fault of the file. */
function readSource(path: string): Source {
  const nothing = { values: new Map(), content: undefined };
  if (path === "") return { ...nothing, warnings: [] };
  let content: Uint8Array;
  try {
    if (statSync(path).isDirectory()) throw invalid(`provided configuration path ${path} is a directory`);
    content = readFileSync(path);
  } catch (thrown) {
    if (isMissing(thrown)) {
      return { ...nothing, warnings: [`the file ${path} does not exist; defaults are used`] };
    }
    if (errorCode(thrown) === undefined) throw thrown;
    throw invalid(`${path} cannot be read: ${toError(thrown).message}`, thrown);
  }
  if (content.length === 0) return { ...nothing, warnings: [`the file ${path} is empty`] };
  const file = readConfigFile(content);
  if (file.faults.length > 0) throw invalid(file.faults.map((fault) => words(path, fault)).join("\n"));
  return { values: file.values, warnings: file.warnings.map((warning) => words(path, warning)), content };
}

/** Flags hold texts as they were typed; those that the peer only warns about are settled here. */
function settleFlags(flags: ReadonlyMap<string, ConfigValue>, warnings: string[]): Map<string, ConfigValue> {
  const settled = new Map<string, ConfigValue>();
  for (const [path, given] of flags) {
    const key = keyAt(path);
    const { value, warning } =
      typeof given === "string" && key !== undefined
        ? settleText(key, given)
        : { value: given, warning: undefined };
    if (warning !== undefined) warnings.push(`--${key?.flag}: ${warning}`);
    if (value !== undefined) settled.set(path, value);
  }
  return settled;
}

/** Flag over file over default. Throws SC_CONFIG_INVALID when the file is refused. */
export function loadConfig(path: string, flags: ReadonlyMap<string, ConfigValue>): LoadedConfig {
  const { values, warnings, content } = readSource(path);
  const all = [...warnings];
  const given = new Map([...values, ...settleFlags(flags, all)]);
  return { config: buildConfig(given), warnings: all, refused: undefined, content, values: given };
}

const FOLDER = "supercargo";
const LAST_GOOD = "config.last-good";
const HOMES_LIMIT = 10;

/** Keeps a copy of the file with which the daemon has started, as it was then. Writes only when it differs from the copy. */
export function keepLastGood(loaded: LoadedConfig, homeDir: string): void {
  const { content } = loaded;
  if (content === undefined || loaded.refused !== undefined) return;
  const path = join(homeDir, FOLDER, LAST_GOOD);
  const before = readIfThere(path);
  if (before !== undefined && Buffer.from(before).equals(content)) return;
  makeFolderDurable(join(homeDir, FOLDER), 0o700);
  writeFileAtomic(path, content, 0o600);
}

/**
 * As `loadConfig`; a refused file is stood in for by the last good copy, if there is one. The copy lies in the daemon's
 * home, which the refused file may name: wherever its text says `home_dir`, and in `homeDir`, the copy is looked for.
 */
export function loadConfigOrLastGood(
  path: string,
  flags: ReadonlyMap<string, ConfigValue>,
  homeDir: string,
): LoadedConfig {
  try {
    return loadConfig(path, flags);
  } catch (thrown) {
    if (!(thrown instanceof SupercargoError)) throw thrown;
    for (const home of [...homesNamedIn(path), homeDir]) {
      const stood = loadCopy(join(home, FOLDER, LAST_GOOD), flags);
      if (stood !== undefined) return { ...stood, refused: thrown.message };
    }
    throw thrown;
  }
}

/** A copy that is refused itself, by another version of us, is none. */
function loadCopy(path: string, flags: ReadonlyMap<string, ConfigValue>): LoadedConfig | undefined {
  if (readIfThere(path) === undefined) return undefined;
  try {
    return loadConfig(path, flags);
  } catch (thrown) {
    if (thrown instanceof SupercargoError) return undefined;
    throw thrown;
  }
}

/** Absolute folders after `home_dir` in a text that may be no JSON and no TOML any more. */
function homesNamedIn(path: string): readonly string[] {
  const text = new TextDecoder().decode(readIfThere(path));
  const named = [...text.matchAll(/\bhome_dir"?\s*[:=]\s*"(\/[^"\\\n]{0,4000})"/gi)];
  return [...new Set(named.map((match) => match[1] ?? ""))].slice(0, HOMES_LIMIT);
}

/** undefined also for what cannot be read: a copy that cannot be read is none. */
function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (thrown) {
    if (errorCode(thrown) === undefined) throw thrown;
    return undefined;
  }
}
