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
import { chooseAddress } from "./address-pool.ts";
import { attachmentOf, namespaceFolder } from "./attachment.ts";
import { closeNetwork } from "./closing.ts";
import { interfacesAskedFor } from "./extra-hosts.ts";
import {
  hostsText,
  readIfThere,
  readMachineResolvConf,
  resolvConfText,
  writeHostFiles,
} from "./host-files.ts";
import { bridgeHostsText, refreshHosts, resolveFor } from "./hosts-refresh.ts";
import { checkBridgeName, randomId } from "./id.ts";
import { formatIpv4, formatSubnet, type Ipv4, macOf } from "./ipv4.ts";
import { Ledger } from "./ledger.ts";
import { firstAddress, readLinks } from "./machine.ts";
import type { Network, NetworkAttachment, NetworkRequest } from "./network.ts";
import { hostEntry, newEntry } from "./new-entry.ts";
import { type Opened, openNetwork } from "./opening.ts";
import { MACHINE_FILES, type NetworkOptions } from "./options.ts";
import { PortHolder } from "./port-holder.ts";
import { giveBack, type PortSource, type PortWish, portsCollide, takePorts } from "./published-ports.ts";
import type { Entry, RecordedPort } from "./record.ts";
import { type RequestReading, readRequest } from "./request-reading.ts";
import { Wiring } from "./wiring.ts";
import { beginWork, endWork } from "./work-mark.ts";

interface State extends Opened {
  readonly ledger: Ledger;
  readonly wiring: Wiring;
}

export class BridgeNetwork implements Network {
  readonly #configured: NetworkOptions;
  readonly #log: Log;
  readonly #ports = new PortHolder();
  readonly #jobs = new KeyedWorker();
  #state: State | undefined;

  constructor(options: NetworkOptions) {
    this.#configured = options;
    this.#log = options.log.module("network");
  }

  async open(keep: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    checkBridgeName(this.#configured.bridgeName);
    await beginWork(this.#configured, this.#log, signal);
    const ledger = Ledger.open(this.#configured.stateDir, this.#log);
    const opened = await openNetwork(this.#configured, ledger, keep, this.#log, signal);
    this.#state = { ...opened, ledger, wiring: new Wiring(opened, ledger, this.#log) };
    this.#ports.letAllGo();
    for (const entry of ledger.entries()) this.#holdAgain(entry);
    refreshHosts(ledger.entries(), formatIpv4(opened.bridge.address), this.#log);
  }

  async check(request: NetworkRequest, replacing: string | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { wishes } = readRequest(request, this.#open());
    const source = this.#portSource(new Set([request.id, replacing ?? request.id]));
    giveBack(this.#takePorts(request.id, randomId(), wishes, source), source);
  }

  attach(request: NetworkRequest, signal: AbortSignal): Promise<NetworkAttachment> {
    return this.#jobs.run(request.id, () => this.#attach(request, signal), signal);
  }

  attached(id: string): NetworkAttachment | undefined {
    const { ledger, options } = this.#open();
    const entry = ledger.get(id);
    return entry?.phase === "attached" ? attachmentOf(entry, ledger.head, options.execDir) : undefined;
  }

  release(id: string): Promise<void> {
    return this.#jobs.run(id, async () => {
      const entry = this.#open().ledger.get(id);
      if (entry === undefined) return;
      await this.#takeDown(entry);
      this.#refreshHosts();
    });
  }

  async close(remove: boolean): Promise<void> {
    await this.#jobs.whenIdle();
    const state = this.#state;
    if (state === undefined) return;
    if (remove) {
      for (const entry of state.ledger.entries()) await this.#takeDown(entry);
      await closeNetwork(state, state.ledger, this.#log);
    }
    this.#ports.letAllGo();
    this.#state = undefined;
    endWork(this.#configured);
  }

  #open(): State {
    if (this.#state !== undefined) return this.#state;
    throw new SupercargoError("SC_INTERNAL", "the network is used before it is open or after it was closed");
  }

  async #attach(request: NetworkRequest, signal: AbortSignal): Promise<NetworkAttachment> {
    const { ledger, options, wiring } = this.#open();
    const reading = readRequest(request, this.#open());
    const before = ledger.get(request.id);
    if (before !== undefined) await this.#takeDown(before);
    const interfaceAddresses = await this.#interfaceAddresses(request, signal);
    const made =
      request.mode === "host" ? hostEntry(request) : this.#reserve(request, reading, interfaceAddresses);
    let entry: Entry;
    try {
      const connected = made.mode === "host" ? {} : await wiring.connect(made, signal);
      signal.throwIfAborted();
      entry = { ...made, ...connected, phase: "attached" };
      entry = { ...entry, warnings: [...entry.warnings, ...this.#writeFiles(entry)] };
      ledger.put(entry);
    } catch (thrown) {
      await this.#takeDownAfterFailure(made);
      throw thrown;
    }
    for (const warning of entry.warnings) this.#log.warn(warning, { container: entry.id });
    this.#refreshHosts();
    return attachmentOf(entry, ledger.head, options.execDir);
  }

  /** Takes ports and address and writes down what is going to be made, in one synchronous step. */
  #reserve(
    request: NetworkRequest,
    reading: RequestReading,
    interfaceAddresses: Readonly<Record<string, string>>,
  ): Entry {
    const { ledger, bridge, options } = this.#open();
    const endpointId = randomId();
    const source = this.#portSource(new Set([request.id]));
    const ports = this.#takePorts(request.id, endpointId, reading.wishes, source);
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
      giveBack(ports, source);
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

  /** Takes ports; errors get the prefix that the peer gives them (spec/engine.md §8). */
  #takePorts(
    id: string,
    endpointId: string,
    wishes: readonly PortWish[],
    source: PortSource,
  ): RecordedPort[] {
    try {
      return takePorts(wishes, source);
    } catch (thrown) {
      if (!(thrown instanceof SupercargoError)) throw thrown;
      const message = `driver failed programming external connectivity on endpoint ${id}-ep (${endpointId}): ${thrown.message}`;
      const { code, hint, fields } = thrown;
      throw new SupercargoError(code, message, { hint, fields, cause: thrown });
    }
  }

  /** Ports as the record and the machine have them; those of `yielding` containers count as free. */
  #portSource(yielding: ReadonlySet<string>): PortSource {
    const { ledger } = this.#open();
    const yielded = [...yielding].flatMap((id) => ledger.get(id)?.ports ?? []);
    const isYielded = (protocol: string, address: string, port: number) =>
      yielded.some((other) => portsCollide(other, protocol, address, port));
    return {
      owner: (protocol, address, port) => ledger.portOwner(protocol, address, port, yielding),
      hold: (protocol, address, port) =>
        isYielded(protocol, address, port) ? "held" : this.#ports.hold(protocol, address, port),
      letGo: (protocol, address, port) => {
        if (!isYielded(protocol, address, port)) this.#ports.letGo(protocol, address, port);
      },
    };
  }

  /** After a restart of the daemon: the rules work in any case, so a port that another program took is only reported. */
  #holdAgain(entry: Entry): void {
    for (const port of entry.ports) {
      for (const address of port.addresses) {
        const protocol = port.protocol === "udp" || port.protocol === "sctp" ? port.protocol : "tcp";
        if (this.#ports.hold(protocol, address, port.hostPort) === "held") continue;
        this.#log.warn(
          `another program listens on ${protocol} port ${port.hostPort}, which container ${entry.id} publishes; what arrives there goes to the container`,
          { container: entry.id, port: port.hostPort },
        );
      }
    }
  }

  async #interfaceAddresses(request: NetworkRequest, signal: AbortSignal): Promise<Record<string, string>> {
    const names = request.mode === "host" ? [] : interfacesAskedFor(request.extraHosts);
    if (names.length === 0) return {};
    const links = await readLinks([], signal);
    const found: Record<string, string> = {};
    for (const name of names) {
      const link = links.find((other) => other.name === name);
      const address = link === undefined ? undefined : firstAddress(link);
      if (address !== undefined) found[name] = formatIpv4(address.address);
    }
    return found;
  }

  /** Writes the three files; answers what was left out of the hosts file. */
  #writeFiles(entry: Entry): readonly string[] {
    const { ledger, bridge } = this.#open();
    const machine = this.#configured.machineFiles ?? MACHINE_FILES;
    const others = ledger.entries().filter((other) => other.id !== entry.id);
    const resolved = resolveFor(entry, formatIpv4(bridge.address), others);
    const isHost = entry.mode === "host";
    const hostHosts =
      entry.extraHosts.length === 0 ? readIfThere(machine.hosts) : hostsText(resolved.lines, undefined);
    writeHostFiles(entry.filesDir, {
      hostname: `${entry.hostName}\n`,
      hosts: isHost ? hostHosts : bridgeHostsText(entry, resolved),
      resolvConf: isHost ? readIfThere(machine.resolvConf) : resolvConfText(readMachineResolvConf(machine)),
    });
    return resolved.warnings;
  }

  #refreshHosts(): void {
    const { ledger, bridge } = this.#open();
    refreshHosts(ledger.entries(), formatIpv4(bridge.address), this.#log);
  }

  /** Rules, interface, namespace, ports, and last the entry: as long as anything may be left, the record knows of it. */
  async #takeDown(entry: Entry): Promise<void> {
    const { ledger, wiring } = this.#open();
    await wiring.disconnect(entry);
    giveBack(entry.ports, this.#ports);
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
