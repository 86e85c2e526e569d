/** What a conductor of desired states is made of. */

import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { StopOptions } from "../../model/container.ts";
import type { Journal } from "../../store/store.ts";
import type { Device } from "./device.ts";
import type { IdentifyOptions } from "./identify.ts";
import type { Report } from "./words.ts";

export interface ConductorOptions extends IdentifyOptions {
  readonly stop: StopOptions;
  /** How long what was started in our own lead is watched. */
  readonly probationMs: number;
  /** An orchestrator that is silent for so long while something is down: what ran before comes back. */
  readonly silenceMs: number;
  /** The same after a start of the daemon. */
  readonly silenceAfterStartMs: number;
  /** Asked when the time in which commands were awaited is over: whether we lead then. Absent: always. */
  readonly mayLead?: () => boolean;
}

export interface ConductorParts {
  readonly device: Device;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: ConductorOptions;
  /** Tells the world; resolves when it was heard. */
  readonly tell: (report: Report) => Promise<void>;
  /** An activity has come to its end. */
  readonly onEnd?: () => void;
}
