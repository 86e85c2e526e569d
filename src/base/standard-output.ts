/**
 * Writing to the program's own output by the C library: the runtime's stream objects cost 3 ms and 4 MiB at every start,
 * node's files 1 ms.
 */

import { FFIType } from "bun:ffi";
import { ERRNO_LOCATION, openCLibrary, readErrno } from "./c-library.ts";
import { failedCall } from "./errno.ts";

/** A reader that is slow is asked again after this time. */
const PAUSE_MS = 1;
const EINTR = 4;
const EAGAIN = 11;
const EPIPE = 32;

let opened: ReturnType<typeof openCalls> | undefined;

function openCalls() {
  return openCLibrary({
    write: { args: [FFIType.i32, FFIType.ptr, FFIType.u64], returns: FFIType.i64 },
    isatty: { args: [FFIType.i32], returns: FFIType.i32 },
    ...ERRNO_LOCATION,
  });
}

function calls() {
  opened ??= openCalls();
  return opened;
}

/** Writes all of a text, waiting for a slow reader. Answers false when nobody reads any more; other errors are SC_IO. */
export function writeToDescriptor(descriptor: number, text: string): boolean {
  return writeBytesToDescriptor(descriptor, Buffer.from(text, "utf8"));
}

/** As `writeToDescriptor`, for bytes. */
export function writeBytesToDescriptor(descriptor: number, data: Uint8Array): boolean {
  let rest = data;
  while (rest.length > 0) {
    const written = Number(calls().symbols.write(descriptor, rest, rest.length));
    if (written >= 0) {
      rest = rest.subarray(written);
      continue;
    }
    const errno = readErrno(calls());
    if (errno === EPIPE) return false;
    if (errno === EINTR) continue;
    // A terminal or pipe that somebody has made non-blocking for all who share it.
    if (errno !== EAGAIN) throw failedCall("write", `descriptor ${descriptor}`, errno);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
  return true;
}

/** Whether an open descriptor is a terminal. */
export function isTerminal(descriptor: number): boolean {
  return calls().symbols.isatty(descriptor) === 1;
}
