/** What a runner is told and what it tells. */

import type { StopOptions } from "../model/container.ts";
import type { StepFailure } from "./failure.ts";
import type { Step } from "./plan.ts";
import type { Progress } from "./replace.ts";
import type { Wish } from "./wish.ts";

export interface RunnerOptions {
  /** Steps at a time; 4 to 6 is best (spec/pitfalls.md §4). */
  readonly parallel: number;
  /** Failures that can mend themselves are tried again, for ever. */
  readonly retries: boolean;
  readonly stop: StopOptions;
  readonly probationMs: number;
  readonly respectStopped: boolean;
  readonly canChange: boolean;
}

/** What a runner tells while it works. */
export type RunnerNews =
  | { readonly kind: "planned"; readonly wish: Wish; readonly step: Step }
  | { readonly kind: "progress"; readonly wish: Wish; readonly progress: Progress }
  | { readonly kind: "warning"; readonly wish: Wish; readonly message: string }
  | { readonly kind: "done"; readonly wish: Wish; readonly step: Step }
  | {
      readonly kind: "failed";
      readonly wish: Wish;
      readonly failure: StepFailure;
      /** Pause before the next try in ms; undefined = not before the file changes. */
      readonly retryInMs: number | undefined;
      /** The same message as at the try before. */
      readonly isRepeated: boolean;
    }
  /** A container whose file is gone was taken away. */
  | { readonly kind: "pruned"; readonly name: string; readonly source: string }
  | {
      readonly kind: "prune-failed";
      readonly name: string;
      readonly source: string;
      readonly message: string;
    };

/** How the first try of a wish ended. */
export type Settled =
  | { readonly kind: "done"; readonly step: Step["kind"] }
  | { readonly kind: "failed"; readonly failure: StepFailure }
  /** A later wish for the name, its withdrawal, or the end of the runner came in between. */
  | { readonly kind: "dropped" };
