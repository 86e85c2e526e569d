/**
 * Repairs what others do to the network of running containers: rules flushed, bridge or interface deleted, a namespace file
 * unmounted, forwarding turned off; and follows the addresses that `host_ip_<interface>` entries ask for.
 * A look every few seconds instead of the kernel's messages: it needs no program and no open descriptor, costs about a
 * millisecond, sees also what happened while nobody listened, and works alike for what has no messages (iptables).
 * What cannot be repaired is reported once, with the reason, and tried again at each look.
 */

import type { Timer } from "../base/clock.ts";
import type { KeyedWorker } from "../base/keyed-worker.ts";
import type { Log } from "../base/log.ts";
import { toError } from "../errors/error.ts";
import type { Problem } from "../model/problem.ts";
import { interfacesAskedFor } from "./extra-hosts.ts";
import type { HostsKeeper } from "./hosts-refresh.ts";
import { formatIpv4 } from "./ipv4.ts";
import { readSetting, writeSetting } from "./kernel-settings.ts";
import { addressOn, type KernelView, lookAtKernel } from "./kernel-view.ts";
import type { Ledger } from "./ledger.ts";
import { isNamespace, keepNamespaceAgain } from "./namespace.ts";
import { closeForwardingAgain, type Opened, settingsToKeep } from "./opening.ts";
import type { Entry } from "./record.ts";
import type { Wiring } from "./wiring.ts";

const LOOK_EVERY_MS = 3000;
/** Every so many looks also what takes a program to be seen. */
const THOROUGH_EVERY = 2;
/** A look that hangs must not keep the next one away for ever. */
const LOOK_LIMIT_MS = 60_000;

export interface DriftWatchParts {
  readonly opened: Opened;
  readonly ledger: Ledger;
  readonly wiring: Wiring;
  readonly hosts: HostsKeeper;
  /** Jobs of one container run one after the other; a repair of its namespace is one of them. */
  readonly jobs: KeyedWorker;
  readonly log: Log;
}

export class DriftWatch {
  readonly #parts: DriftWatchParts;
  readonly #end = new AbortController();
  /** What could not be repaired at the last look, by the place. */
  readonly #told = new Map<string, string>();
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #looks = 0;

  constructor(parts: DriftWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, lookEveryMs } = this.#parts.opened.options;
    this.#timer = clock.after(lookEveryMs ?? LOOK_EVERY_MS, () => {
      this.#looking = this.#look().then(() => {
        if (!this.#end.signal.aborted) this.start();
      });
    });
  }

  /** Ends, and waits for a look that is under way. */
  async end(): Promise<void> {
    this.#timer?.cancel();
    this.#end.abort();
    await this.#looking;
  }

  /** What could not be repaired at the last look. */
  problems(): Problem[] {
    return [...this.#told].map(([subject, reason]) => ({
      code: "SC_NETWORK_FAILED",
      message: brokenText(subject, reason),
      hint: "",
      subject,
    }));
  }

  /** One look at everything. Never throws: each thing is tried by itself. */
  async #look(): Promise<void> {
    const isThorough = this.#looks++ % THOROUGH_EVERY === 0;
    const signal = AbortSignal.any([this.#end.signal, AbortSignal.timeout(LOOK_LIMIT_MS)]);
    const { filter } = this.#parts.opened;
    let view: KernelView | undefined;
    await this.#try("the machine's interfaces", async () => {
      view = lookAtKernel();
    });
    if (view !== undefined) {
      const seen = view;
      await this.#try("the bridge", () => this.#mendBridge(seen, signal));
      for (const entry of this.#attached()) {
        await this.#try(`the network of container ${entry.id}`, () => this.#mendEntry(entry, seen, signal));
      }
      await this.#try("addresses of extra hosts", async () => this.#followInterfaces(seen));
    }
    await this.#try("the kernel's settings", async () => this.#mendSettings());
    await this.#try("the packet filter", async () => {
      const { done, isChanged } = await filter.mend(isThorough, signal);
      for (const text of done) this.#parts.log.warn(text);
      if (isChanged) await closeForwardingAgain(this.#parts.ledger, filter, signal);
    });
  }

  async #try(place: string, look: () => Promise<void>): Promise<void> {
    if (this.#end.signal.aborted) return;
    try {
      await look();
      this.#told.delete(place);
    } catch (thrown) {
      if (this.#end.signal.aborted) return;
      const { message } = toError(thrown);
      if (this.#told.get(place) === message) return;
      this.#told.set(place, message);
      this.#parts.log.error(brokenText(place, message));
    }
  }

  #attached(): Entry[] {
    return this.#parts.ledger
      .entries()
      .filter((entry) => entry.mode === "bridge" && entry.phase === "attached");
  }

  async #mendBridge(view: KernelView, signal: AbortSignal): Promise<void> {
    const { bridge } = this.#parts.opened;
    const damage = this.#damageOfBridge(view);
    if (damage === undefined) return;
    this.#parts.log.warn(`${damage}: it is made good`, { bridge: bridge.name });
    await this.#parts.wiring.repairBridge(signal);
  }

  #damageOfBridge(view: KernelView): string | undefined {
    const { bridge } = this.#parts.opened;
    const link = view.links.get(bridge.name);
    if (link === undefined) return `the bridge ${bridge.name} was deleted`;
    const address = formatIpv4(bridge.address);
    const hasAddress = view.addresses.some(
      (seen) => seen.link === link.index && seen.address === address && seen.prefix === bridge.subnet.prefix,
    );
    if (!hasAddress) return `the bridge ${bridge.name} lost its address ${address}`;
    if (!link.isUp) return `the bridge ${bridge.name} was set down`;
    const strayed = this.#attached().find((entry) => {
      const port = view.links.get(entry.hostInterface);
      return port !== undefined && (port.master !== link.index || !port.isUp);
    });
    return strayed && `${strayed.hostInterface} of container ${strayed.id} was taken off the bridge`;
  }

  /** Namespace file and interface of one container; as a job of its own, so that no start or stop is under way. */
  async #mendEntry(entry: Entry, view: KernelView, signal: AbortSignal): Promise<void> {
    const { ledger, jobs, wiring, log } = this.#parts;
    if (isNamespace(entry.namespacePath) && view.links.has(entry.hostInterface)) return;
    await jobs.run(
      entry.id,
      async () => {
        if (ledger.get(entry.id) !== entry) return;
        const fields = { container: entry.id };
        if (!isNamespace(entry.namespacePath)) {
          if (!keepNamespaceAgain(entry.namespacePath, entry)) {
            throw new Error("its network namespace is gone; it has none until it is started again");
          }
          log.warn(`the namespace file of container ${entry.id} was taken away and is there again`, fields);
        }
        if (lookAtKernel().links.has(entry.hostInterface)) return;
        const connected = await wiring.reconnect(entry, signal);
        ledger.put({ ...entry, ...connected });
        log.warn(`the interface of container ${entry.id} was deleted and is made anew`, fields);
      },
      signal,
    );
  }

  #followInterfaces(view: KernelView): void {
    const { ledger, hosts } = this.#parts;
    let isAnyOther = false;
    for (const entry of this.#attached()) {
      const names = interfacesAskedFor(entry.extraHosts);
      const isOther = names.some((name) => addressOn(view, name) !== entry.interfaceAddresses[name]);
      if (!isOther) continue;
      const found = names.flatMap((name) => {
        const address = addressOn(view, name);
        return address === undefined ? [] : [[name, address] as const];
      });
      ledger.put({ ...entry, interfaceAddresses: Object.fromEntries(found) });
      isAnyOther = true;
    }
    if (isAnyOther) hosts.changed();
  }

  #mendSettings(): void {
    for (const [path, value] of settingsToKeep(this.#parts.opened.options)) {
      const current = readSetting(path);
      if (current === undefined || current === value) continue;
      writeSetting(path, value);
      this.#parts.log.warn(
        `${path} was set to ${current} and is ${value} again, which the containers' network needs`,
      );
    }
  }
}

function brokenText(place: string, reason: string): string {
  return `${place} cannot be repaired, it is tried again every few seconds: ${reason}`;
}
