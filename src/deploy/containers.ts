/**
 * What a deployer needs of whoever keeps the containers. The manager implements it inside the daemon, the API client for
 * the auto deployer; `deploy/` imports neither.
 */

import type {
  Container,
  DesiredContainer,
  Resources,
  RestartPolicy,
  StopOptions,
} from "../model/container.ts";

export interface ReplaceOptions {
  /** The old one is stopped with this; force after the timeout. */
  readonly stop: StopOptions;
  /** How long the successor is watched; 0 = only that it starts. */
  readonly probationMs: number;
}

/** What became of a replacement. `old` runs again unless said otherwise in `message`. */
export type ReplaceOutcome =
  | { readonly kind: "replaced"; readonly container: Container; readonly exitedWithZero: boolean }
  | {
      readonly kind: "rolled-back";
      readonly reason: string;
      readonly phase: "prepare" | "start" | "probation";
      readonly old: Container;
    };

export interface Containers {
  list(signal: AbortSignal): Promise<readonly Container[]>;
  create(desired: DesiredContainer, signal: AbortSignal): Promise<Container>;
  start(id: string, signal: AbortSignal): Promise<void>;
  stop(id: string, options: StopOptions, signal: AbortSignal): Promise<void>;
  unpause(id: string, signal: AbortSignal): Promise<void>;
  remove(id: string, force: boolean, stop: StopOptions, signal: AbortSignal): Promise<void>;
  update(
    id: string,
    policy: RestartPolicy | undefined,
    resources: Resources | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  /** Replaces container `id` by `desired` as DESIGN §2 says; absent where only the peer's API is there. */
  readonly replace?: (
    id: string,
    desired: DesiredContainer,
    options: ReplaceOptions,
    signal: AbortSignal,
  ) => Promise<ReplaceOutcome>;
  /** Calls back at each change of a container until the signal aborts; absent with the peer's API. */
  readonly watch?: (onChange: (container: Container) => void, signal: AbortSignal) => Promise<void>;
}
