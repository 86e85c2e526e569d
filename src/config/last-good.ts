/**
 * The copy of the configuration with which the daemon has started last. A refused file does not leave a device without its
 * daemon: the copy is used instead, and that is said (DESIGN §4 "config").
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolderDurable, writeFileAtomic } from "../base/atomic-file.ts";
import { errorCode } from "../base/file-system.ts";
import { SupercargoError } from "../errors/error.ts";
import type { ConfigValue } from "./config-value.ts";
import { type LoadedConfig, loadConfig, loadParts } from "./load.ts";
import { type ConfigPart, pathsOf } from "./sources.ts";

const FOLDER = "supercargo";
const LAST_GOOD = "config.last-good";
const HOMES_LIMIT = 10;
/** The one key of a copy that holds several files: one file, so that it is the old or the new copy whatever happens. */
const PARTS_KEY = "supercargo_parts";

/** Keeps a copy of the files with which the daemon has started, as they were then. Writes only when it differs from the copy. */
export function keepLastGood(loaded: LoadedConfig, homeDir: string): void {
  if (loaded.parts.length === 0 || loaded.refused !== undefined) return;
  const content = pack(loaded.parts);
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
  const content = readIfThere(path);
  if (content === undefined) return undefined;
  try {
    return loadParts(unpack(path, content), [], flags);
  } catch (thrown) {
    if (thrown instanceof SupercargoError) return undefined;
    throw thrown;
  }
}

/** One file is kept as it is, several in one JSON object. */
function pack(parts: readonly ConfigPart[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first.content;
  const texts = parts.map(({ path, content }) => ({ path, text: Buffer.from(content).toString("utf8") }));
  return Buffer.from(`${JSON.stringify({ [PARTS_KEY]: texts }, undefined, 2)}\n`);
}

function unpack(path: string, content: Uint8Array): readonly ConfigPart[] {
  const text = Buffer.from(content).toString("utf8");
  const whole: ConfigPart = { path, content };
  if (!text.includes(PARTS_KEY)) return [whole];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return [whole];
    throw thrown;
  }
  const parts = valueAt(parsed, PARTS_KEY);
  if (!Array.isArray(parts)) return [whole];
  return parts.map((part: unknown) => ({
    path: `${path} (${String(valueAt(part, "path"))})`,
    content: Buffer.from(String(valueAt(part, "text"))),
  }));
}

function valueAt(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}

/** Absolute folders after `home_dir` in texts that may be no JSON and no TOML any more. */
function homesNamedIn(path: string): readonly string[] {
  const text = pathsOf(path)
    .map((one) => new TextDecoder().decode(readIfThere(one)))
    .join("\n");
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
