/** How long is waited for commands: until we lead ourselves, or until what is down for want of a command comes back. */

import type { Clock, Timer } from "../../base/clock.ts";
import { type Activity, isDisturbing } from "./activity.ts";

export class Patience {
  #timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly onLead: (activityId: string) => void,
    private readonly onSilence: (activityId: string) => void,
  ) {}

  end(): void {
    this.#timer?.cancel();
  }

  /** Begins anew for this activity; one that we lead, or that disturbs nothing, may wait for ever. */
  begin(activity: Activity | undefined, silenceMs: number): void {
    this.#timer?.cancel();
    if (activity === undefined || activity.leader === "self") return;
    const { activityId, leadAfterMs, all, working } = activity;
    if (leadAfterMs !== undefined && all.status === "IDENTIFIED" && working === undefined) {
      this.#timer = this.clock.after(leadAfterMs, () => this.onLead(activityId));
    } else if (isDisturbing(activity)) {
      this.#timer = this.clock.after(silenceMs, () => this.onSilence(activityId));
    }
  }
}
