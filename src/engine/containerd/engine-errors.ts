/** What containerd's gRPC statuses become in our catalogue; its texts (and runc's in them) stay as they are. */

import type { ErrorCode } from "../../errors/catalogue.ts";
import { SupercargoError } from "../../errors/error.ts";
import { GrpcError, Status } from "../../grpc/grpc-error.ts";

const CODES: Readonly<Record<number, ErrorCode>> = {
  [Status.NOT_FOUND]: "SC_ENGINE_NOT_FOUND",
  [Status.ALREADY_EXISTS]: "SC_ENGINE_EXISTS",
  [Status.UNAVAILABLE]: "SC_ENGINE_UNAVAILABLE",
  // We cancel by our own signal only, whose reason is thrown as it is: this is a containerd that is going down.
  [Status.CANCELLED]: "SC_ENGINE_UNAVAILABLE",
  [Status.DEADLINE_EXCEEDED]: "SC_TIMEOUT",
};

/**
 * Anything but a GrpcError is passed on unchanged.
 * @param call name such as `Tasks/Create`
 * @param isConnected an "unavailable" is then about something behind containerd (a shim, a lock), not about containerd
 */
export function toEngineError(thrown: unknown, call: string, isConnected: boolean): unknown {
  if (!(thrown instanceof GrpcError)) return thrown;
  const fields = { call, status: thrown.status };
  if (/no space left on device|disk quota exceeded/i.test(thrown.message)) {
    return new SupercargoError("SC_DISK_FULL", thrown.message, { cause: thrown, fields });
  }
  const isBehind = isConnected && thrown.status === Status.UNAVAILABLE;
  const code = isBehind ? "SC_ENGINE_FAILED" : (CODES[thrown.status] ?? "SC_ENGINE_FAILED");
  const message =
    code === "SC_TIMEOUT"
      ? `containerd did not answer ${call} in time`
      : code === "SC_ENGINE_UNAVAILABLE"
        ? `containerd is away: ${thrown.message}`
        : thrown.message;
  return new SupercargoError(code, message, { cause: thrown, fields });
}

/** The gRPC status behind an error that came from `toEngineError`. */
export function statusOf(thrown: unknown): number | undefined {
  const status = thrown instanceof SupercargoError ? thrown.fields["status"] : undefined;
  return typeof status === "number" ? status : undefined;
}

/** Runs `call` and answers undefined when what it is about does not exist. */
export async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof SupercargoError && thrown.code === "SC_ENGINE_NOT_FOUND") return undefined;
    throw thrown;
  }
}
