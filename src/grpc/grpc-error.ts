/** The status of a call that did not succeed, and the numbers of gRPC's status codes. */

import type { Metadata } from "./metadata.ts";

/** gRPC status codes (grpc/grpc, doc/statuscodes.md). */
export const Status = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/**
 * A call ended with a status other than OK. Thrown by the client; thrown in a handler it is what the client gets.
 * `metadata` are the trailers (on the server: those to send), undefined when there are none.
 */
export class GrpcError extends Error {
  override readonly name = "GrpcError";
  readonly status: number;
  readonly metadata: Metadata | undefined;

  constructor(status: number, message: string, metadata?: Metadata, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.metadata = metadata;
  }
}

/** Name of a status code for messages; its number when it has none. */
export function statusName(status: number): string {
  for (const [name, number] of Object.entries(Status)) if (number === status) return name;
  return String(status);
}
