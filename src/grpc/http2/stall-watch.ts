/** Notices peers that do not take what waits for them: no byte of the output, or of a stream's data, for too long. */

import type { Clock, Timer } from "../../base/clock.ts";
import type { Limits } from "../limits.ts";
import type { Output } from "./output.ts";
import type { Http2Stream } from "./stream.ts";
import type { StreamTable } from "./stream-table.ts";

export interface StallEvents {
  streamStalled(stream: Http2Stream): void;
  outputStalled(): void;
}

/** Looks per limit; a stall is noticed at most that share of its limit late. */
const LOOKS_PER_LIMIT = 4;

export class StallWatch {
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #output: Output;
  readonly #table: StreamTable;
  readonly #events: StallEvents;
  #timer: Timer | undefined;
  #isStopped = false;
  #takenBytes = 0;
  #takenMs = 0;

  constructor(clock: Clock, limits: Limits, output: Output, table: StreamTable, events: StallEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#output = output;
    this.#table = table;
    this.#events = events;
  }

  /** Something waits: look from now on, until nothing does. */
  arm(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#takenBytes = this.#output.takenBytes;
    this.#takenMs = this.#clock.nowMs();
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const limitMs = Math.min(this.#limits.outputStallMs, this.#limits.streamStallMs);
    this.#timer = this.#clock.after(limitMs / LOOKS_PER_LIMIT, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.nowMs();
    let isWaiting = false;
    for (const stream of [...this.#table.open.values()]) {
      if (stream.queue.bytes === 0) continue;
      if (nowMs - stream.progressMs >= this.#limits.streamStallMs) this.#events.streamStalled(stream);
      else isWaiting = true;
    }
    if (this.#output.queuedBytes > 0) {
      isWaiting = true;
      if (this.#output.takenBytes !== this.#takenBytes) {
        this.#takenBytes = this.#output.takenBytes;
        this.#takenMs = nowMs;
      } else if (nowMs - this.#takenMs >= this.#limits.outputStallMs) {
        this.#events.outputStalled();
        return;
      }
    } else {
      this.#takenMs = nowMs;
    }
    if (isWaiting && !this.#isStopped) this.#schedule();
  }
}
