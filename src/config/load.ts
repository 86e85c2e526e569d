/**
 * The daemon's configuration from command line, file and defaults. A refused file does not leave a device without its
 * daemon: the last good copy is used instead, and that is said (DESIGN §4 "config").
 */

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../base/atomic-file.ts";
import { errnoName } from "../base/libc.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import { buildConfig } from "./build-config.ts";
import type { DaemonConfig } from "./daemon-config.ts";
import { type ConfigRemark, type ConfigValue, readConfigFile } from "./read-file.ts";

export interface LoadedConfig {
  readonly config: DaemonConfig;
  readonly warnings: readonly string[];
  /** Why the file was refused, when a last good copy stands in for it. */
  readonly refused: string | undefined;
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

/** Throws SC_CONFIG_INVALID with every fault of the file. */
function readSource(path: string): Source {
  const nothing = { values: new Map(), content: undefined };
  if (path === "") return { ...nothing, warnings: [] };
  let content: Uint8Array;
  try {
    if (statSync(path).isDirectory()) {
      throw new SupercargoError("SC_CONFIG_INVALID", `provided configuration path ${path} is a directory`);
    }
    content = readFileSync(path);
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT")
      return { ...nothing, warnings: [`the file ${path} does not exist; defaults are used`] };
    if (thrown instanceof SupercargoError) throw thrown;
    throw new SupercargoError("SC_CONFIG_INVALID", `${path} cannot be read: ${toError(thrown).message}`, {
      cause: thrown,
    });
  }
  if (content.length === 0) return { ...nothing, warnings: [`the file ${path} is empty`] };
  const file = readConfigFile(content);
  if (file.faults.length > 0) {
    throw new SupercargoError(
      "SC_CONFIG_INVALID",
      file.faults.map((fault) => words(path, fault)).join("\n"),
      {
        hint: "mend the file; --check-config tells whether it is good",
      },
    );
  }
  return { values: file.values, warnings: file.warnings.map((warning) => words(path, warning)), content };
}

/** Flag over file over default. Throws SC_CONFIG_INVALID when the file is refused. */
export function loadConfig(path: string, flags: ReadonlyMap<string, ConfigValue>): LoadedConfig {
  const source = readSource(path);
  return {
    config: buildConfig(new Map([...source.values, ...flags])),
    warnings: source.warnings,
    refused: undefined,
  };
}

const LAST_GOOD = "supercargo/config.last-good.json";

/** Keeps a copy of a file that was good; called when the daemon has started with it. */
export function keepLastGood(path: string, homeDir: string): void {
  if (path !== "" && existsSync(path)) writeFileAtomic(join(homeDir, LAST_GOOD), readFileSync(path), 0o600);
}

/** As `loadConfig`; a refused file is stood in for by the last good copy below `homeDir`, if there is one. */
export function loadConfigOrLastGood(
  path: string,
  flags: ReadonlyMap<string, ConfigValue>,
  homeDir: string,
): LoadedConfig {
  try {
    return loadConfig(path, flags);
  } catch (thrown) {
    const copy = join(homeDir, LAST_GOOD);
    if (!(thrown instanceof SupercargoError) || !existsSync(copy)) throw thrown;
    return { ...loadConfig(copy, flags), refused: thrown.message };
  }
}
