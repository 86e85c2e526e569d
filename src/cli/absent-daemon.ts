/** One sentence about a daemon that does not answer: where it was looked for, who owns the socket, what to start. */

import { lstatSync, readFileSync } from "node:fs";
import type { DaemonAddress } from "../api/daemon-connection.ts";
import { errnoName } from "../base/libc.ts";
import type { SupercargoError } from "../errors/error.ts";

const START = "start it with: systemctl start container-management";

/** Name of a user or group; the number where nobody has it. */
function ownerName(file: "/etc/passwd" | "/etc/group", number: number): string {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    const line = lines.find((text) => text.split(":")[2] === String(number));
    return line?.split(":")[0] ?? String(number);
  } catch (thrown) {
    if (errnoName(thrown) === undefined) throw thrown;
    return String(number);
  }
}

/** What lies at the path, or the name of the error that says why nothing can be seen there. */
function lookAt(
  path: string,
): { readonly owner: string; readonly group: string; readonly mode: string } | string {
  try {
    const { uid, gid, mode } = lstatSync(path);
    return {
      owner: ownerName("/etc/passwd", uid),
      group: ownerName("/etc/group", gid),
      mode: (mode & 0o777).toString(8).padStart(4, "0"),
    };
  } catch (thrown) {
    const name = errnoName(thrown);
    if (name === undefined) throw thrown;
    return name;
  }
}

export function describeAbsence(address: DaemonAddress, error: SupercargoError): string {
  if (!("unix" in address)) {
    const reason = String(error.fields["errnoName"] ?? "no answer");
    return `No daemon answers at ${address.host}:${address.port} (${reason}): container-management must be told to listen there (grpc_server in its configuration); ${START}`;
  }
  const path = address.unix;
  const seen = lookAt(path);
  const errno = error.fields["errnoName"];
  const isStrange =
    errno !== undefined && !["ENOENT", "ECONNREFUSED", "EACCES", "EPERM"].includes(String(errno));
  if (isStrange) return `${error.message} (${error.hint})`;
  if (seen === "ENOENT") {
    return `No daemon answers at ${path}: there is no such socket, so container-management does not run; ${START}`;
  }
  if (typeof seen === "string") return `${error.message} (${error.hint})`;
  const belongs = `it belongs to ${seen.owner}:${seen.group}, mode ${seen.mode}`;
  if (errno === "EACCES" || errno === "EPERM") {
    return `You may not use the daemon's socket ${path}: ${belongs}; run this as root, or join the group with: usermod -aG ${seen.group} $USER`;
  }
  return `No daemon answers at ${path}: the socket is there (${belongs}) but nobody listens, so container-management has ended; ${START}`;
}
