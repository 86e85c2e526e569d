/** What an HTTP/2 connection tells its owner, and what the owner decides about it. */

import type { Clock } from "../../base/clock.ts";
import type { Limits } from "../limits.ts";
import type { RequestHead } from "./header-rules.ts";
import type { KeepaliveOptions } from "./keepalive.ts";
import type { Http2Stream, StreamReceiver } from "./stream.ts";

/** What the owner of a connection hears. */
export interface ConnectionEvents {
  /** A new request; only at a server. `head` is undefined when its header list was too large. */
  request(stream: Http2Stream, head: RequestHead | undefined): StreamReceiver;
  /** The peer's SETTINGS have come. */
  ready(): void;
  /** A stream ended, or the peer allows more: there may be room for another. */
  roomChanged(): void;
  /** The peer takes no new streams; those that it will not answer have failed. */
  goingAway(code: number, message: string): void;
  /** The connection is gone; undefined when it was ended in order. */
  closed(error: Error | undefined): void;
}

export interface ConnectionOptions {
  readonly isServer: boolean;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly keepalive?: KeepaliveOptions;
  /** A client's first stream id; only tests begin near the end of the numbers. */
  readonly firstStreamId?: number;
}
