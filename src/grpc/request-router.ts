/** From a request's head to the call that answers it, or to the reason why there is none. */

import type { Clock } from "../base/clock.ts";
import { type GrpcError, Status } from "./grpc-error.ts";
import { encodeGrpcMessage } from "./grpc-message.ts";
import { parseGrpcTimeout } from "./grpc-timeout.ts";
import { findField, type RequestHead } from "./http2/header-rules.ts";
import type { Http2Stream, StreamReceiver } from "./http2/stream.ts";
import type { Limits } from "./limits.ts";
import type { ServiceDefinition } from "./method.ts";
import { type Route, ServerCall } from "./server-call.ts";

export interface RouterOptions {
  readonly routes: ReadonlyMap<string, Route>;
  readonly services: ReadonlyMap<string, ServiceDefinition>;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly peer: string;
  readonly maxReceiveBytes: number;
  readonly mapError: (thrown: unknown) => GrpcError;
  readonly onCallBegun: () => void;
  readonly onCallOver: () => void;
}

/** application/grpc, application/grpc+proto, both with parameters. */
const CONTENT_TYPE = /^application\/grpc(\+proto)?\s*(;|$)/;

/** Drops what a request brings. */
function dropRequest(stream: Http2Stream, onEnd: () => void): StreamReceiver {
  return {
    head: () => undefined,
    data: (bytes) => stream.consumed(bytes.length),
    trailers: () => undefined,
    end: onEnd,
    failed: () => undefined,
  };
}

/** A status without a call. */
function refuse(
  stream: Http2Stream,
  status: number,
  message: string,
  extra: readonly string[] = [],
): StreamReceiver {
  const fields = [":status", "200", "content-type", "application/grpc", "grpc-status", String(status)];
  fields.push("grpc-message", encodeGrpcMessage(message), ...extra);
  // Not before the rest of the chunk is read: a request that has ended needs no RST_STREAM behind the status.
  queueMicrotask(() => stream.sendHeaders(fields, true));
  return dropRequest(stream, () => undefined);
}

/** An answer to something that is not gRPC, when it has ended. */
function refuseHttp(stream: Http2Stream, status: number, message: string): StreamReceiver {
  return dropRequest(stream, () => {
    const body = Buffer.from(`${message}\n`, "utf8");
    stream.sendHeaders(
      [
        ":status",
        String(status),
        "content-type",
        "text/plain; charset=utf-8",
        "content-length",
        `${body.length}`,
      ],
      false,
    );
    stream.sendData(body, undefined, true);
  });
}

function refusePath(stream: Http2Stream, path: string, services: RouterOptions["services"]): StreamReceiver {
  const slash = path.lastIndexOf("/");
  const service = path.slice(1, slash);
  if (slash < 1 || !path.startsWith("/")) {
    return refuse(stream, Status.UNIMPLEMENTED, `malformed method name: ${JSON.stringify(path)}`);
  }
  // The texts of gRPC's servers in Go.
  return services.has(service)
    ? refuse(stream, Status.UNIMPLEMENTED, `unknown method ${path.slice(slash + 1)} for service ${service}`)
    : refuse(stream, Status.UNIMPLEMENTED, `unknown service ${service}`);
}

/** Answers a request: gives the receiver of its stream. */
export function answerRequest(
  stream: Http2Stream,
  head: RequestHead | undefined,
  options: RouterOptions,
): StreamReceiver {
  if (head === undefined) {
    const bytes = options.limits.headerListBytes;
    return refuse(stream, Status.RESOURCE_EXHAUSTED, `the request's headers are larger than ${bytes} bytes`);
  }
  if (!CONTENT_TYPE.test(findField(head.fields, "content-type") ?? "")) {
    return refuseHttp(stream, 415, "this server speaks gRPC: content-type application/grpc is expected");
  }
  if (head.method !== "POST") return refuseHttp(stream, 405, "gRPC calls use the method POST");
  const encoding = findField(head.fields, "grpc-encoding") ?? "identity";
  if (encoding !== "identity") {
    return refuse(stream, Status.UNIMPLEMENTED, `grpc-encoding ${encoding} is not supported`, [
      "grpc-accept-encoding",
      "identity",
    ]);
  }
  const timeout = findField(head.fields, "grpc-timeout");
  const timeoutMs = timeout === undefined ? undefined : parseGrpcTimeout(timeout);
  if (timeout !== undefined && timeoutMs === undefined) {
    return refuse(stream, Status.INTERNAL, `malformed grpc-timeout ${JSON.stringify(timeout)}`);
  }
  const route = options.routes.get(head.path);
  if (route === undefined) return refusePath(stream, head.path, options.services);
  const call = new ServerCall(stream, route, head.fields, {
    clock: options.clock,
    maxReceiveBytes: options.maxReceiveBytes,
    mapError: options.mapError,
    peer: options.peer,
    timeoutMs,
    onOver: options.onCallOver,
  });
  options.onCallBegun();
  call.begin();
  return call;
}
