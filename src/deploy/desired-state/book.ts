/** The activity that is under way: its present record, replaced and never changed in place, its note on disk, its reports. */

import type { Log } from "../../base/log.ts";
import { describeError } from "../../errors/error.ts";
import type { Action, Activity, Stage } from "./activity.ts";
import { reportOf, withAction, withBaselineStatus, withoutWork, withStage } from "./activity.ts";
import type { Command, OverallStatus, PhaseStatus, Report } from "./words.ts";

export class Book {
  #record: Activity;

  constructor(
    record: Activity,
    /** Durable when it returns. */
    private readonly write: (record: Activity) => void,
    private readonly tell: (report: Report) => void,
    private readonly log: Log,
  ) {
    this.#record = record;
  }

  get record(): Activity {
    return this.#record;
  }

  action(index: number): Action {
    const action = this.#record.actions[index];
    if (action === undefined) throw new RangeError(`there is no action ${index}`);
    return action;
  }

  setAction(index: number, change: Partial<Action>): void {
    this.#record = withAction(this.#record, index, change);
  }

  set(change: Partial<Activity>): void {
    this.#record = { ...this.#record, ...change };
  }

  setStage(members: readonly number[], stage: Stage): void {
    this.#record = withStage(this.#record, members, stage);
  }

  save(): void {
    this.write(this.#record);
  }

  /** Where a note that cannot be written must not keep the device from its good state: it is only told. */
  saveIfPossible(): void {
    try {
      this.save();
    } catch (thrown) {
      this.log.warn("the state of a desired state cannot be noted", { reason: describeError(thrown) });
    }
  }

  /** Notes, durably, that a command begins and how far its actions may get by it; going back needs no note. */
  begin(command: Command, baseline: string | undefined, members: readonly number[], stage?: Stage): void {
    const working = { command, ...(baseline === undefined ? {} : { baseline }) };
    this.#record = { ...this.#record, working };
    if (stage === undefined) {
      this.saveIfPossible();
      return;
    }
    this.#record = withStage(this.#record, members, stage);
    this.save();
  }

  /** Notes that it has ended, and tells its status; what is not noted is done again after a kill, without effect. */
  end(baseline: string | undefined, status: PhaseStatus): void {
    this.#record = withoutWork(withBaselineStatus(this.#record, baseline, status));
    this.saveIfPossible();
    this.report(status, baseline);
  }

  /** Of a phase that works, or of the whole (without baseline). */
  report(status: PhaseStatus | OverallStatus, baseline?: string, message?: string): void {
    this.tell(reportOf(this.#record, status, baseline, message));
  }
}
