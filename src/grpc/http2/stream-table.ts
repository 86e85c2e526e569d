/** The streams of a connection: those that are open, which ids have been used, and which were reset not long ago. */

import type { Http2Stream } from "./stream.ts";

/** Ids of reset streams that are remembered: frames that the peer sent before it knew are no fault. */
const REMEMBERED_RESETS = 1024;

export class StreamTable {
  readonly open = new Map<number, Http2Stream>();
  /** Highest stream id that the peer has used. */
  lastPeerId = 0;
  /** Next id of ours; only clients begin streams. */
  nextOwnId: number;
  readonly #isServer: boolean;
  readonly #resets = new Set<number>();

  constructor(isServer: boolean, firstOwnId: number) {
    this.#isServer = isServer;
    this.nextOwnId = firstOwnId;
  }

  /** Whether the stream was never begun. */
  isIdle(id: number): boolean {
    const isClients = id % 2 === 1;
    if (this.#isServer) return !isClients || id > this.lastPeerId;
    return !isClients || id >= this.nextOwnId;
  }

  rememberReset(id: number): void {
    this.#resets.add(id);
    if (this.#resets.size <= REMEMBERED_RESETS) return;
    for (const oldest of this.#resets) {
      this.#resets.delete(oldest);
      return;
    }
  }

  /** Whether frames on this closed stream are to be ignored. A client forgives all: it cancels more than it can remember. */
  wasReset(id: number): boolean {
    return !this.#isServer || this.#resets.has(id);
  }
}
