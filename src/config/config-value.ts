/** What a key of the configuration can hold once it is read. */

import type { RegistryConfig } from "./daemon-config.ts";

export type ConfigValue =
  | string
  | boolean
  | number
  | readonly string[]
  | Readonly<Record<string, string>>
  | Readonly<Record<string, RegistryConfig>>;
