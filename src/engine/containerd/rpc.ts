/** Calls to one connected containerd: namespace and lease headers, time limits, errors in our words. */

import type { DuplexCall } from "../../grpc/call.ts";
import type { GrpcClient } from "../../grpc/client.ts";
import type {
  MethodOf,
  RequestOf,
  ResponseOf,
  ServerStreamMethodOf,
  ServiceDefinition,
  UnaryMethodOf,
} from "../../grpc/method.ts";
import { toEngineError } from "./engine-errors.ts";

export interface RpcOptions {
  readonly signal: AbortSignal;
  /** Absent: only the signal and the connection bound the call (waiting for an exit, events, uploads). */
  readonly limitMs?: number;
  /** Id of the lease that shall hold what the call makes. */
  readonly lease?: string;
}

type Request<S extends ServiceDefinition, K extends keyof S["methods"]> = RequestOf<S["methods"][K]>;
type Response<S extends ServiceDefinition, K extends keyof S["methods"]> = ResponseOf<S["methods"][K]>;

export class Rpc {
  constructor(
    private readonly client: GrpcClient,
    readonly namespace: string,
  ) {}

  async unary<S extends ServiceDefinition, K extends UnaryMethodOf<S>>(
    service: S,
    method: K,
    request: Request<S, K>,
    options: RpcOptions,
  ): Promise<Response<S, K>> {
    try {
      return await this.client.unary(service, method, request, this.#options(options));
    } catch (thrown) {
      throw toEngineError(thrown, callName(service, method), await this.#isConnected());
    }
  }

  async *serverStream<S extends ServiceDefinition, K extends ServerStreamMethodOf<S>>(
    service: S,
    method: K,
    request: Request<S, K>,
    options: RpcOptions,
  ): AsyncGenerator<Response<S, K>> {
    try {
      yield* this.client.serverStream(service, method, request, this.#options(options));
    } catch (thrown) {
      throw toEngineError(thrown, callName(service, method), await this.#isConnected());
    }
  }

  /** Errors of the call's parts come as GrpcError: pass them through `toEngineError`. */
  duplex<S extends ServiceDefinition, K extends MethodOf<S>>(
    service: S,
    method: K,
    options: RpcOptions,
  ): DuplexCall<Request<S, K>, Response<S, K>> {
    return this.client.duplex(service, method, this.#options(options));
  }

  /** Asked a moment later: a call can hear of the end of its connection before the client does. */
  async #isConnected(): Promise<boolean> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    return this.client.isOpen;
  }

  #options(options: RpcOptions) {
    return {
      signal: options.signal,
      ...(options.limitMs === undefined ? {} : { timeoutMs: options.limitMs }),
      metadata: {
        "containerd-namespace": this.namespace,
        ...(options.lease === undefined ? {} : { "containerd-lease": options.lease }),
      },
    };
  }
}

function callName(service: ServiceDefinition, method: string): string {
  return `${service.name}/${service.methods[method]?.name ?? method}`;
}
