/** Makes and takes away what an entry of the record says: namespace, interface on the bridge, rules. */

import { Limiter } from "../base/limiter.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import { portRulesOf } from "./attachment.ts";
import { isBridgeThere, isolatePort, removeLinks, setUpBridge } from "./bridge.ts";
import { type Connected, connect, findPlugins } from "./cni.ts";
import { parseIpv4 } from "./ipv4.ts";
import type { Ledger } from "./ledger.ts";
import { readMachine } from "./machine.ts";
import { makeNamespace, removeNamespace } from "./namespace.ts";
import { answerOthers, applyBridgeSettings, type Opened } from "./opening.ts";
import type { Entry } from "./record.ts";
import { forgetStaleFlows } from "./stale-flows.ts";

/** Two at a time are quickest; more only lengthen each (spec/pitfalls.md §3). */
const SET_UPS_AT_A_TIME = 2;
/** A firewall that is loaded anew loses our rules in its chains; a start looks again when this much time has passed. */
const LOOK_AT_OTHERS_EVERY_MS = 10_000;

export class Wiring {
  readonly #opened: Opened;
  readonly #ledger: Ledger;
  readonly #log: Log;
  readonly #setUps = new Limiter(SET_UPS_AT_A_TIME);
  readonly #repairs = new Limiter(1);
  #lookedAtOthersMs: number;

  constructor(opened: Opened, ledger: Ledger, log: Log) {
    this.#opened = opened;
    this.#ledger = ledger;
    this.#log = log;
    this.#lookedAtOthersMs = opened.options.clock.nowMs();
  }

  /**
   * Namespace, interface and, beside them, the rules. All three are over when it answers, also when one has failed.
   * @throws SC_NETWORK_FAILED, SC_TIMEOUT, the signal's reason; the caller takes away what was made
   */
  async connect(entry: Entry, signal: AbortSignal): Promise<Connected> {
    if (!isBridgeThere(this.#opened.bridge.name))
      await this.#repairs.run(() => this.#repairBridge(signal), signal);
    const [connected, ruled] = await Promise.allSettled([
      this.#setUps.run(() => this.#plugIn(entry, signal), signal),
      this.#opened.filter.change(portRulesOf(entry), []),
      this.#lookAtOthers(signal),
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
    const { bridge, options } = this.#opened;
    const { id, namespacePath } = entry;
    const folder = findPlugins(options.cniBinDirs);
    removeNamespace(namespacePath);
    await makeNamespace(namespacePath, signal);
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

  /** Somebody has deleted the bridge: the plugin would make one without address. */
  async #repairBridge(signal: AbortSignal): Promise<void> {
    const { bridge, options } = this.#opened;
    if (isBridgeThere(bridge.name)) return;
    this.#log.warn(`the bridge ${bridge.name} is gone and is made anew`, { bridge: bridge.name });
    const links = this.#ledger
      .entries()
      .flatMap((entry) => (entry.hostInterface === "" ? [] : entry.hostInterface));
    await setUpBridge(bridge, options, await readMachine(signal), links, signal);
    applyBridgeSettings(options);
  }

  async #lookAtOthers(signal: AbortSignal): Promise<void> {
    const { bridge, filter, options } = this.#opened;
    const nowMs = options.clock.nowMs();
    if (nowMs - this.#lookedAtOthersMs < LOOK_AT_OTHERS_EVERY_MS) return;
    this.#lookedAtOthersMs = nowMs;
    try {
      await answerOthers(filter, bridge, this.#log, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      // For example a firewall that is being loaded right now; it must not keep a container from starting.
      this.#log.warn(
        `cannot look at other programs' rules, the next start tries again: ${toError(thrown).message}`,
      );
    }
  }
}
