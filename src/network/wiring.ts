/** Makes and takes away what an entry of the record says: namespace, interface on the bridge, rules. */

import { LapTimes } from "../base/lap-times.ts";
import { Limiter } from "../base/limiter.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { portRulesOf } from "./attachment.ts";
import { isBridgeThere, isolatePort, removeLinks, setUpBridge } from "./bridge.ts";
import { type Connected, connect, findPlugins } from "./cni.ts";
import { parseIpv4 } from "./ipv4.ts";
import type { Ledger } from "./ledger.ts";
import { readMachine } from "./machine.ts";
import { makeNamespace, removeNamespace } from "./namespace.ts";
import { applyBridgeSettings, type Opened } from "./opening.ts";
import type { Entry } from "./record.ts";
import { forgetStaleFlows } from "./stale-flows.ts";

/** Two at a time are quickest; more only lengthen each (spec/pitfalls.md §3). */
const SET_UPS_AT_A_TIME = 2;

export class Wiring {
  readonly #opened: Opened;
  readonly #ledger: Ledger;
  readonly #log: Log;
  readonly #setUps = new Limiter(SET_UPS_AT_A_TIME);
  readonly #repairs = new Limiter(1);

  constructor(opened: Opened, ledger: Ledger, log: Log) {
    this.#opened = opened;
    this.#ledger = ledger;
    this.#log = log;
  }

  /**
   * Namespace, interface and, beside them, the rules. All three are over when it answers, also when one has failed.
   * @throws SC_NETWORK_FAILED, SC_TIMEOUT, the signal's reason; the caller takes away what was made
   */
  async connect(entry: Entry, signal: AbortSignal): Promise<Connected> {
    const { name } = this.#opened.bridge;
    if (!isBridgeThere(name)) {
      // The plugin would make one without address.
      this.#log.warn(`the bridge ${name} is gone and is made anew`, { bridge: name });
      await this.repairBridge(signal);
    }
    const [connected, ruled] = await Promise.allSettled([
      this.#setUps.run(() => this.#plugIn(entry, signal), signal),
      this.#opened.filter.change(portRulesOf(entry), []),
    ]);
    if (connected.status === "rejected") throw connected.reason;
    if (ruled.status === "rejected") throw ruled.reason;
    this.#forgetStaleFlows(entry);
    return connected.value;
  }

  /** Takes all of it away; what is not there is fine. @throws SC_NETWORK_FAILED, after everything was tried */
  async disconnect(entry: Entry): Promise<void> {
    const results = await Promise.allSettled([
      this.#opened.filter.change([], portRulesOf(entry)),
      this.#unplug(entry),
    ]);
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** After the rules are there, else the same flow would be remembered again. */
  #forgetStaleFlows(entry: Entry): void {
    try {
      forgetStaleFlows(portRulesOf(entry), this.#opened.bridge.subnet);
    } catch (thrown) {
      if (!(thrown instanceof SupercargoError)) throw thrown;
      this.#log.debug(
        `senders that sent to UDP ports of container ${entry.id} before it started reach it after a pause of half a minute: ${thrown.message}`,
        { container: entry.id },
      );
    }
  }

  async #plugIn(entry: Entry, signal: AbortSignal): Promise<Connected> {
    const laps = new LapTimes(this.#opened.options.clock);
    findPlugins(this.#opened.options.cniBinDirs);
    removeNamespace(entry.namespacePath);
    await makeNamespace(entry.namespacePath, signal);
    laps.done("namespace");
    const connected = await this.#connect(entry, signal);
    laps.done("cni");
    this.#log.debug("container connected", { container: entry.id, ...laps.fields });
    return connected;
  }

  async #connect(entry: Entry, signal: AbortSignal): Promise<Connected> {
    const { bridge, options } = this.#opened;
    const { id, namespacePath } = entry;
    const folder = findPlugins(options.cniBinDirs);
    const address = parseIpv4(entry.address) ?? 0;
    const { networkId } = this.#ledger.head;
    const wanted = { id, namespacePath, address, mtu: options.mtu, networkId };
    const connected = await connect(folder, bridge, wanted, signal);
    if (!options.icc) await isolatePort(connected.hostInterface, signal);
    return connected;
  }

  async #unplug(entry: Entry): Promise<void> {
    // The kernel would take the interface with the namespace, but later, and not while a process is in there.
    if (entry.hostInterface !== "") await removeLinks([entry.hostInterface]);
    if (entry.namespacePath !== "") removeNamespace(entry.namespacePath);
  }

  /** The interface of a running container was deleted: another one with the same addresses. @throws SC_NETWORK_FAILED */
  async reconnect(entry: Entry, signal: AbortSignal): Promise<Connected> {
    return await this.#setUps.run(() => this.#connect(entry, signal), signal);
  }

  /** Somebody has deleted or changed the bridge: it gets its address and its ports again. @throws SC_NETWORK_FAILED */
  async repairBridge(signal: AbortSignal): Promise<void> {
    const { bridge, options } = this.#opened;
    const links = this.#ledger
      .entries()
      .flatMap((entry) => (entry.hostInterface === "" ? [] : entry.hostInterface));
    await this.#repairs.run(async () => {
      await setUpBridge(bridge, options, await readMachine(signal), links, signal);
      applyBridgeSettings(options);
    }, signal);
  }
}
