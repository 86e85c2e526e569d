/** What the user said about registries (`containers.registry_configurations`, `containers.insecure_registries`; spec/config.md §4). */

import type { DaemonConfig } from "../config/daemon-config.ts";

export interface Credentials {
  readonly userId: string;
  readonly password: string;
  /** Absolute path of a file that holds the password instead. */
  readonly passwordFile?: string;
  /** Name of a variable of the daemon's environment that holds the password instead. */
  readonly passwordEnv?: string;
  /** A docker credential helper that is asked instead: `x` runs `docker-credential-x`. */
  readonly helper?: string;
  /** A refresh token in place of user and password (`identitytoken` of docker's config.json, `<token>` of a helper). */
  readonly identityToken?: string;
}

/** Absolute paths of PEM files; empty or absent = not given. */
export interface Transport {
  readonly rootCa?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

export interface RegistryEntry {
  readonly credentials?: Credentials;
  readonly transport?: Transport;
  /** Asked in this order before the registry itself: `[http://|https://]host[:port][/path]`. */
  readonly mirrors?: readonly string[];
}

/** Keys are the text of an image name before its first `/`, compared exactly, port included. */
export interface RegistrySettings {
  readonly entries: ReadonlyMap<string, RegistryEntry>;
  readonly insecure: readonly string[];
  /** Absolute path of a docker `config.json` for hosts without credentials of their own; empty = none. */
  readonly dockerConfig?: string;
}

export const NO_REGISTRY_SETTINGS: RegistrySettings = { entries: new Map(), insecure: [] };

/** What the configuration says about registries. */
export function registrySettings({
  registries,
  insecureRegistries,
  dockerConfig,
}: DaemonConfig["containers"]): RegistrySettings {
  return { entries: new Map(Object.entries(registries)), insecure: insecureRegistries, dockerConfig };
}
