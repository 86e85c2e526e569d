/** Tells what happens to an activity; a last word is kept on disk until it was heard. */

import type { Log } from "../../base/log.ts";
import { describeError } from "../../errors/error.ts";
import { type Activity, reportOf } from "./activity.ts";
import type { ActivityNotes, LastWord } from "./activity-notes.ts";
import type { DesiredStateWish } from "./wish.ts";
import type { Report } from "./words.ts";

export class Telling {
  constructor(
    private readonly speak: (report: Report) => Promise<void>,
    private readonly notes: ActivityNotes,
    private readonly log: Log,
  ) {}

  say(report: Report): void {
    this.speak(report).catch((thrown: unknown) => {
      this.log.debug("a feedback was not heard", { status: report.status, reason: describeError(thrown) });
    });
  }

  refuse(activityId: string, reason: unknown): void {
    // Without the hint: the peer's clients show it as it is.
    const message = reason instanceof Error ? reason.message : String(reason);
    this.say({ activityId, status: "IDENTIFICATION_FAILED", message });
  }

  /** From now on its activity is noted instead, or it was refused. */
  identified(wish: DesiredStateWish): void {
    try {
      this.notes.forgetNext(wish);
    } catch (thrown) {
      this.log.warn("a desired state stays noted as the next", { reason: describeError(thrown) });
    }
  }

  /** Where it is now, for somebody who may have missed it. */
  repeat(activity: Activity): void {
    const { all, baselines } = activity;
    const single = baselines.find(({ status }) => status !== "IDENTIFIED");
    if (all.status !== "IDENTIFIED" || single === undefined) this.say(reportOf(activity, all.status));
    else this.say(reportOf(activity, single.status, single.title));
  }

  /** Said again after a kill that comes before it was heard. */
  sayLast({ run, report }: LastWord): void {
    this.speak(report).then(
      () => this.#forget(run),
      (thrown: unknown) =>
        this.log.debug("the last word is said again after the next start", { reason: describeError(thrown) }),
    );
  }

  #forget(run: string): void {
    try {
      this.notes.heard(run);
    } catch (thrown) {
      this.log.warn("the last word of a desired state stays noted", { reason: describeError(thrown) });
    }
  }
}
