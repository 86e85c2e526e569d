/** The capabilities of containerd's own process, from which runc gives a container its own. */

import { readFileSync } from "node:fs";
import { errnoName } from "../../base/errno.ts";
import { unixListener } from "../../base/unix-datagram.ts";
import { SupercargoError, toError } from "../../errors/error.ts";
import { effectiveCapabilities } from "../spec/capabilities.ts";

/**
 * Names of them. The daemon's own would be too few: its unit keeps what it does not need itself away from it. A containerd
 * out of our sight, in another process namespace, counts as one that has what we have.
 * @param address path of containerd's socket
 * @throws SC_ENGINE_UNAVAILABLE when nobody listens on it
 */
export function capabilitiesOf(address: string): readonly string[] {
  try {
    const { pid } = unixListener(address);
    return effectiveCapabilities(readFileSync(`/proc/${pid === 0 ? "self" : pid}/status`, "utf8"));
  } catch (thrown) {
    if (errnoName(thrown) === undefined) throw thrown;
    const message = `containerd is away: ${toError(thrown).message}`;
    throw new SupercargoError("SC_ENGINE_UNAVAILABLE", message, { cause: toError(thrown) });
  }
}
