/** Calls of the C library about unix sockets: one datagram out, and who is at the other end. */

import { closeSync } from "node:fs";
import { check, libc } from "./libc.ts";

const AF_UNIX = 1;

/** Sends one datagram to a unix socket, without waiting; a path that begins with `@` is an abstract name. */
export function sendUnixDatagram(path: string, data: Uint8Array): void {
  const { symbols } = libc();
  const datagramNonBlockingCloseOnExec = 2 | 0o4000 | 0o2000000;
  const descriptor = check(symbols.socket(AF_UNIX, datagramNonBlockingCloseOnExec, 0), "socket", path);
  try {
    const name = Buffer.from(path, "utf8");
    if (path.startsWith("@")) name[0] = 0;
    const address = Buffer.alloc(2 + name.length + (path.startsWith("@") ? 0 : 1));
    address.writeUInt16LE(AF_UNIX, 0);
    address.set(name, 2);
    check(symbols.sendto(descriptor, data, data.length, 0, address, address.length), "sendto", path);
  } finally {
    closeSync(descriptor);
  }
}

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Who connected to a unix stream socket, as the kernel saw it at the connection. */
export function peerCredentials(descriptor: number): PeerCredentials {
  const solSocket = 1;
  const soPeercred = 17;
  const credentials = Buffer.alloc(12);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(credentials.length, 0);
  const result = libc().symbols.getsockopt(descriptor, solSocket, soPeercred, credentials, length);
  check(result, "getsockopt", `descriptor ${descriptor}`);
  return {
    pid: credentials.readInt32LE(0),
    uid: credentials.readUInt32LE(4),
    gid: credentials.readUInt32LE(8),
  };
}
