/** Who has which published port: the record for other containers, sockets of ours for the rest of the machine. */

import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { randomId } from "./id.ts";
import type { Ledger } from "./ledger.ts";
import { PortHolder } from "./port-holder.ts";
import { giveBack, type PortSource, type PortWish, portsCollide, takePorts } from "./published-ports.ts";
import type { Entry, RecordedPort } from "./record.ts";

export class PortDesk {
  readonly #holder = new PortHolder();
  readonly #ledger: Ledger;
  readonly #log: Log;

  constructor(ledger: Ledger, log: Log) {
    this.#ledger = ledger;
    this.#log = log;
  }

  /**
   * Takes one port for each wish, all or none. The caller writes them into the record in the same step.
   * @throws SC_PORT_IN_USE, SC_NETWORK_INVALID, with the prefix that the peer gives its errors (spec/engine.md §8)
   */
  take(id: string, endpointId: string, wishes: readonly PortWish[]): RecordedPort[] {
    return this.#take(id, endpointId, wishes, this.#source(new Set([id])));
  }

  /** Whether they could be taken now, those of `id` and `replacing` counted as free. @throws as `take` */
  check(id: string, replacing: string | undefined, wishes: readonly PortWish[]): void {
    const source = this.#source(new Set([id, replacing ?? id]));
    giveBack(this.#take(id, randomId(), wishes, source), source);
  }

  giveBack(ports: readonly RecordedPort[]): void {
    giveBack(ports, this.#holder);
  }

  letAllGo(): void {
    this.#holder.letAllGo();
  }

  /** After a restart of the daemon: the rules work in any case, so a port that another program took is only reported. */
  holdAgain(entry: Entry): void {
    for (const port of entry.ports) {
      for (const address of port.addresses) {
        const protocol = port.protocol === "udp" || port.protocol === "sctp" ? port.protocol : "tcp";
        if (this.#holder.hold(protocol, address, port.hostPort) === "held") continue;
        this.#log.warn(
          `another program listens on ${protocol} port ${port.hostPort}, which container ${entry.id} publishes; what arrives there goes to the container`,
          { container: entry.id, port: port.hostPort },
        );
      }
    }
  }

  #take(id: string, endpointId: string, wishes: readonly PortWish[], source: PortSource): RecordedPort[] {
    return namingEndpoint(id, endpointId, () => takePorts(wishes, source));
  }

  /** Ports as the record and the machine have them; those of `yielding` containers count as free. */
  #source(yielding: ReadonlySet<string>): PortSource {
    const yielded = [...yielding].flatMap((id) => this.#ledger.get(id)?.ports ?? []);
    const isYielded = (protocol: string, address: string, port: number) =>
      yielded.some((other) => portsCollide(other, protocol, address, port));
    return {
      owner: (protocol, address, port) => this.#ledger.portOwner(protocol, address, port, yielding),
      hold: (protocol, address, port) =>
        isYielded(protocol, address, port) ? "held" : this.#holder.hold(protocol, address, port),
      letGo: (protocol, address, port) => {
        if (!isYielded(protocol, address, port)) this.#holder.letGo(protocol, address, port);
      },
    };
  }
}

/** Gives errors about published ports the beginning that the peer gives them (spec/engine.md §8). */
export function namingEndpoint<T>(id: string, endpointId: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    if (!(thrown instanceof SupercargoError)) throw thrown;
    const message = `driver failed programming external connectivity on endpoint ${id}-ep (${endpointId}): ${thrown.message}`;
    const { code, hint, fields } = thrown;
    throw new SupercargoError(code, message, { hint, fields, cause: thrown });
  }
}
