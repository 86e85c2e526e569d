/**
 * The network with `default_bridge.disable`: containers in host mode only, no bridge, no rule. What an earlier
 * configuration left is taken away, unless containers still run on the bridge: those keep it, and no more join them.
 */

import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import type { Problem } from "../model/problem.ts";
import { attachmentOf } from "./attachment.ts";
import { BridgeNetwork } from "./bridge-network.ts";
import { checkExtraHosts } from "./extra-hosts.ts";
import { writeHostModeFiles } from "./host-files.ts";
import { checkContainerId } from "./id.ts";
import { Ledger } from "./ledger.ts";
import { inherit } from "./libnetwork.ts";
import type { Network, NetworkAttachment, NetworkRequest, RunningContainer } from "./network.ts";
import { hostEntry } from "./new-entry.ts";
import { MACHINE_FILES, type NetworkOptions } from "./options.ts";

export class SwitchedOffNetwork implements Network {
  readonly #options: NetworkOptions;
  readonly #log: Log;
  /** For containers that were on the bridge before it was switched off. */
  #bridge: BridgeNetwork | undefined;
  #ledger: Ledger | undefined;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#log = options.log.module("network");
  }

  async open(
    keep: ReadonlySet<string>,
    signal: AbortSignal,
    running: readonly RunningContainer[] = [],
  ): Promise<void> {
    const before = Ledger.open(this.#options.stateDir, this.#log);
    await inherit(this.#options, before, running, this.#log, signal);
    const kept = before.entries().filter((entry) => keep.has(entry.id));
    const isBusy = kept.some((entry) => entry.mode === "bridge");
    if (isBusy || before.head.bridgeName !== "") {
      const bridge = new BridgeNetwork(this.#options);
      await bridge.open(keep, signal, running);
      if (isBusy) {
        this.#bridge = bridge;
        this.#log.warn(
          "containers run on the bridge: that it is disabled takes effect for them when they are started again, and for the bridge at a start without them",
        );
        return;
      }
      await bridge.close(true);
    }
    const ledger = Ledger.open(this.#options.stateDir, this.#log);
    const wanted = new Set(kept.map((entry) => entry.id));
    for (const entry of ledger.entries()) if (!wanted.has(entry.id)) ledger.remove(entry.id);
    for (const entry of kept) ledger.put(entry);
    this.#ledger = ledger;
  }

  async check(request: NetworkRequest, replacing: string | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#refuseBridge(request);
    if (this.#bridge !== undefined) await this.#bridge.check(request, replacing, signal);
    else checkRequest(request);
  }

  async attach(request: NetworkRequest, signal: AbortSignal): Promise<NetworkAttachment> {
    signal.throwIfAborted();
    if (this.#bridge !== undefined && request.mode === "bridge") await this.#bridge.release(request.id);
    this.#refuseBridge(request);
    if (this.#bridge !== undefined) return await this.#bridge.attach(request, signal);
    checkRequest(request);
    const ledger = this.#open();
    const made = { ...hostEntry(request), phase: "attached" } as const;
    const machine = this.#options.machineFiles ?? MACHINE_FILES;
    const entry = { ...made, warnings: writeHostModeFiles(made, machine) };
    ledger.put(entry);
    for (const warning of entry.warnings) this.#log.warn(warning, { container: entry.id });
    return attachmentOf(entry, ledger.head, this.#options.execDir);
  }

  attached(id: string): NetworkAttachment | undefined {
    if (this.#bridge !== undefined) return this.#bridge.attached(id);
    const ledger = this.#open();
    const entry = ledger.get(id);
    return entry === undefined ? undefined : attachmentOf(entry, ledger.head, this.#options.execDir);
  }

  problems(): readonly Problem[] {
    return this.#bridge?.problems() ?? [];
  }

  rename(id: string, name: string): void {
    this.#bridge?.rename(id, name);
  }

  async release(id: string): Promise<void> {
    if (this.#bridge !== undefined) await this.#bridge.release(id);
    else this.#open().remove(id);
  }

  async close(remove: boolean): Promise<void> {
    await this.#bridge?.close(remove);
    if (remove) this.#ledger?.erase();
    this.#bridge = undefined;
    this.#ledger = undefined;
  }

  #open(): Ledger {
    if (this.#ledger !== undefined) return this.#ledger;
    throw new SupercargoError("SC_INTERNAL", "the network is used before it is open or after it was closed");
  }

  /** @throws SC_NETWORK_INVALID in the peer's words (spec/grpc-api.md §8) */
  #refuseBridge(request: NetworkRequest): void {
    if (request.mode !== "bridge") return;
    // The blank at the end is the peer's.
    throw new SupercargoError(
      "SC_NETWORK_INVALID",
      `no network [bridge] found while connecting container ${request.id} `,
      {
        hint: "network.default_bridge.disable is true: use network_mode host, or switch the bridge on",
        fields: { container: request.id },
      },
    );
  }
}

function checkRequest(request: NetworkRequest): void {
  checkContainerId(request.id);
  checkExtraHosts(request.extraHosts);
}
