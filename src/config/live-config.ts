/**
 * The configuration in force. Registries, log level, digital twin and update agent change while the daemon runs (DESIGN §4
 * "config"): at SIGHUP, on request, when the file changes; everything else holds until the next start. A file that is refused
 * changes nothing.
 */

import type { Log } from "../base/log.ts";
import { describeError } from "../errors/error.ts";
import type { Problem } from "../model/problem.ts";
import { buildConfig } from "./build-config.ts";
import type { ConfigValue } from "./config-value.ts";
import type { DaemonConfig } from "./daemon-config.ts";
import { CONFIG_KEYS } from "./keys.ts";
import { type LoadedConfig, loadConfig } from "./load.ts";

/** What takes effect at once. */
const LIVE_KEYS: ReadonlySet<string> = new Set([
  "log.log_level",
  "containers.registry_configurations",
  "containers.insecure_registries",
  "containers.docker_config",
  "containers.image_dec_keys",
  "containers.image_dec_recipients",
]);
/** Sections that take effect at once, whole. */
const LIVE_SECTIONS = ["things.", "update_agent.", "connection."] as const;

export interface Reloaded {
  readonly warnings: readonly string[];
  /** Keys that differ from what the daemon started with and take effect at its next start. */
  readonly needsRestart: readonly string[];
}

export class LiveConfig {
  #current: DaemonConfig;
  /** Why the file as it is now is not in force; undefined when it is. */
  #refused: string | undefined;
  #needsRestart: readonly string[] = [];
  #reads = 0;
  #whenRead = Promise.withResolvers<void>();

  /** @param loaded what the daemon starts with */
  constructor(
    private readonly path: string,
    private readonly flags: ReadonlyMap<string, ConfigValue>,
    private readonly loaded: LoadedConfig,
  ) {
    this.#current = loaded.config;
    this.#refused = loaded.refused;
  }

  readonly get = (): DaemonConfig => this.#current;

  /** How often the file was read again and taken. */
  get reads(): number {
    return this.#reads;
  }

  /** Resolves when it is read again and taken. */
  readonly whenRead = (): Promise<void> => this.#whenRead.promise;

  /** Reads the file again. Throws SC_CONFIG_INVALID; what was in force stays then. */
  reload(log: Log): Reloaded {
    let next: LoadedConfig;
    try {
      next = loadConfig(this.path, this.flags);
    } catch (thrown) {
      this.#refused = describeError(thrown);
      log.error("the configuration was refused; what was in force stays", { reason: this.#refused });
      throw thrown;
    }
    this.#refused = undefined;
    this.#current = withLiveParts(this.loaded.config, next.config);
    this.#reads++;
    this.#whenRead.resolve();
    this.#whenRead = Promise.withResolvers<void>();
    this.#needsRestart = differingKeys(this.loaded.values, next.values);
    for (const warning of next.warnings) log.warn(warning);
    log.info("registries, log level, things and update agent were read again", {
      file: this.path,
      ...(this.#needsRestart.length === 0 ? {} : { atNextStart: this.#needsRestart.join(", ") }),
    });
    return { warnings: next.warnings, needsRestart: this.#needsRestart };
  }

  problems(): readonly Problem[] {
    const problems: Problem[] = [];
    if (this.#refused !== undefined) {
      problems.push({
        code: "SC_CONFIG_INVALID",
        message: this.#refused,
        hint: "mend the file; it is read again when it changes, and the last good configuration holds meanwhile",
        subject: this.path,
      });
    }
    if (this.#needsRestart.length > 0) {
      problems.push({
        code: "SC_CONFIG_PENDING",
        message: `changed in the file, in force from the next start on: ${this.#needsRestart.join(", ")}`,
        hint: "restart the daemon when it suits; containers go on meanwhile with manager.live_restore",
        subject: this.path,
      });
    }
    return problems;
  }
}

function withLiveParts(started: DaemonConfig, next: DaemonConfig): DaemonConfig {
  const { registries, insecureRegistries, dockerConfig, imageDecKeys, imageDecRecipients } = next.containers;
  const live = { registries, insecureRegistries, dockerConfig, imageDecKeys, imageDecRecipients };
  return {
    ...started,
    log: { ...started.log, level: next.log.level },
    containers: { ...started.containers, ...live },
    things: next.things,
    updateAgent: next.updateAgent,
    connection: next.connection,
  };
}

function isLive(path: string): boolean {
  return LIVE_KEYS.has(path) || LIVE_SECTIONS.some((section) => path.startsWith(section));
}

type Values = ReadonlyMap<string, ConfigValue>;

/** A key that is written out with its default differs from none. */
function differingKeys(started: Values, next: Values): readonly string[] {
  const before = JSON.stringify(buildConfig(started));
  return CONFIG_KEYS.map(({ path }) => path).filter((path) => {
    if (isLive(path) || JSON.stringify(started.get(path)) === JSON.stringify(next.get(path))) return false;
    const value = next.get(path);
    const rest = [...started].filter(([key]) => key !== path);
    const changed = new Map(value === undefined ? rest : [...rest, [path, value] as const]);
    return JSON.stringify(buildConfig(changed)) !== before;
  });
}
