/**
 * Listing the containers, shared: many who want to look at the same moment cause one call. An answer is good for a short
 * time, and never for somebody who has changed something since the call began.
 */

import type { Clock } from "../base/clock.ts";
import type { Container } from "../model/container.ts";
import { abortable } from "./bounded-calls.ts";
import type { Containers } from "./containers.ts";

const GOOD_FOR_MS = 250;

interface Look {
  readonly begun: number;
  readonly begunMs: number;
  readonly answer: Promise<readonly Container[]>;
}

export class Lookout {
  #order = 0;
  #last: Look | undefined;

  /** @param abort ends a call that nobody waits for any more. */
  constructor(
    private readonly containers: Containers,
    private readonly clock: Clock,
    private readonly abort: AbortSignal,
  ) {}

  /** A mark of now: what is listed for it has been asked later. */
  mark(): number {
    return ++this.#order;
  }

  /** The containers as they are after `mark`. Rejects as `list` does, or with the signal's reason. */
  async look(mark: number, signal: AbortSignal): Promise<readonly Container[]> {
    signal.throwIfAborted();
    const last = this.#last;
    const isGood =
      last !== undefined && last.begun > mark && this.clock.nowMs() - last.begunMs <= GOOD_FOR_MS;
    return abortable((isGood ? last : this.#ask()).answer, signal);
  }

  #ask(): Look {
    const look = {
      begun: ++this.#order,
      begunMs: this.clock.nowMs(),
      answer: this.containers.list(this.abort),
    };
    this.#last = look;
    // A failed answer is nobody's answer afterwards; who waits for it gets it all the same.
    look.answer.catch(() => {
      if (this.#last === look) this.#last = undefined;
    });
    return look;
  }
}
