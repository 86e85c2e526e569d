/** How long the steps of a piece of work took, for a line in the log. */

import type { Clock } from "./clock.ts";

export class LapTimes {
  readonly #fields: Record<string, number> = {};
  #sinceMs: number;

  constructor(private readonly clock: Pick<Clock, "nowMs">) {
    this.#sinceMs = clock.nowMs();
  }

  /** The step that ends now; its time is that since the step before, in ms to a tenth. */
  done(step: string): void {
    const nowMs = this.clock.nowMs();
    this.#fields[`${step}Ms`] = Math.round((nowMs - this.#sinceMs) * 10) / 10;
    this.#sinceMs = nowMs;
  }

  /** `<step>Ms` of all steps, as fields of a log line. */
  get fields(): Readonly<Record<string, number>> {
    return this.#fields;
  }
}
