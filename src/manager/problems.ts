/**
 * What a person should know of: state that was unreadable, containers that crash again and again, state that the disk does not
 * take. Looked up when asked for, so that nothing stays that is over.
 */

import type { Problem } from "../model/problem.ts";
import type { StoreProblem } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";

/** Restarts by themselves from which on it is told; fewer are an accident. */
const CRASHES_TOLD = 3;

const ASIDE = "nothing was deleted; what was put aside lies in supercargo/quarantine below the home folder";

/** State files that could not be read, found at this start or an earlier one, by container. */
export class UnreadableStates {
  readonly #problems = new Map<string, Problem & { readonly isLost: boolean }>();

  constructor(private readonly ctx: Context) {}

  /** Found just now: logged, and told as long as the daemon runs. */
  found({ id, path, reason }: StoreProblem): void {
    this.ctx.parts.log.error("state of a container cannot be read, it was put aside", {
      container: id,
      path,
      reason,
    });
    const isLost = this.ctx.roster.get(id) === undefined;
    this.#problems.set(path, { ...unreadable(id, path, reason), isLost });
  }

  /** A note of work in several steps, which cannot be gone on with. */
  foundNote({ id, path, reason }: StoreProblem): void {
    this.ctx.parts.log.error("a note cannot be read, it was put aside", { path, reason });
    const message = `a note of unfinished work could not be read (${path}): ${reason}`;
    this.#problems.set(path, {
      code: "SC_STATE_UNREADABLE",
      message,
      hint: ASIDE,
      subject: id,
      isLost: false,
    });
  }

  /** Found by an earlier daemon and still without a container: its part in the engine is kept. */
  stillMissing(id: string, path: string): void {
    if (this.#problems.has(path)) return;
    const reason = "its state was put aside at an earlier start";
    this.#problems.set(path, { ...unreadable(id, path, reason), isLost: true });
  }

  /** A container that was lost and has been made anew is none any more. */
  list(): readonly Problem[] {
    return [...this.#problems.values()]
      .filter(({ subject, isLost }) => !isLost || this.ctx.roster.get(subject) === undefined)
      .map(({ isLost: _, ...problem }) => problem);
  }
}

function unreadable(id: string, path: string, reason: string): Problem {
  return {
    code: "SC_STATE_UNREADABLE",
    message: `state of container ${id} could not be read (${path}): ${reason}`,
    hint: ASIDE,
    subject: id,
  };
}

/** The problems of all containers at this moment. */
export function containerProblems(ctx: Context): readonly Problem[] {
  return ctx.roster
    .entries()
    .flatMap((entry) => [
      ...crashLoop(ctx, entry),
      ...unhealthy(ctx, entry),
      ...unsaved(entry),
      ...robbed(entry),
      ...outputLosses(entry),
    ]);
}

function crashLoop(ctx: Context, { container, restart }: Entry): readonly Problem[] {
  if (restart === undefined || container.restartCount < CRASHES_TOLD) return [];
  const inSeconds = Math.max(0, (restart.dueAtMs - ctx.parts.clock.nowMs()) / 1000).toFixed(1);
  return [
    {
      code: "SC_CONTAINER_CRASHES",
      message: `container ${container.name} (${container.id}) ${restart.reason}; restart ${container.restartCount} in ${inSeconds} s`,
      hint: "its output tells why; a stop ends the restarts",
      subject: container.id,
    },
  ];
}

function unhealthy(ctx: Context, { container }: Entry): readonly Problem[] {
  const report = ctx.health.get(container.id);
  if (report?.status !== "unhealthy") return [];
  const said = report.lastProbe === undefined ? "" : `: ${report.lastProbe.output}`;
  return [
    {
      code: "SC_CONTAINER_UNHEALTHY",
      message: `container ${container.name} (${container.id}) is unhealthy since ${report.since}${said}`,
      hint: "its output and the probe of its healthcheck tell why",
      subject: container.id,
    },
  ];
}

function unsaved({ id, isUnsaved }: Entry): readonly Problem[] {
  if (!isUnsaved) return [];
  return [
    {
      code: "SC_IO",
      message: `the state of container ${id} cannot be saved; it is tried again until the disk takes it`,
      hint: "is the file system of the home folder full, or read-only?",
      subject: id,
    },
  ];
}

function robbed({ id, isRobbed, container: { name }, run }: Entry): readonly Problem[] {
  if (!isRobbed) return [];
  const next =
    run === undefined ? "it cannot be started" : "it goes on, and what it writes now is lost at its end";
  return [
    {
      code: "SC_CONTAINER_ROBBED",
      message: `somebody else took the file system of container ${name} (${id}) away: ${next}`,
      hint: "remove the container and create it again; one that is restarted by itself gets its file system anew from its image",
      subject: id,
    },
  ];
}

/** Of the present run: a log that cannot be written now, else what its container lost. */
function outputLosses({ id, container: { name }, run }: Entry): readonly Problem[] {
  if (run === undefined) return [];
  const { lines, refusal } = run.output.losses;
  const lost = lines === 0 ? "" : `; ${lines} lines of output were dropped since its start`;
  if (refusal !== undefined) {
    const isFull = refusal === "ENOSPC" || refusal === "EDQUOT";
    return [
      {
        code: isFull ? "SC_DISK_FULL" : "SC_IO",
        message: `the log of container ${name} (${id}) cannot be written (${refusal})${lost}`,
        hint: "it goes on by itself once the disk takes it; free space where the log lies",
        subject: id,
      },
    ];
  }
  if (lines === 0) return [];
  return [
    {
      code: "SC_OUTPUT_DROPPED",
      message: `the log of container ${name} (${id}) has gaps${lost}`,
      hint: "a larger max_buffer_size, or the mode blocking, keeps more; the log tells where lines are missing",
      subject: id,
    },
  ];
}
