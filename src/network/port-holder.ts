/**
 * Holds published ports on the machine by sockets that nobody serves, as the peer does (spec/engine.md §8): other
 * programs find them taken, and so do we when another program has them. What arrives there goes to the container by the
 * packet filter and never sees the socket.
 */

import { closeSync } from "node:fs";
import { errnoName, holdPort } from "../base/libc.ts";
import { parseIpv4 } from "./ipv4.ts";
import type { HoldResult, PortProtocol } from "./published-ports.ts";

/** One descriptor for each port and address. */
export class PortHolder {
  readonly #descriptors = new Map<string, number>();

  /** @throws SC_IO for what no user can cause, such as too many open files */
  hold(protocol: PortProtocol, address: string, port: number): HoldResult {
    const number = parseIpv4(address) ?? 0;
    const bytes = new Uint8Array([24, 16, 8, 0].map((shift) => (number >>> shift) & 255));
    try {
      this.#descriptors.set(keyOf(protocol, address, port), holdPort(protocol, bytes, port));
      return "held";
    } catch (thrown) {
      switch (errnoName(thrown)) {
        case "EADDRINUSE":
          return "in-use";
        case "EADDRNOTAVAIL":
          return "no-such-address";
        case "EACCES":
          return "denied";
        case "EPROTONOSUPPORT":
          // A kernel without SCTP: nobody on this machine can have the port either.
          return "held";
        default:
          throw thrown;
      }
    }
  }

  letGo(protocol: string, address: string, port: number): void {
    const key = keyOf(protocol, address, port);
    const descriptor = this.#descriptors.get(key);
    if (descriptor === undefined) return;
    this.#descriptors.delete(key);
    closeSync(descriptor);
  }

  letAllGo(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
  }
}

function keyOf(protocol: string, address: string, port: number): string {
  return `${protocol} ${address} ${port}`;
}
