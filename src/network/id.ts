/** Names that come from outside and become paths or interface names, and the random names that we give. */

import { SupercargoError } from "../errors/error.ts";

/** The letters that CNI, containerd and a file name all take; no `..`, no slash. */
const CONTAINER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const INTERFACE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/;

/** @throws SC_NETWORK_INVALID */
export function checkContainerId(id: string): void {
  if (!CONTAINER_ID.test(id)) {
    throw new SupercargoError("SC_NETWORK_INVALID", `${JSON.stringify(id)} is no container id`, {
      hint: "letters, digits, '_', '.' and '-', at most 128",
    });
  }
}

/** @throws SC_NETWORK_INVALID */
export function checkBridgeName(name: string): void {
  if (!INTERFACE_NAME.test(name)) {
    throw new SupercargoError("SC_NETWORK_INVALID", `${JSON.stringify(name)} is no name for a bridge`, {
      hint: "network.default_bridge.name: letters, digits, '_', '.' and '-', at most 15",
    });
  }
}

/** 64 random hexadecimal digits, the form of the peer's endpoint, sandbox, network and controller ids. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return Buffer.from(bytes).toString("hex");
}
