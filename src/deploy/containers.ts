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
import type { LiveLimits } from "../model/extras-rules.ts";
import type { ReplaceOptions, ReplaceOutcome } from "../model/replace.ts";

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
    limits?: LiveLimits,
  ): Promise<void>;
  /** Replaces container `id` by `desired` as DESIGN §2 says; absent where only the peer's API is there. */
  readonly replace?:
    | ((
        id: string,
        desired: DesiredContainer,
        options: ReplaceOptions,
        signal: AbortSignal,
      ) => Promise<ReplaceOutcome>)
    | undefined;
  /** Resolves when settings of registries have been read anew; rejects when the signal aborts. Absent with the peer's API. */
  readonly settingsChange?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Calls back at each change of a container until the signal aborts; absent with the peer's API. */
  readonly watch?:
    | ((onChange: (container: Container) => void, signal: AbortSignal) => Promise<void>)
    | undefined;
}
