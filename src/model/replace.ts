/** Words for replacing a container by its successor (DESIGN §2 "Replacing a container"). */

import type { Container, StopOptions } from "./container.ts";

export interface ReplaceOptions {
  /** The old one is stopped with this; force after the timeout. */
  readonly stop: StopOptions;
  /** How long the successor is watched, in ms; 0 = only that it starts. */
  readonly probationMs: number;
}

export type ReplacePhase = "prepare" | "start" | "probation";

/** What a container has written into its own layers: files with content. */
export interface WrittenLayers {
  readonly bytes: number;
  readonly files: number;
  /** False: there is more, counting was given up. */
  readonly isAll: boolean;
}

/** What became of a replacement. After "rolled-back" the old one is as it was before: running if it ran. */
export type ReplaceOutcome =
  | {
      readonly kind: "replaced";
      readonly container: Container;
      readonly exitedWithZero: boolean;
      /** What the old one had written into its own layers, and is gone; undefined when that is not known. */
      readonly dropped?: WrittenLayers | undefined;
    }
  | {
      readonly kind: "rolled-back";
      readonly phase: ReplacePhase;
      readonly reason: string;
      readonly old: Container;
      /** The same wish can succeed later without a change (registry away, disk full, port in use). */
      readonly isTransient: boolean;
    };
