/** Counts frames that cost us more than the peer, and ends a connection that sends too many of them. */

import type { Limits } from "../limits.ts";
import { ErrorCode, Http2Error } from "./frame.ts";

type FloodKind = "pings" | "settings" | "resets" | "emptyData" | "priorities" | "windowUpdates";

/** PINGs and WINDOW_UPDATEs that one frame of data earns: peers send both in answer to it. */
const EARNED_BY_DATA = 2;

export class FloodGuard {
  readonly #limits: Limits;
  readonly #tokens: Record<FloodKind, number>;
  readonly #filledMs: Record<FloodKind, number>;

  constructor(limits: Limits, nowMs: number) {
    this.#limits = limits;
    this.#tokens = {
      pings: limits.pings.burst,
      settings: limits.settings.burst,
      resets: limits.resets.burst,
      emptyData: limits.emptyData.burst,
      priorities: limits.priorities.burst,
      windowUpdates: limits.windowUpdates.burst,
    };
    this.#filledMs = {
      pings: nowMs,
      settings: nowMs,
      resets: nowMs,
      emptyData: nowMs,
      priorities: nowMs,
      windowUpdates: nowMs,
    };
  }

  /** Counts one; throws Http2Error ENHANCE_YOUR_CALM when there were too many. */
  count(kind: FloodKind, nowMs: number): void {
    if (this.#tokens[kind] < 1) {
      const rate = this.#limits[kind];
      const elapsedMs = nowMs - this.#filledMs[kind];
      this.#filledMs[kind] = nowMs;
      this.#tokens[kind] = Math.min(rate.burst, this.#tokens[kind] + (elapsedMs * rate.perSecond) / 1000);
      if (this.#tokens[kind] < 1) throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, `too many ${kind}`);
    }
    this.#tokens[kind]--;
  }

  /** A frame with data went out or came in. */
  earn(): void {
    this.#tokens.pings = Math.min(this.#limits.pings.burst, this.#tokens.pings + EARNED_BY_DATA);
    this.#tokens.windowUpdates = Math.min(
      this.#limits.windowUpdates.burst,
      this.#tokens.windowUpdates + EARNED_BY_DATA,
    );
  }
}
