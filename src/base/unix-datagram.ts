/** Calls of the C library about unix sockets: one datagram out, and who is at the other end. */

import { closeSync } from "node:fs";
import { check, libc } from "./libc.ts";

const AF_UNIX = 1;

const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const NON_BLOCKING_CLOSE_ON_EXEC = 0o4000 | 0o2000000;

/** Sends one datagram to a unix socket, without waiting; a path that begins with `@` is an abstract name. */
export function sendUnixDatagram(path: string, data: Uint8Array): void {
  withSocket(SOCK_DGRAM, path, (descriptor, address) => {
    check(libc().symbols.sendto(descriptor, data, data.length, 0, address, address.length), "sendto", path);
  });
}

/** Who listens on a unix stream socket, by a connection that is closed at once; without waiting. */
export function unixListener(path: string): PeerCredentials {
  return withSocket(SOCK_STREAM, path, (descriptor, address) => {
    check(libc().symbols.connect(descriptor, address, address.length), "connect", path);
    return peerCredentials(descriptor);
  });
}

/** @param use gets a socket that is closed afterwards, and the path as an address */
function withSocket<T>(kind: number, path: string, use: (descriptor: number, address: Buffer) => T): T {
  const type = kind | NON_BLOCKING_CLOSE_ON_EXEC;
  const descriptor = check(libc().symbols.socket(AF_UNIX, type, 0), "socket", path);
  try {
    const name = Buffer.from(path, "utf8");
    if (path.startsWith("@")) name[0] = 0;
    const address = Buffer.alloc(2 + name.length + (path.startsWith("@") ? 0 : 1));
    address.writeUInt16LE(AF_UNIX, 0);
    address.set(name, 2);
    return use(descriptor, address);
  } finally {
    closeSync(descriptor);
  }
}

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Who is at the other end of a unix stream socket, as the kernel saw it when it connected or began to listen; pid 0 is one out of our sight. */
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
