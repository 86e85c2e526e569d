/** A connection that carries bytes in order, both ways, with back-pressure: what protocols are written against. */

/** Called by a connection; never before `open` returned, never after `closed`. */
export interface ByteReceiver {
  /** Bytes from the peer; they belong to the receiver from now on. */
  data(chunk: Uint8Array): void;
  /** All that was written has been taken: `queuedBytes` is 0 again after it was not. */
  drained(): void;
  /** The connection is gone, in both directions; without an error the peer or we ended it in order. Called exactly once. */
  closed(error: Error | undefined): void;
}

export interface ByteConnection {
  /** Who is there: `unix`, or address and port. */
  readonly peer: string;
  /** Bytes accepted by `write` that the system has not taken yet. */
  readonly queuedBytes: number;
  /** Starts delivery; called once. */
  open(receiver: ByteReceiver): void;
  /** Accepts all of `data`, which the caller may reuse afterwards. Bytes after the end are dropped. */
  write(data: Uint8Array): void;
  /** Stops delivery, so that the peer feels it. */
  pause(): void;
  resume(): void;
  /** Sends what is queued and then the end of our direction; bytes of the peer still arrive. */
  end(): void;
  /** Closes at once; what is queued is lost. */
  destroy(error?: Error): void;
}

/** Where to connect to or to listen. */
export type SocketAddress = { readonly unix: string } | { readonly host: string; readonly port: number };
