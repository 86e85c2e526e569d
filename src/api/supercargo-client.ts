/** What only our daemon offers, from a client's side: status, details, reload, and changes with going on where one was. */

import type { DesiredContainer } from "../model/container.ts";
import type { Problem } from "../model/problem.ts";
import type { ReplaceOptions } from "../model/replace.ts";
import { QUICK_CALL_MS } from "./call-limits.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import { extrasToWire } from "./extras-wire.ts";
import type { ApplyResponse } from "./gen/supercargo/v1/apply.ts";
import type { ContainerDetails } from "./gen/supercargo/v1/details.ts";
import type { ReloadResponse } from "./gen/supercargo/v1/reload.ts";
import type { StatsResponse } from "./gen/supercargo/v1/stats.ts";
import {
  StatusResponse_Engine as Engine,
  SupercargoDefinition,
  type WatchEvent,
} from "./gen/supercargo/v1/supercargo.ts";
import { desiredToWire, stopOptionsToWire } from "./to-wire.ts";

/** Where in the changes of a daemon a client is: the last event that it got after the first MARKER or CONTINUED. */
export interface WatchPosition {
  readonly run: string;
  readonly sequence: bigint;
}

export class SupercargoClient {
  constructor(private readonly connection: DaemonConnection) {}

  async status(signal: AbortSignal): Promise<{
    readonly version: string;
    readonly isEngineConnected: boolean;
    readonly problems: readonly Problem[];
  }> {
    const { version, engine, problems } = await this.connection.call(
      (client, options) => client.unary(SupercargoDefinition, "status", {}, options),
      { signal, timeoutMs: QUICK_CALL_MS },
    );
    return { version, isEngineConnected: engine === Engine.CONNECTED, problems };
  }

  /** @param ids empty = all. SC_CONTAINER_NOT_FOUND for an unknown one. */
  async details(ids: readonly string[], signal: AbortSignal): Promise<readonly ContainerDetails[]> {
    const { containers } = await this.connection.call(
      (client, options) => client.unary(SupercargoDefinition, "details", { ids: [...ids] }, options),
      { signal, timeoutMs: QUICK_CALL_MS },
    );
    return containers;
  }

  /** What running containers use. @param ids empty = all that run @param intervalMs 0 = one answer, else until the signal aborts */
  stats(ids: readonly string[], intervalMs: number, signal: AbortSignal): AsyncIterable<StatsResponse> {
    return this.connection.stream(
      (client, options) =>
        client.serverStream(SupercargoDefinition, "stats", { ids: [...ids], intervalMs }, options),
      { signal },
    );
  }

  /** Throws what the daemon says when it refuses the file. */
  async reload(signal: AbortSignal): Promise<ReloadResponse> {
    return await this.connection.call(
      (client, options) => client.unary(SupercargoDefinition, "reload", {}, options),
      { signal, timeoutMs: QUICK_CALL_MS },
    );
  }

  /** Makes a wish true. No limit but the signal: it may pull. Throws why it could not; what ran before runs again then. */
  async apply(
    desired: DesiredContainer,
    options: ReplaceOptions,
    originator: string,
    signal: AbortSignal,
  ): Promise<ApplyResponse> {
    const request = {
      desired: desiredToWire(desired),
      extras: desired.extras && extrasToWire(desired.extras),
      stopOptions: stopOptionsToWire(options.stop),
      probationMs: options.probationMs,
      originator,
    };
    return await this.connection.call(
      (client, callOptions) => client.unary(SupercargoDefinition, "apply", request, callOptions),
      { signal },
    );
  }

  /** @param from undefined = from the beginning, with all that is there first */
  changes(from: WatchPosition | undefined, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const request = { ids: [], run: from?.run ?? "", after: from?.sequence ?? 0n };
    return this.connection.stream(
      (client, options) => client.serverStream(SupercargoDefinition, "watch", request, options),
      { signal },
    );
  }
}
