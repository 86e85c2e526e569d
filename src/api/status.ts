/** Errors of the house as gRPC statuses. */

import { GRPC_STATUS } from "../errors/edges.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import { GrpcError, Status } from "../grpc/grpc-error.ts";
import { Metadata } from "../grpc/metadata.ts";

/** Trailers that carry our code and hint; unseen by the peer's clients. */
export const CODE_TRAILER = "supercargo-code";
export const HINT_TRAILER = "supercargo-hint-bin";

function trailers(error: SupercargoError): Metadata {
  const metadata = new Metadata();
  metadata.add(CODE_TRAILER, error.code);
  if (error.hint !== "") metadata.add(HINT_TRAILER, Buffer.from(error.hint, "utf8"));
  return metadata;
}

/** For the 14 rpcs: UNKNOWN with the text, as every client of the peer expects (spec/grpc-api.md §8). */
export function peerStatus(thrown: unknown): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  if (!(thrown instanceof SupercargoError)) return new GrpcError(Status.UNKNOWN, toError(thrown).message);
  return new GrpcError(Status.UNKNOWN, thrown.message, trailers(thrown));
}

/** For our own services: the status that fits the kind. */
export function ownStatus(thrown: unknown): GrpcError {
  if (thrown instanceof GrpcError) return thrown;
  if (!(thrown instanceof SupercargoError)) return new GrpcError(Status.INTERNAL, toError(thrown).message);
  return new GrpcError(GRPC_STATUS[thrown.kind], thrown.message, trailers(thrown));
}
