/** What the system says when it refuses a call: the names of errno, and the errors that carry them. */

import { SupercargoError } from "../errors/error.ts";

const ERRNO_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  4: "EINTR",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  16: "EBUSY",
  17: "EEXIST",
  20: "ENOTDIR",
  22: "EINVAL",
  24: "EMFILE",
  28: "ENOSPC",
  38: "ENOSYS",
  88: "ENOTSOCK",
  93: "EPROTONOSUPPORT",
  97: "EAFNOSUPPORT",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  111: "ECONNREFUSED",
};

/** SC_IO of a call of the C library, with number and name in `errno` and `errnoName`. */
export function failedCall(call: string, subject: string, errno: number): SupercargoError {
  const name = ERRNO_NAMES[errno] ?? `errno ${errno}`;
  return new SupercargoError("SC_IO", `${call} ${subject}: ${name}`, { fields: { errno, errnoName: name } });
}

/** Name of the errno of an error that came from here, or of a node file error; undefined for others. */
export function errnoName(thrown: unknown): string | undefined {
  if (thrown instanceof SupercargoError) {
    const name = thrown.fields["errnoName"];
    return typeof name === "string" ? name : undefined;
  }
  if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "string") return thrown.code;
  return undefined;
}
