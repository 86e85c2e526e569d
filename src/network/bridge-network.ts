/**
 * The network of containers on a Linux machine: a bridge, a namespace file per container, published ports in the packet
 * filter, everything remembered in a record.
 * Invariants: jobs of one container run one after the other; ports and address are taken in the record in one synchronous
 * step before the first act; what the record does not know is nobody's and is swept at the next start.
 */

import { join } from "node:path";
import { KeyedWorker } from "../base/keyed-worker.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { Problem } from "../model/problem.ts";
import { chooseAddress } from "./address-pool.ts";
import { attachmentOf, namespaceFolder } from "./attachment.ts";
import { closeNetwork } from "./closing.ts";
import { DriftWatch } from "./drift-watch.ts";
import { readMachineResolvConf, resolvConfText, writeHostFiles, writeHostModeFiles } from "./host-files.ts";
import { HostsKeeper } from "./hosts-refresh.ts";
import { checkBridgeName } from "./id.ts";
import { formatIpv4, formatSubnet, type Ipv4, macOf } from "./ipv4.ts";
import { Ledger } from "./ledger.ts";
import { dropLibnetwork, inherit } from "./libnetwork.ts";
import { readInterfaceAddresses } from "./machine.ts";
import { numberOf } from "./namespace.ts";
import type { Network, NetworkAttachment, NetworkRequest, RunningContainer } from "./network.ts";
import { hostEntry, newEntry } from "./new-entry.ts";
import { type Opened, openNetwork } from "./opening.ts";
import { MACHINE_FILES, type NetworkOptions } from "./options.ts";
import { PortDesk } from "./port-desk.ts";
import type { Entry } from "./record.ts";
import { type RequestReading, readRequest } from "./request-reading.ts";
import { Wiring } from "./wiring.ts";
import { beginWork, endWork } from "./work-mark.ts";

interface State extends Opened {
  readonly ledger: Ledger;
  readonly wiring: Wiring;
  readonly hosts: HostsKeeper;
  readonly ports: PortDesk;
  readonly drift: DriftWatch;
}

export class BridgeNetwork implements Network {
  readonly #configured: NetworkOptions;
  readonly #log: Log;
  readonly #jobs = new KeyedWorker();
  #state: State | undefined;

  constructor(options: NetworkOptions) {
    this.#configured = options;
    this.#log = options.log.module("network");
  }

  async open(
    keep: ReadonlySet<string>,
    signal: AbortSignal,
    running: readonly RunningContainer[] = [],
  ): Promise<void> {
    checkBridgeName(this.#configured.bridgeName);
    await beginWork(this.#configured, this.#log, signal);
    const ledger = Ledger.open(this.#configured.stateDir, this.#log);
    const inheritance = await inherit(this.#configured, ledger, running, this.#log, signal);
    const opened = await openNetwork(this.#configured, ledger, keep, this.#log, signal);
    if (inheritance !== undefined) {
      await dropLibnetwork(inheritance, this.#configured, ledger, this.#log, signal);
    }
    const hosts = new HostsKeeper({
      clock: this.#configured.clock,
      log: this.#log,
      bridgeAddress: formatIpv4(opened.bridge.address),
      icc: opened.options.icc,
      entries: () => ledger.entries(),
    });
    const ports = new PortDesk(ledger, this.#log);
    const wiring = new Wiring(opened, ledger, this.#log);
    const drift = new DriftWatch({ opened, ledger, wiring, hosts, jobs: this.#jobs, log: this.#log });
    this.#state = { ...opened, ledger, wiring, hosts, ports, drift };
    drift.start();
    for (const entry of ledger.entries()) ports.holdAgain(entry);
    hosts.changed();
  }

  async check(request: NetworkRequest, replacing: string | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { wishes } = readRequest(request, this.#open());
    this.#open().ports.check(request.id, replacing, wishes);
  }

  attach(request: NetworkRequest, signal: AbortSignal): Promise<NetworkAttachment> {
    return this.#jobs.run(request.id, () => this.#attach(request, signal), signal);
  }

  attached(id: string): NetworkAttachment | undefined {
    const { ledger, options } = this.#open();
    const entry = ledger.get(id);
    return entry?.phase === "attached" ? attachmentOf(entry, ledger.head, options.execDir) : undefined;
  }

  problems(): readonly Problem[] {
    return this.#state?.drift.problems() ?? [];
  }

  rename(id: string, name: string): void {
    const { ledger, hosts } = this.#open();
    const entry = ledger.get(id);
    if (entry === undefined) return;
    try {
      ledger.put({ ...entry, name });
    } finally {
      // The ledger knows it also when the disk refuses it.
      hosts.changed();
    }
  }

  release(id: string): Promise<void> {
    return this.#jobs.run(id, async () => {
      const { ledger, hosts } = this.#open();
      const entry = ledger.get(id);
      if (entry === undefined) return;
      await this.#takeDown(entry);
      hosts.changed();
    });
  }

  async close(remove: boolean): Promise<void> {
    const state = this.#state;
    await state?.drift.end();
    await this.#jobs.whenIdle();
    if (state === undefined) return;
    if (remove) {
      for (const entry of state.ledger.entries()) await this.#takeDown(entry);
      await closeNetwork(state, state.ledger, this.#log);
    }
    state.hosts.end();
    state.ports.letAllGo();
    this.#state = undefined;
    endWork(this.#configured);
  }

  #open(): State {
    if (this.#state !== undefined) return this.#state;
    throw new SupercargoError("SC_INTERNAL", "the network is used before it is open or after it was closed");
  }

  async #attach(request: NetworkRequest, signal: AbortSignal): Promise<NetworkAttachment> {
    const { ledger, options, wiring, hosts } = this.#open();
    const reading = readRequest(request, this.#open());
    const before = ledger.get(request.id);
    if (before !== undefined) await this.#takeDown(before);
    const interfaceAddresses =
      request.mode === "host" ? {} : await readInterfaceAddresses(request.extraHosts, signal);
    const made =
      request.mode === "host" ? hostEntry(request) : this.#reserve(request, reading, interfaceAddresses);
    let entry: Entry;
    try {
      const connected = made.mode === "host" ? {} : await wiring.connect(made, signal);
      signal.throwIfAborted();
      const namespaceNumber = made.mode === "host" ? 0 : numberOf(made.namespacePath);
      entry = { ...made, ...connected, namespaceNumber, phase: "attached" };
      entry = { ...entry, warnings: [...entry.warnings, ...this.#writeFiles(entry)] };
      ledger.put(entry);
    } catch (thrown) {
      await this.#takeDownAfterFailure(made);
      throw thrown;
    }
    for (const warning of entry.warnings) this.#log.warn(warning, { container: entry.id });
    hosts.changed();
    return attachmentOf(entry, ledger.head, options.execDir);
  }

  /** Takes ports and address and writes down what is going to be made, in one synchronous step. */
  #reserve(
    request: NetworkRequest,
    reading: RequestReading,
    interfaceAddresses: Readonly<Record<string, string>>,
  ): Entry {
    const { ledger, bridge, options, ports: desk } = this.#open();
    const { endpointId } = reading;
    const ports = desk.take(request.id, endpointId, reading.wishes);
    try {
      const address = this.#chooseAddress(request.id);
      const entry: Entry = {
        ...newEntry(request),
        interfaceAddresses,
        endpointId,
        namespacePath: join(namespaceFolder(options.execDir), request.id),
        address: formatIpv4(address),
        gateway: formatIpv4(bridge.gateway),
        macAddress: macOf(address),
        ports,
        warnings: reading.warnings,
      };
      ledger.put(entry);
      return entry;
    } catch (thrown) {
      desk.giveBack(ports);
      throw thrown;
    }
  }

  #chooseAddress(id: string): Ipv4 {
    const { ledger, bridge } = this.#open();
    const space = {
      subnet: bridge.subnet,
      range: bridge.range,
      reserved: new Set([bridge.address, bridge.gateway]),
    };
    const address = chooseAddress(space, id, ledger.addressesInUse(), ledger.rememberedAddresses());
    if (address !== undefined) return address;
    throw new SupercargoError("SC_NETWORK_FAILED", `no address is left in ${formatSubnet(bridge.range)}`, {
      hint: "stop containers, or widen network.default_bridge.fcidr4 or ip4",
    });
  }

  /** Writes the three files; answers what was left out of the hosts file. */
  #writeFiles(entry: Entry): readonly string[] {
    const machine = this.#configured.machineFiles ?? MACHINE_FILES;
    if (entry.mode === "host") return writeHostModeFiles(entry, machine);
    const { text, warnings } = this.#open().hosts.contentFor(entry);
    const resolvConf = resolvConfText(readMachineResolvConf(machine));
    writeHostFiles(entry.filesDir, { hostname: `${entry.hostName}\n`, hosts: text, resolvConf });
    return warnings;
  }

  /** Rules, interface, namespace, ports, and last the entry: as long as anything may be left, the record knows of it. */
  async #takeDown(entry: Entry): Promise<void> {
    const { ledger, wiring, ports } = this.#open();
    await wiring.disconnect(entry);
    ports.giveBack(entry.ports);
    ledger.remove(entry.id);
  }

  /** The caller gets the first error; what could not be taken away stays in the record for the next try. */
  async #takeDownAfterFailure(entry: Entry): Promise<void> {
    try {
      await this.#takeDown(entry);
    } catch (thrown) {
      this.#log.warn(
        `cannot take away all of the failed start of container ${entry.id}; the next start, stop or daemon start tries again: ${toError(thrown).message}`,
        { container: entry.id },
      );
    }
  }
}
