/** gRPC status of calls that ended without one of their own (grpc/grpc, doc/PROTOCOL-HTTP2.md, doc/http-grpc-status-mapping.md). */

import { GrpcError, Status } from "./grpc-error.ts";
import { decodeGrpcMessage } from "./grpc-message.ts";
import { ErrorCode } from "./http2/frame.ts";
import { findField } from "./http2/header-rules.ts";
import type { StreamFailure } from "./http2/stream.ts";
import { readMetadata } from "./wire-metadata.ts";

/** Status of a stream that was reset or lost. */
export function errorOfFailure(failure: StreamFailure): GrpcError {
  if (failure.origin === "connection") return new GrpcError(Status.UNAVAILABLE, failure.message);
  return new GrpcError(statusOfReset(failure.code), failure.message);
}

function statusOfReset(code: number): number {
  switch (code) {
    case ErrorCode.REFUSED_STREAM:
      return Status.UNAVAILABLE;
    case ErrorCode.CANCEL:
      return Status.CANCELLED;
    case ErrorCode.ENHANCE_YOUR_CALM:
      return Status.RESOURCE_EXHAUSTED;
    case ErrorCode.INADEQUATE_SECURITY:
      return Status.PERMISSION_DENIED;
    default:
      return Status.INTERNAL;
  }
}

function statusOfHttp(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return Status.INTERNAL;
    case 401:
      return Status.UNAUTHENTICATED;
    case 403:
      return Status.PERMISSION_DENIED;
    case 404:
      return Status.UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
      return Status.UNAVAILABLE;
    default:
      return Status.UNKNOWN;
  }
}

/** The error in the last fields of a response; undefined when its status is OK. */
export function errorOfTrailers(fields: readonly string[], httpStatus: number): GrpcError | undefined {
  const text = findField(fields, "grpc-status");
  if (text === undefined) {
    return httpStatus === 200
      ? new GrpcError(Status.UNKNOWN, "the server ended the call without a status")
      : new GrpcError(statusOfHttp(httpStatus), `the server answered with HTTP status ${httpStatus}`);
  }
  const status = /^\d{1,3}$/.test(text) ? Number(text) : Status.UNKNOWN;
  if (status === Status.OK) return undefined;
  return new GrpcError(
    status,
    decodeGrpcMessage(findField(fields, "grpc-message") ?? ""),
    readMetadata(fields),
  );
}
