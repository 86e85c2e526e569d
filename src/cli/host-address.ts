/** The `--host` text: a path (also with an empty or `unix` scheme, then the whole text), or tcp with host and port. */

import type { DaemonAddress } from "../api/daemon-connection.ts";
import { CommandError } from "./command-error.ts";

export function parseHost(text: string): DaemonAddress {
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\//.exec(text)?.[1];
  if (scheme === undefined) return { unix: text };
  // The peer dials the whole text as a path; `unix:///x` means /x to everybody else and cannot be another path.
  if (scheme === "unix") return { unix: text.slice("unix://".length) };
  if (!["tcp", "tcp4", "tcp6"].includes(scheme)) throw new CommandError(`unsupported scheme ${scheme}`);
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.slice(scheme.length + 3)) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65535) throw new CommandError(`no host and port in ${text}`);
  return { host, port: Number(port) };
}
