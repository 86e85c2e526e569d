/** Calls of the C library that neither node nor bun offers. Each has a test in test/unit/base/libc.test.ts. */

import { FFIType } from "bun:ffi";
import { closeSync } from "node:fs";
import { ERRNO_LOCATION, openCLibrary, readErrno } from "./c-library.ts";
import { errnoName, failedCall } from "./errno.ts";

export { errnoName } from "./errno.ts";

type Libc = ReturnType<typeof openLibc>;
let opened: Libc | undefined;

function openLibc() {
  return openCLibrary({
    mkfifo: { args: [FFIType.cstring, FFIType.u32], returns: FFIType.i32 },
    mount: {
      args: [FFIType.cstring, FFIType.cstring, FFIType.cstring, FFIType.u64, FFIType.cstring],
      returns: FFIType.i32,
    },
    umount2: { args: [FFIType.cstring, FFIType.i32], returns: FFIType.i32 },
    flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    fcntl: { args: [FFIType.i32, FFIType.i32, FFIType.i64], returns: FFIType.i32 },
    socket: { args: [FFIType.i32, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    connect: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    setsockopt: {
      args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i32,
    },
    bind: { args: [FFIType.i32, FFIType.ptr, FFIType.u32], returns: FFIType.i32 },
    listen: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    shutdown: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    send: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
    recv: { args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32], returns: FFIType.i64 },
    sendto: {
      args: [FFIType.i32, FFIType.ptr, FFIType.u64, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i64,
    },
    getsockopt: {
      args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.ptr],
      returns: FFIType.i32,
    },
    pipe2: { args: [FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
    tee: { args: [FFIType.i32, FFIType.i32, FFIType.u64, FFIType.u32], returns: FFIType.i64 },
    inotify_init1: { args: [FFIType.i32], returns: FFIType.i32 },
    inotify_add_watch: { args: [FFIType.i32, FFIType.cstring, FFIType.u32], returns: FFIType.i32 },
    inotify_rm_watch: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
    madvise: { args: [FFIType.u64, FFIType.u64, FFIType.i32], returns: FFIType.i32 },
    ...ERRNO_LOCATION,
  });
}

/** The C library's calls, for wrappers in this room. */
export function libc(): Libc {
  opened ??= openLibc();
  return opened;
}

function text(value: string): Uint8Array {
  return Buffer.from(`${value}\0`, "utf8");
}

const EAGAIN = 11;

function currentErrno(): number {
  return readErrno(libc());
}

/** Answers the result of a call, or throws SC_IO with the name of its errno. */
export function check(result: number | bigint, call: string, subject: string): number {
  if (result >= 0) return Number(result);
  throw failedCall(call, subject, currentErrno());
}

export function makeFifo(path: string, mode: number): void {
  check(libc().symbols.mkfifo(text(path), mode), "mkfifo", path);
}

export const MOUNT_READ_ONLY = 1n;
export const MOUNT_BIND = 4096n;
/** Mounts `source` on `target`; `data` is the option text of the file system. */
export function mount(source: string, target: string, type: string, flags: bigint, data: string): void {
  check(libc().symbols.mount(text(source), text(target), text(type), flags, text(data)), "mount", target);
}

/** Takes the mount away; `lazy` detaches it even when in use. A target that is no mount (EINVAL) or missing (ENOENT) throws. */
export function unmount(target: string, lazy: boolean): void {
  check(libc().symbols.umount2(text(target), lazy ? 2 : 0), "umount", target);
}

/** Exclusive lock on an open file, held until the descriptor is closed; false when another process has it. */
export function tryLock(descriptor: number): boolean {
  try {
    check(libc().symbols.flock(descriptor, 2 | 4), "flock", `descriptor ${descriptor}`);
    return true;
  } catch (thrown) {
    if (errnoName(thrown) === "EAGAIN") return false;
    throw thrown;
  }
}

/** Enlarges a pipe; answers the size in bytes that it has now. */
export function setPipeSize(descriptor: number, bytes: number): number {
  return check(libc().symbols.fcntl(descriptor, 1031, BigInt(bytes)), "fcntl", `pipe ${descriptor}`);
}

const AF_INET = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SHUT_RDWR = 2;
const SOCKETS = {
  tcp: { type: 1, protocol: 6 },
  udp: { type: 2, protocol: 17 },
  sctp: { type: 1, protocol: 132 },
} as const;

/**
 * Takes a port of this machine without serving it: every other program finds it in use until the descriptor is closed, and
 * who connects over TCP is refused.
 * @param address four bytes of an IPv4 address
 * @returns the descriptor
 * @throws SC_IO with errnoName EADDRINUSE, EADDRNOTAVAIL, EACCES, or EPROTONOSUPPORT (a kernel without SCTP)
 */
export function holdPort(protocol: keyof typeof SOCKETS, address: Uint8Array, port: number): number {
  const subject = `${protocol} ${address.join(".")}:${port}`;
  const kind = SOCKETS[protocol];
  const descriptor = check(
    libc().symbols.socket(AF_INET, kind.type | SOCK_CLOEXEC, kind.protocol),
    "socket",
    subject,
  );
  try {
    const setReuse = (isOn: boolean) => {
      const value = new Int32Array([isOn ? 1 : 0]);
      check(libc().symbols.setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, value, 4), "setsockopt", subject);
    };
    // Else connections that ended a moment ago (TIME_WAIT) count as users of the port. UDP would share it with this.
    if (protocol !== "udp") setReuse(true);
    const name = new Uint8Array(16);
    new DataView(name.buffer).setUint16(0, AF_INET, true);
    new DataView(name.buffer).setUint16(2, port, false);
    name.set(address, 4);
    check(libc().symbols.bind(descriptor, name, name.length), "bind", subject);
    // Only listening tells whether somebody else has the port. The kernel would then take connections that nobody serves, and
    // they would hang: it stops listening, and without the option nobody else gets the port all the same.
    if (protocol !== "udp") check(libc().symbols.listen(descriptor, 1), "listen", subject);
    if (protocol === "tcp") {
      setReuse(false);
      check(libc().symbols.shutdown(descriptor, SHUT_RDWR), "shutdown", subject);
    }
  } catch (thrown) {
    closeSync(descriptor);
    throw thrown;
  }
  return descriptor;
}

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SO_RCVTIMEO = 20;
/** The kernel answers a netlink request within the call; this is for a kernel that does not. */
const NETLINK_LIMIT_SECONDS = 2n;

/**
 * Sends one netlink request and answers the datagrams that come back, up to the one that `isLast` recognises.
 * @param family of the netlink protocol, e.g. 12 for netfilter
 * @throws SC_IO with errnoName EPROTONOSUPPORT when the kernel lacks the family, EAGAIN when it does not answer
 */
export function exchangeNetlink(
  family: number,
  request: Uint8Array,
  isLast: (datagram: Uint8Array) => boolean,
): Uint8Array[] {
  const descriptor = check(
    libc().symbols.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family),
    "socket",
    "netlink",
  );
  try {
    const limit = new BigInt64Array([NETLINK_LIMIT_SECONDS, 0n]);
    check(libc().symbols.setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, limit, 16), "setsockopt", "netlink");
    check(libc().symbols.send(descriptor, request, request.length, 0), "send", "netlink");
    const datagrams: Uint8Array[] = [];
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const size = receive(descriptor, buffer);
      const datagram = buffer.slice(0, size);
      datagrams.push(datagram);
      if (size === 0 || isLast(datagram)) return datagrams;
    }
  } finally {
    closeSync(descriptor);
  }
}

function receive(descriptor: number, buffer: Uint8Array): number {
  for (;;) {
    try {
      return check(libc().symbols.recv(descriptor, buffer, buffer.length, 0), "recv", "netlink");
    } catch (thrown) {
      // A signal of the runtime's own; the kernel has the answer ready.
      if (errnoName(thrown) !== "EINTR") throw thrown;
    }
  }
}

/** A new pipe, both ends non-blocking and closed in children. */
export function openPipe(): { readonly reader: number; readonly writer: number } {
  const ends = new Int32Array(2);
  check(libc().symbols.pipe2(ends, 0o4000 | 0o2000000), "pipe2", "");
  return { reader: ends[0] ?? -1, writer: ends[1] ?? -1 };
}

/**
 * Copies what is in one pipe into another without taking it; answers the bytes: 0 when empty without a writer, -1 when empty
 * with one (or when the other is full).
 */
export function copyPipe(from: number, to: number, limitBytes: number): number {
  const spliceNonBlocking = 2;
  const result = libc().symbols.tee(from, to, limitBytes, spliceNonBlocking);
  if (result < 0 && currentErrno() === EAGAIN) return -1;
  return check(result, "tee", `pipe ${from}`);
}

/** A new, non-blocking inotify descriptor, closed in children. */
export function openInotify(): number {
  const nonBlockingAndCloseOnExec = 0o4000 | 0o2000000;
  return check(libc().symbols.inotify_init1(nonBlockingAndCloseOnExec), "inotify_init1", "");
}

/** Watches a path for the events of `mask` (inotify(7)); answers the number by which events name it. */
export function addWatch(inotify: number, path: string, mask: number): number {
  return check(libc().symbols.inotify_add_watch(inotify, text(path), mask >>> 0), "inotify_add_watch", path);
}

/** Ends a watch; one that has ended by itself (EINVAL) throws. */
export function removeWatch(inotify: number, watch: number): void {
  check(libc().symbols.inotify_rm_watch(inotify, watch), "inotify_rm_watch", `watch ${watch}`);
}

/**
 * `take-back`: the kernel takes pages back now; clean ones are read again from their file. Kernels before 5.4 cannot (EINVAL).
 * `unmap`: the pages are ours no more, what was written into them is lost; those of a file stay in the system's cache.
 */
export function adviseMemory(start: bigint, bytes: bigint, advice: "take-back" | "unmap"): void {
  const number = advice === "unmap" ? 4 : 21;
  check(libc().symbols.madvise(start, bytes, number), "madvise", `0x${start.toString(16)}`);
}
