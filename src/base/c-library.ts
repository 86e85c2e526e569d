/** The C library, opened for the calls that a file of this room makes. */

import { dlopen, type FFIFunction, FFIType, type Library, read } from "bun:ffi";

/** To be among the calls of who wants to know why one failed. */
export const ERRNO_LOCATION = { __errno_location: { args: [], returns: FFIType.ptr } } as const;

/** Opens it; costs a tenth of a millisecond, and little for each call. */
export function openCLibrary<Calls extends Record<string, FFIFunction>>(calls: Calls): Library<Calls> {
  try {
    return dlopen("libc.so.6", calls);
  } catch {
    // musl has no libc.so.6; its loader offers the C library under this name.
    return dlopen("libc.so", calls);
  }
}

/** The errno of the last call, which must have failed just now. */
export function readErrno({ symbols }: Library<typeof ERRNO_LOCATION>): number {
  const location = symbols.__errno_location();
  return location === null ? 0 : read.i32(location, 0);
}
