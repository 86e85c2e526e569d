/**
 * Requests wait for the end of the restore, so long that they still can be told why it takes time. Who only looks waits until
 * it is known that what is stored is true.
 */

import type { ManagerParts } from "./parts.ts";
import { stillStarting } from "./restore.ts";
import { untilAborted } from "./work.ts";

export class Readiness {
  readonly #known = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();

  constructor(private readonly parts: Pick<ManagerParts, "clock" | "engine" | "options">) {}

  /** From now on what is listed is true, also while the network and outputs are still being taken over. */
  beginLooking(): void {
    this.#known.resolve();
  }

  /** From now on requests are answered. */
  begin(): void {
    this.#known.resolve();
    this.#ready.resolve();
  }

  /** Until requests are answered. SC_DAEMON_UNAVAILABLE when it takes longer than the limit. */
  wait(signal: AbortSignal): Promise<void> {
    return this.#wait(this.#ready.promise, signal);
  }

  /** Until what is listed is true. SC_DAEMON_UNAVAILABLE when it takes longer than the limit. */
  waitToLook(signal: AbortSignal): Promise<void> {
    return this.#wait(this.#known.promise, signal);
  }

  async #wait(moment: Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, engine, options } = this.parts;
    let isTooLate = false;
    const limit = new Promise<void>((resolve) => {
      const timer = clock.after(options.startingLimitMs, () => {
        isTooLate = true;
        resolve();
      });
      void moment.then(() => timer.cancel());
    });
    await untilAborted(Promise.race([moment, limit]), signal);
    if (isTooLate) throw stillStarting(engine.connection);
  }
}
