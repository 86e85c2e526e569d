/**
 * Replaces a container by its successor, or goes back (DESIGN §2). Prepare touches nothing; from the swap on the work belongs
 * to the manager and not to the caller, who may leave. The end is always one of two: the successor stays, or the old one is
 * back and runs if it ran.
 */

import { delay } from "../base/clock.ts";
import { KeyedWorker } from "../base/keyed-worker.ts";
import { backoffMs } from "../base/retry.ts";
import { isTransient } from "../errors/edges.ts";
import { describeError, hasCode, isKind, SupercargoError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import type { ContainerWish } from "../model/defaults.ts";
import type { ReplaceOptions, ReplaceOutcome, ReplacePhase } from "../model/replace.ts";
import type { Context } from "./context.ts";
import { idInUse, newId } from "./create.ts";
import type { Endings } from "./ending.ts";
import { EngineAbsence } from "./engine-absence.ts";
import type { Entry } from "./entry.ts";
import { repairFileSystem } from "./file-system-repair.ts";
import { newProbation } from "./health-state.ts";
import type { Probation, ProbationResult } from "./probation.ts";
import { NewIdPath } from "./replace-new-id.ts";
import { noteKey, type ReplaceNote, writeNote } from "./replace-note.ts";
import type { ReplacePath } from "./replace-path.ts";
import { dropPrepared, PrepareFailure, prepareReplacement } from "./replace-prepare.ts";
import { SameIdPath } from "./replace-same-id.ts";
import { type Restarter, startFailureReason } from "./restarter.ts";
import type { Starter } from "./starter.ts";
import { unseenEnd } from "./unseen-end.ts";
import { untilAborted } from "./work.ts";

const PAUSES = { firstMs: 200, capMs: 30_000, jitter: 0.2 };
const START_TRIES = 3;

interface Failure {
  readonly phase: ReplacePhase;
  readonly reason: string;
  readonly isTransient: boolean;
}

export class Replacer {
  readonly #locks = new KeyedWorker();
  readonly #sameId: SameIdPath;
  readonly #newId: NewIdPath;

  constructor(
    private readonly ctx: Context,
    private readonly starter: Starter,
    endings: Endings,
    private readonly restarter: Restarter,
  ) {
    this.#sameId = new SameIdPath(ctx, starter, endings, restarter);
    this.#newId = new NewIdPath(ctx, starter, endings, restarter);
  }

  /** SC_CONTAINER_NOT_FOUND; everything else that goes wrong is an outcome. A caller that leaves gets its signal's reason. */
  async replace(
    id: string,
    wish: ContainerWish,
    options: ReplaceOptions,
    signal: AbortSignal,
    origin: string,
  ): Promise<ReplaceOutcome> {
    const { name } = this.ctx.roster.require(id).container;
    const wanted = wish.name === undefined || wish.name === "" ? name : wish.name;
    const job = () => this.#replaceLocked(id, wish, options, signal, origin);
    return await untilAborted(this.alone(id, [name, wanted], signal, job), signal);
  }

  /** Runs `job` while nobody else replaces this container or one of these names. The id is taken at once if it is free. */
  alone<T>(id: string, names: readonly string[], signal: AbortSignal, job: () => Promise<T>): Promise<T> {
    const sorted = [...new Set(names)].sort().map((name) => `name ${name}`);
    return this.#locked([`id ${id}`, ...sorted], signal, job);
  }

  /** Runs `job` while nobody else replaces a container of this name. */
  withName<T>(name: string, signal: AbortSignal, job: () => Promise<T>): Promise<T> {
    return this.#locks.run(`name ${name}`, job, signal);
  }

  pathOf(note: ReplaceNote): ReplacePath {
    return note.id === note.nextId ? this.#sameId : this.#newId;
  }

  /** Waits for the end of the probation and does what follows from it. */
  async conclude(note: ReplaceNote, probation: Probation): Promise<ReplaceOutcome> {
    const absence = new EngineAbsence(this.ctx.parts.engine);
    try {
      return await this.#conclude(note, probation, absence);
    } finally {
      absence.end();
    }
  }

  async #conclude(note: ReplaceNote, probation: Probation, absence: EngineAbsence): Promise<ReplaceOutcome> {
    const failed = (reason: string): Failure => ({
      phase: "probation",
      reason,
      isTransient: absence.wasSeen,
    });
    const result = await untilAborted(probation.result, this.ctx.lifetime);
    if (result.kind === "failed") return await this.goBack(note, failed(result.reason));
    // In its turn: a stop or a removal that is under way is not taken for a failure.
    const unseen =
      result.kind === "passed" && !result.exitedWithZero
        ? await this.ctx.work.follow(note.nextId, () => unseenEnd(this.ctx, note.nextId))
        : undefined;
    if (unseen !== undefined) return await this.goBack(note, failed(unseen));
    return await this.#stay(note, result);
  }

  /** Puts the old one in its place again, however often that has to be tried, and starts it if it ran. */
  async goBack(note: ReplaceNote, failure: Failure): Promise<ReplaceOutcome> {
    const { log } = this.ctx.parts;
    const fields = { container: note.id, phase: failure.phase, reason: failure.reason };
    log.warn("replacement failed, the old container comes back", fields);
    const back: ReplaceNote = { ...note, ...failure, step: "rollback" };
    const old = await this.#untilBack(back);
    log.info("the old container is back", { container: old.id, status: old.state.status });
    return { kind: "rolled-back", ...failure, old };
  }

  async #replaceLocked(
    id: string,
    wish: ContainerWish,
    options: ReplaceOptions,
    signal: AbortSignal,
    origin: string,
  ): Promise<ReplaceOutcome> {
    const { roster, reserved, parts } = this.ctx;
    const entry = roster.require(id);
    // The successor's id is taken from now on: nobody else can make a container of it.
    const nextId = wish.id === undefined || wish.id === "" ? newId(parts) : wish.id;
    const isNew = nextId !== id;
    if (isNew && (roster.get(nextId) !== undefined || reserved.has(nextId))) {
      return { kind: "rolled-back", ...failureOf(idInUse(nextId), "prepare"), old: entry.container };
    }
    if (isNew) reserved.add(nextId);
    const next = { id: nextId, name: wish.name ?? "", image: wish.image ?? entry.container.image };
    try {
      return await this.ctx.asked.during([next, entry.container], async () => {
        const desired = { ...wish, id: nextId };
        return await this.carryOut(
          entry,
          await prepareReplacement(this.ctx, entry, desired, origin, options, signal),
        );
      });
    } catch (thrown) {
      if (!(thrown instanceof PrepareFailure)) throw thrown;
      if (signal.aborted || hasCode(thrown.error, "SC_CANCELLED")) throw thrown.error;
      return { kind: "rolled-back", ...failureOf(thrown.error, "prepare"), old: entry.container };
    } finally {
      if (isNew) reserved.delete(nextId);
    }
  }

  /** Swap, probation and what follows. */
  async carryOut(entry: Entry, prepared: ReplaceNote): Promise<ReplaceOutcome> {
    const probation = newProbation(this.ctx, prepared);
    const path = this.pathOf(prepared);
    let note = prepared;
    let hasBegun = false;
    const absence = new EngineAbsence(this.ctx.parts.engine);
    try {
      await this.ctx.work.follow(entry.id, async () => {
        // Also when there is another one of this id by now: it is not the one that was to be replaced.
        if (this.ctx.roster.get(entry.id) !== entry) throw removedMeanwhile(entry.id);
        hasBegun = true;
        entry.blocked = "it is being replaced";
        note = { ...prepared, old: entry.container, oldAdditions: entry.additions, oldRan: hasRun(entry) };
        await path.swap(entry, note, probation, (changed) => {
          writeNote(this.ctx.parts.journal, changed);
          note = changed;
        });
      });
    } catch (thrown) {
      probation.suspend();
      if (!hasBegun) {
        await dropPrepared(this.ctx, prepared);
        throw thrown;
      }
      if (this.ctx.roster.get(entry.id) === undefined && this.ctx.roster.get(note.nextId) === undefined) {
        throw thrown;
      }
      const failure = failureOf(thrown, "start");
      return await this.goBack(note, { ...failure, isTransient: failure.isTransient || absence.wasSeen });
    } finally {
      absence.end();
    }
    return await this.conclude(note, probation);
  }

  async #stay(
    note: ReplaceNote,
    result: Exclude<ProbationResult, { kind: "failed" }>,
  ): Promise<ReplaceOutcome> {
    await this.ctx.work.follow(note.id, async () => {
      const successor = this.ctx.roster.get(note.nextId);
      if (successor !== undefined) successor.probation = undefined;
      await this.pathOf(note).settle(note);
    });
    const container = this.ctx.roster.get(note.nextId)?.container;
    if (container === undefined) throw removedMeanwhile(note.nextId);
    const exitedWithZero = result.kind === "passed" && result.exitedWithZero;
    const { written } = note;
    if (written !== undefined && written.files > 0) {
      this.ctx.parts.log.info("what the old container had written into its own layer is gone", {
        container: note.id,
        bytes: written.bytes,
        files: written.files,
      });
    }
    return { kind: "replaced", container, exitedWithZero, dropped: written };
  }

  async #untilBack(note: ReplaceNote): Promise<Container> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ctx.work.follow(note.id, async () => {
          this.#noteRollback(note);
          const entry = await this.pathOf(note).bringBack(note);
          await this.#startAgain(entry, note);
          entry.blocked = undefined;
          this.ctx.parts.journal.remove(noteKey(note.id));
          return entry.container;
        });
      } catch (thrown) {
        this.ctx.lifetime.throwIfAborted();
        const pauseMs = backoffMs(PAUSES, attempt);
        this.ctx.parts.log.error("the old container is not back yet, will be tried again", {
          container: note.id,
          reason: describeError(thrown),
          attempt,
          inMs: Math.round(pauseMs),
        });
        await delay(this.ctx.parts.clock, pauseMs, this.ctx.lifetime);
      }
    }
  }

  /** A disk that takes no note must not keep the old one from coming back; the notes before lead there too. */
  #noteRollback(note: ReplaceNote): void {
    try {
      writeNote(this.ctx.parts.journal, note);
    } catch (thrown) {
      this.ctx.parts.log.warn("cannot note that a replacement is taken back", {
        container: note.id,
        reason: describeError(thrown),
      });
    }
  }

  async #startAgain(entry: Entry, note: ReplaceNote): Promise<void> {
    if (!note.oldRan || entry.run !== undefined) return;
    for (let attempt = 1; ; attempt++) {
      try {
        await repairFileSystem(this.ctx, entry);
        await this.starter.start(entry);
        return;
      } catch (thrown) {
        if (isKind(thrown, "unavailable")) throw thrown;
        if (attempt < START_TRIES) {
          await delay(this.ctx.parts.clock, backoffMs(PAUSES, attempt), this.ctx.lifetime);
          continue;
        }
        const { exitCode } = entry.container.state;
        const reason = startFailureReason(thrown);
        this.restarter.consider(entry, { exitCode, runMs: 0, startFailed: true, reason });
        return;
      }
    }
  }

  #locked<T>(keys: readonly string[], signal: AbortSignal, job: () => Promise<T>): Promise<T> {
    const [first, ...rest] = keys;
    if (first === undefined) return job();
    return this.#locks.run(first, () => this.#locked(rest, signal, job), signal);
  }
}

function hasRun(entry: Entry): boolean {
  return entry.run !== undefined || entry.restart !== undefined;
}

function failureOf(thrown: unknown, phase: ReplacePhase): Failure {
  return {
    phase,
    reason: describeError(thrown),
    isTransient: thrown instanceof SupercargoError && isTransient(thrown.kind),
  };
}

function removedMeanwhile(id: string): SupercargoError {
  return new SupercargoError("SC_REPLACE_FAILED", `container ${id} was removed while it was being replaced`, {
    fields: { container: id },
  });
}
