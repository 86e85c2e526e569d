/** What the user said about registries (`containers.registry_configurations`, `containers.insecure_registries`; spec/config.md §4). */

export interface Credentials {
  readonly userId: string;
  readonly password: string;
  /** Absolute path of a file that holds the password instead. */
  readonly passwordFile?: string;
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
}

/** Keys are the text of an image name before its first `/`, compared exactly, port included. */
export interface RegistrySettings {
  readonly entries: ReadonlyMap<string, RegistryEntry>;
  readonly insecure: readonly string[];
}

export const NO_REGISTRY_SETTINGS: RegistrySettings = { entries: new Map(), insecure: [] };
