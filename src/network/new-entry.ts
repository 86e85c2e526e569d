/** The beginning of a record's entry: what the request says, before anything is taken. Pure but for random ids. */

import { hostname } from "node:os";
import { randomId } from "./id.ts";
import type { NetworkRequest } from "./network.ts";
import type { Entry } from "./record.ts";

/** Host mode: nothing is made; the host name is the machine's (spec/engine.md §8). */
export function hostEntry(request: NetworkRequest): Entry {
  return { ...newEntry(request), hostName: hostname() };
}

/** Names and wishes of the request; namespace, addresses and ports are still empty. */
export function newEntry(request: NetworkRequest): Entry {
  return {
    id: request.id,
    name: request.name,
    phase: "making",
    mode: request.mode,
    hostName: request.hostName,
    domainName: request.domainName,
    filesDir: request.filesDir,
    extraHosts: request.extraHosts,
    interfaceAddresses: {},
    endpointId: randomId(),
    sandboxId: randomId(),
    namespacePath: "",
    namespaceNumber: 0,
    hostInterface: "",
    address: "",
    gateway: "",
    macAddress: "",
    ports: [],
    warnings: [],
  };
}
