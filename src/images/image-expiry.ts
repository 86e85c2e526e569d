/**
 * Takes away images that nobody has needed for long, looks for it now and then, and lets time count meanwhile.
 * It waits for `start`: before the containers are known, every image would seem unneeded.
 */

import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { describeError, isKind } from "../errors/error.ts";
import type { ImageKeeping } from "./image-keeping.ts";
import type { ImageNeeds } from "./image-needs.ts";
import type { LastUse } from "./last-use.ts";
import { IMAGE_LIMITS } from "./limits.ts";

export interface ExpiryParts {
  readonly keeping: ImageKeeping;
  readonly lastUse: LastUse;
  readonly clock: Clock;
  readonly log: Log;
  /** undefined: images are kept for ever. */
  readonly expiryMs: number | undefined;
}

export class ImageExpiry {
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  readonly #ended = new AbortController();
  #isStarted = false;
  #isEager = false;

  constructor(private readonly parts: ExpiryParts) {}

  /** @param needs asked from now on, at each look and each removal. */
  start(needs: () => ImageNeeds): void {
    this.parts.keeping.needsFrom(needs);
    this.#isStarted = true;
    this.#plan(IMAGE_LIMITS.firstLookMs);
  }

  /** Containers have come or gone: what they leave counts from now on. */
  containersChanged(): void {
    if (!this.#isStarted || this.#isEager) return;
    this.#isEager = true;
    this.#plan(IMAGE_LIMITS.soonMs);
  }

  /** Ends a look that is under way and keeps what was counted. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#ended.abort(new Error("the daemon is stopping"));
    await this.#running;
    if (this.#isStarted && this.parts.lastUse.isCounting) this.parts.lastUse.save();
  }

  #plan(pauseMs: number): void {
    this.#timer?.cancel();
    if (this.#ended.signal.aborted) return;
    this.#timer = this.parts.clock.after(pauseMs, () => {
      this.#isEager = false;
      this.#running = this.#running.then(() => this.#look());
    });
  }

  async #look(): Promise<void> {
    const { keeping, lastUse, log, expiryMs } = this.parts;
    let pauseMs: number = IMAGE_LIMITS.lookMs;
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(IMAGE_LIMITS.lookLimitMs)]);
    try {
      await keeping.sweepLeases(signal);
      const reason = "expired";
      if (expiryMs !== undefined)
        await keeping.prune({ unusedForMs: expiryMs, isDryRun: false, reason }, signal);
      pauseMs = nextLookMs(await keeping.inventory(signal), expiryMs);
      if (lastUse.isCounting) lastUse.save();
    } catch (thrown) {
      if (this.#ended.signal.aborted) return;
      const fields = { reason: describeError(thrown) };
      if (isKind(thrown, "unavailable")) log.debug("expired images were not looked for", fields);
      else log.warn("expired images could not be looked for, it is tried again later", fields);
    }
    if (!this.#isEager) this.#plan(pauseMs);
  }
}

function nextLookMs(
  images: readonly { readonly neededBy: string | undefined; readonly unusedMs: number }[],
  expiryMs: number | undefined,
): number {
  if (expiryMs === undefined) return IMAGE_LIMITS.lookMs;
  const unneeded = images.filter(({ neededBy }) => neededBy === undefined);
  const dueMs = Math.min(...unneeded.map(({ unusedMs }) => expiryMs - unusedMs), IMAGE_LIMITS.lookMs);
  return Math.max(IMAGE_LIMITS.soonMs, dueMs);
}
