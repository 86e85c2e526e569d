/** Errors as the peer's command line words them: answers of the daemon with the rpc prefix, everything else bare. */

import { SupercargoError, toError } from "../errors/error.ts";

/** Code names as Go's gRPC prints them. */
const GO_CODE_NAMES: Readonly<Record<number, string>> = {
  1: "Canceled",
  2: "Unknown",
  3: "InvalidArgument",
  4: "DeadlineExceeded",
  5: "NotFound",
  6: "AlreadyExists",
  7: "PermissionDenied",
  8: "ResourceExhausted",
  9: "FailedPrecondition",
  10: "Aborted",
  11: "OutOfRange",
  12: "Unimplemented",
  13: "Internal",
  14: "Unavailable",
  15: "DataLoss",
  16: "Unauthenticated",
};

export function errorText(thrown: unknown): string {
  const error = toError(thrown);
  if (!(error instanceof SupercargoError)) return error.message;
  const status = error.fields["grpcStatus"];
  if (typeof status !== "number") return error.message;
  return `rpc error: code = ${GO_CODE_NAMES[status] ?? `Code(${status})`} desc = ${error.message}`;
}

/** What to do about it, if the daemon or we know it. */
export function errorHint(thrown: unknown): string {
  return thrown instanceof SupercargoError ? thrown.hint : "";
}
