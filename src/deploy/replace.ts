/**
 * Replacing a container by its successor (DESIGN §2): by the daemon where it offers it, else with the peer's API. Before
 * the old one is stopped everything that can fail without it has been tried; afterwards the old one comes back on failure.
 */

import type { Clock } from "../base/clock.ts";
import { isKind } from "../errors/error.ts";
import type { Container, DesiredContainer, StopOptions } from "../model/container.ts";
import type { Containers } from "./containers.ts";
import { replaceByDaemon } from "./replace-by-daemon.ts";
import { replaceByItsId } from "./replace-by-its-id.ts";
import { replaceBySecond } from "./replace-by-second.ts";

/** What is being done to a container, for the people who read along. */
export type Progress =
  | "creating"
  | "created"
  | "stopping"
  | "removing"
  | "starting"
  | "started"
  | "updating"
  | "updated"
  | "unpausing";

export interface Work {
  readonly containers: Containers;
  readonly clock: Clock;
  readonly stop: StopOptions;
  readonly probationMs: number;
  readonly say: (progress: Progress) => void;
  /** A sentence that a person should see although nothing failed. */
  readonly warn: (message: string) => void;
  /** Aborts when the work is no longer wanted: nothing begins after it, a probation ends, what has begun is finished. */
  readonly interrupt: AbortSignal;
  /** Aborts when there is no time left: every call ends at once. */
  readonly abort: AbortSignal;
}

/** What is to be done to which container. */
export interface Replacement {
  readonly old: Container;
  /** The old one runs, or did until an earlier try stopped it: then it shall run again when this fails. */
  readonly wasRunning: boolean;
  readonly desired: DesiredContainer;
  /**
   * Writes down that the replacement begins, so that the next deployer can finish or undo it if this one dies. Durable
   * when it returns. `saved` is given when the old one will be removed before its successor exists.
   */
  readonly begin: (by: "daemon" | "us", saved?: DesiredContainer) => void;
}

export interface Replaced {
  readonly container: Container;
  /** Ids of containers that should be gone, and could not be removed. */
  readonly leftovers: readonly string[];
}

/** Does it. Throws StepFailure; its phase says whether the old one had been touched. */
export async function replaceContainer(replacement: Replacement, work: Work): Promise<Replaced> {
  const { old, desired } = replacement;
  const isById = desired.id === old.id;
  const replace = work.containers.replace;
  if (replace !== undefined && (desired.id === "" || desired.id === old.id)) {
    replacement.begin("daemon");
    try {
      return await replaceByDaemon(replace, replacement, work);
    } catch (thrown) {
      // An older daemon without this call; anything else is a failure.
      if (!isKind(thrown, "unsupported")) throw thrown;
    }
    const say = (progress: Progress) => {
      // The daemon was to do it, and that was said.
      if (progress !== "creating") work.say(progress);
    };
    const toldWork = { ...work, say };
    return isById ? replaceByItsId(replacement, toldWork) : replaceBySecond(replacement, toldWork);
  }
  return isById ? replaceByItsId(replacement, work) : replaceBySecond(replacement, work);
}
