/** What an error kind becomes at the edges of the product. */

import type { ErrorKind } from "./catalogue.ts";

/** Status numbers of gRPC for our own services; the 14 rpcs of the peer always answer 2 (spec/grpc-api.md §8). */
export const GRPC_STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 3,
  "not-found": 5,
  exists: 6,
  state: 9,
  denied: 7,
  unavailable: 14,
  timeout: 4,
  cancelled: 1,
  exhausted: 8,
  corrupt: 15,
  unsupported: 12,
  internal: 13,
};

/** Whether the same request can succeed later without anybody changing it. */
export function isTransient(kind: ErrorKind): boolean {
  return kind === "unavailable" || kind === "timeout" || kind === "exhausted" || kind === "state";
}
