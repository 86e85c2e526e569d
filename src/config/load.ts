/** The daemon's configuration from command line, files and defaults. */

import { buildConfig } from "./build-config.ts";
import { withClientPassword } from "./client-password.ts";
import type { ConfigValue } from "./config-value.ts";
import type { DaemonConfig } from "./daemon-config.ts";
import { keyAt } from "./keys.ts";
import { settleText } from "./lenient.ts";
import { type ConfigPart, readParts, readSource } from "./sources.ts";

export interface LoadedConfig {
  readonly config: DaemonConfig;
  readonly warnings: readonly string[];
  /** Why the file was refused, when a last good copy stands in for it. */
  readonly refused: string | undefined;
  /** The files as they were read; none without a file. */
  readonly parts: readonly ConfigPart[];
  /** By key: what files and flags give; keys with defaults are not in it. */
  readonly values: ReadonlyMap<string, ConfigValue>;
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

const SECRETS = /"?\b(?:client_)?password"?\s*[:=]\s*["'][^"']/i;
const READ_BY_OTHERS = 0o004;

/** Files with passwords that every user of the device can read. */
function readableSecrets(parts: readonly ConfigPart[]): readonly string[] {
  return parts
    .filter(
      ({ content, mode = 0 }) =>
        (mode & READ_BY_OTHERS) !== 0 && SECRETS.test(Buffer.from(content).toString("utf8")),
    )
    .map(({ path }) => `${path}: everybody on this device can read the passwords in it; chmod 600 ${path}`);
}

/** Flag over file over default. Throws SC_CONFIG_INVALID when a file is refused. */
export function loadConfig(path: string, flags: ReadonlyMap<string, ConfigValue>): LoadedConfig {
  const { parts, warnings } = readParts(path);
  return loadParts(parts, warnings, flags);
}

/** As `loadConfig`, of files that are read already. */
export function loadParts(
  parts: readonly ConfigPart[],
  earlier: readonly string[],
  flags: ReadonlyMap<string, ConfigValue>,
): LoadedConfig {
  const { values, warnings } = readSource(parts);
  const all = [...earlier, ...warnings, ...readableSecrets(parts)];
  const given = new Map([...values, ...settleFlags(flags, all)]);
  const config = withClientPassword(buildConfig(given), all);
  return { config, warnings: all, refused: undefined, parts, values: given };
}
