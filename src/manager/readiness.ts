/** Requests wait for the end of the restore, so long that they still can be told why it takes time. */

import type { ManagerParts } from "./parts.ts";
import { stillStarting } from "./restore.ts";
import { untilAborted } from "./work.ts";

export class Readiness {
  readonly #ready = Promise.withResolvers<void>();

  constructor(private readonly parts: Pick<ManagerParts, "clock" | "engine" | "options">) {}

  /** From now on requests are answered. */
  begin(): void {
    this.#ready.resolve();
  }

  /** SC_DAEMON_UNAVAILABLE when it takes longer than the limit. */
  async wait(signal: AbortSignal): Promise<void> {
    const { clock, engine, options } = this.parts;
    let isTooLate = false;
    const limit = new Promise<void>((resolve) => {
      const timer = clock.after(options.startingLimitMs, () => {
        isTooLate = true;
        resolve();
      });
      void this.#ready.promise.then(() => timer.cancel());
    });
    await untilAborted(Promise.race([this.#ready.promise, limit]), signal);
    if (isTooLate) throw stillStarting(engine.connection);
  }
}
