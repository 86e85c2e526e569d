/** What a desired state needs of the device: the deployers' containers, and what only our daemon can tell of them. */

import type { Health } from "../../model/extras.ts";
import type { Containers } from "../containers.ts";

export interface Device extends Containers {
  /** Fetches an image ahead of `create`, telling percent as it comes. Absent: `create` fetches. */
  readonly fetch?:
    | ((image: string, onPercent: (percent: number) => void, signal: AbortSignal) => Promise<void>)
    | undefined;
  /** Who made the container: `folder`, `init-dir`, `grpc`, `desired-state`; undefined when unknown. */
  readonly originOf?: ((id: string) => string | undefined) | undefined;
  /** Undefined without a healthcheck, or when it does not run. */
  readonly healthOf?: ((id: string) => Health | undefined) | undefined;
}
