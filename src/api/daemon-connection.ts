/** A client's connection to a daemon over its socket: made when needed, made anew when lost, errors in our words. */

import { CATALOGUE, type ErrorCode } from "../errors/catalogue.ts";
import { hasCode, SupercargoError } from "../errors/error.ts";
import type { CallOptions } from "../grpc/call.ts";
import { GrpcClient } from "../grpc/client.ts";
import { GrpcError, Status } from "../grpc/grpc-error.ts";
import { CODE_TRAILER, HINT_TRAILER } from "./status.ts";

/** A list is one message, and nothing bounds how many containers there are; gRPC's own limit of 4 MiB is for strangers. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Where a daemon listens. */
export type DaemonAddress = { readonly unix: string } | { readonly host: string; readonly port: number };

function addressText(address: DaemonAddress): string {
  return "unix" in address ? address.unix : `${address.host}:${address.port}`;
}

function isCode(text: string | undefined): text is ErrorCode {
  return text !== undefined && text in CATALOGUE;
}

/** What a status means here; the daemon's own code and hint if it sent them. */
export function errorOfStatus(error: GrpcError, address: string): SupercargoError {
  const code = error.metadata?.get(CODE_TRAILER);
  const hint = error.metadata?.getBytes(HINT_TRAILER);
  const details = {
    cause: error,
    fields: { grpcStatus: error.status },
    ...(hint === undefined ? {} : { hint: Buffer.from(hint).toString("utf8") }),
  };
  if (isCode(code)) return new SupercargoError(code, error.message, details);
  switch (error.status) {
    case Status.UNAVAILABLE:
      return new SupercargoError(
        "SC_DAEMON_UNAVAILABLE",
        `lost the daemon at ${address}: ${error.message}`,
        details,
      );
    case Status.DEADLINE_EXCEEDED:
      return new SupercargoError("SC_TIMEOUT", `the daemon at ${address} did not answer in time`, details);
    case Status.CANCELLED:
      return new SupercargoError("SC_CANCELLED", error.message, details);
    case Status.UNIMPLEMENTED:
      return new SupercargoError("SC_UNSUPPORTED", error.message, details);
    default:
      return new SupercargoError("SC_CALL_FAILED", error.message, details);
  }
}

export class DaemonConnection {
  #client: Promise<GrpcClient> | undefined;

  /** @param connectTimeoutMs limit of one try to connect. */
  constructor(
    readonly address: DaemonAddress,
    private readonly connectTimeoutMs = 30_000,
  ) {}

  get addressText(): string {
    return addressText(this.address);
  }

  /** Runs a call on the open connection. Connection faults are SC_DAEMON_UNAVAILABLE with the socket's path. */
  async call<T>(
    use: (client: GrpcClient, options: CallOptions) => Promise<T>,
    options: CallOptions,
  ): Promise<T> {
    const client = await this.#connect(options.signal);
    try {
      return await use(client, options);
    } catch (thrown) {
      throw this.translate(thrown);
    }
  }

  /**
   * As `call`, for a question that opens the connection and may be asked twice: it leaves at once, without waiting for the
   * daemon's first words. A connection that ends before these is as none: SC_DAEMON_UNAVAILABLE without `grpcStatus`.
   */
  async ask<T>(
    use: (client: GrpcClient, options: CallOptions) => Promise<T>,
    options: CallOptions,
  ): Promise<T> {
    const client = await this.#connect(options.signal, true);
    try {
      return await use(client, options);
    } catch (thrown) {
      options.signal?.throwIfAborted();
      throw client.hasAnswered ? this.translate(thrown) : this.#absence(thrown);
    }
  }

  /** A stream on the open connection, errors translated. */
  async *stream<T>(
    open: (client: GrpcClient, options: CallOptions) => AsyncIterable<T>,
    options: CallOptions,
  ): AsyncIterable<T> {
    const client = await this.#connect(options.signal);
    try {
      yield* open(client, options);
    } catch (thrown) {
      throw this.translate(thrown);
    }
  }

  translate(thrown: unknown): unknown {
    return thrown instanceof GrpcError ? errorOfStatus(thrown, this.addressText) : thrown;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined) (await client).close();
  }

  #connect(signal: AbortSignal | undefined, isEager = false): Promise<GrpcClient> {
    if (this.#client === undefined) {
      const connecting = this.#open(signal, isEager);
      this.#client = connecting;
      const forget = () => {
        if (this.#client === connecting) this.#client = undefined;
      };
      connecting.then((client) => client.closed.then(forget, forget), forget);
    }
    return this.#client;
  }

  async #open(signal: AbortSignal | undefined, isEager: boolean): Promise<GrpcClient> {
    try {
      return await GrpcClient.connect(this.address, {
        timeoutMs: this.connectTimeoutMs,
        maxReceiveBytes: MAX_ANSWER_BYTES,
        isEager,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (thrown) {
      signal?.throwIfAborted();
      throw this.#absence(thrown);
    }
  }

  #absence(cause: unknown): SupercargoError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const errnoName = hasCode(cause, "SC_CONNECT_FAILED") ? cause.fields["errnoName"] : undefined;
    return new SupercargoError(
      "SC_DAEMON_UNAVAILABLE",
      `no daemon answers at ${this.addressText}: ${reason}`,
      {
        cause,
        ...(errnoName === undefined ? {} : { fields: { errnoName } }),
        hint: "is container-management running, and may you use its socket (root, or the group that owns it)?",
      },
    );
  }
}
