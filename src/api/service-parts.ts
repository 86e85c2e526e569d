/** What the handlers of our extension service work with; wired in `bin/`. A topic's own needs are added here. */

import type { ImageStock } from "../images/images.ts";
import type { Container, DesiredContainer } from "../model/container.ts";
import type { Problem } from "../model/problem.ts";
import type { ReplaceOptions } from "../model/replace.ts";
import type { ContainerKeeper } from "./keeper.ts";

export interface DaemonStatus {
  readonly version: string;
  readonly engineConnected: boolean;
  readonly problems: readonly Problem[];
  /** How often settings of registries have been read anew. */
  readonly settingsRead: number;
}

export interface Applied {
  readonly action: "created" | "recreated" | "updated" | "checked";
  readonly container: Container;
  /** Manifest keys that differed. */
  readonly reasons: readonly string[];
}

export interface Reloaded {
  readonly warnings: readonly string[];
  /** Keys that take effect at the next start. */
  readonly needsRestart: readonly string[];
}

export interface ServiceParts {
  readonly keeper: ContainerKeeper;
  readonly images: ImageStock;
  readonly status: () => DaemonStatus;
  /** Reads the configuration again. Throws SC_CONFIG_INVALID; what was in force stays then. */
  readonly reload: () => Reloaded;
  /** Makes a wish true. @param originator who asks; noted with what is created */
  readonly apply: (
    desired: DesiredContainer,
    originator: string,
    options: ReplaceOptions,
    signal: AbortSignal,
  ) => Promise<Applied>;
  /** Resolves when the daemon has restored its containers; SC_DAEMON_UNAVAILABLE when that takes too long. */
  readonly whenReady: (signal: AbortSignal) => Promise<void>;
}
