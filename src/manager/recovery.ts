/** Goes on with the replacements that a killed daemon left unfinished (steps: replace-note.ts). */

import type { Adopted } from "./adopt.ts";
import type { Context } from "./context.ts";
import type { Endings } from "./ending.ts";
import { type Entry, snapshotKey } from "./entry.ts";
import { awaitsHealth, newProbation } from "./health-state.ts";
import { persist } from "./persist.ts";
import type { Probation } from "./probation.ts";
import { epochMs, type ReplaceNote, restOfProbationMs } from "./replace-note.ts";
import type { Replacer } from "./replacer.ts";
import { startFailureReason } from "./restarter.ts";
import type { StartPolicy } from "./start-policy.ts";
import type { Starter } from "./starter.ts";

const INTERRUPTED = "the daemon was ended during the replacement";

const FAILED_UNSEEN = "it ended with an error while the daemon was away";

export class Recovery {
  constructor(
    private readonly ctx: Context,
    private readonly replacer: Replacer,
    private readonly starter: Starter,
    private readonly endings: Endings,
    private readonly startPolicy: StartPolicy,
  ) {}

  /** Starts the work and returns; both containers are blocked, or in probation, before the first request can come. */
  resume(note: ReplaceNote, adopted: ReadonlyMap<string, Adopted>): void {
    const { roster, reserved, work, lifetime } = this.ctx;
    this.ctx.parts.log.info("a replacement is taken up again", { container: note.id, step: note.step });
    if (note.id !== note.nextId) reserved.add(note.nextId);
    for (const id of [note.id, note.nextId]) {
      const entry = roster.get(id);
      if (entry !== undefined) entry.blocked = "a replacement is taken up again";
    }
    const what = `replacement of container ${note.id}`;
    const names = [note.old.name, note.next.name];
    const goingOn = this.replacer.alone(note.id, names, lifetime, () => this.#goOn(note, adopted));
    work.background(
      what,
      goingOn.finally(() => reserved.delete(note.nextId)),
    );
  }

  async #goOn(note: ReplaceNote, adopted: ReadonlyMap<string, Adopted>): Promise<void> {
    const state = adopted.get(note.nextId) ?? { kind: "idle" };
    if (note.step === "settle") return await this.#settle(note, state);
    if (note.step !== "probation") return await this.#goBack(note);
    const successor = this.ctx.roster.get(note.nextId);
    const standing = await this.#standing(note, successor);
    const restMs = restOfProbationMs(note, epochMs(this.ctx.parts.clock.stamp()));
    if (standing === "old") return await this.#goBack(note);
    if (restMs === 0 && standing === "successor" && hasFailedInTime(note, successor)) {
      return await this.#goBack({ ...note, phase: "probation", reason: FAILED_UNSEEN });
    }
    const isOver = restMs === 0 && !awaitsHealth(this.ctx, note);
    if (standing === "no-way-back" || isOver || successor === undefined) {
      return await this.#settle(note, state);
    }
    await this.#watch(note, successor, state, restMs);
  }

  /** Who is in the place: see replace-same-id.ts for how the engine tells it. */
  async #standing(
    note: ReplaceNote,
    successor: Entry | undefined,
  ): Promise<"old" | "successor" | "no-way-back"> {
    const { engine } = this.ctx.parts;
    if (note.id !== note.nextId) {
      if (this.ctx.roster.get(note.id) === undefined) return "no-way-back";
      return successor === undefined ? "old" : "successor";
    }
    if (successor === undefined) return "no-way-back";
    const signal = this.ctx.lifetime;
    const hasSaved = await persist(this.ctx, () => engine.hasSnapshot(note.savedSnapshot, signal), signal);
    if (!hasSaved) return "no-way-back";
    const parent = await persist(this.ctx, () => engine.snapshotParent(snapshotKey(note.id), signal), signal);
    return parent === note.savedSnapshot ? "old" : "successor";
  }

  async #watch(note: ReplaceNote, successor: Entry, state: Adopted, restMs: number): Promise<void> {
    const probation = newProbation(this.ctx, note);
    await this.ctx.work.follow(successor.id, async () => {
      successor.probation = probation;
      successor.blocked = undefined;
      await this.#judge(successor, state, probation, restMs);
    });
    await this.replacer.conclude(note, probation);
  }

  async #judge(successor: Entry, adopted: Adopted, probation: Probation, restMs: number): Promise<void> {
    const { state, manuallyStopped } = successor.container;
    if (adopted.kind === "ended") this.endings.follow(successor, adopted.facts);
    else if (successor.run !== undefined) probation.begin(restMs);
    else if (adopted.kind === "running")
      return; // Ended since; its handler waits for its turn and tells the probation.
    else if (adopted.kind === "idle" && state.status === "Exited") {
      if (!probation.ended(state.exitCode, state.error)) this.startPolicy.apply(successor, adopted);
    } else if (adopted.kind === "idle" && manuallyStopped) probation.takenOver("stopped by a request");
    else await this.#startAgain(successor, probation, restMs);
  }

  /** It went with the machine or with the daemon, which is no fault of its own. */
  async #startAgain(successor: Entry, probation: Probation, restMs: number): Promise<void> {
    try {
      await this.starter.start(successor);
      probation.begin(restMs);
    } catch (thrown) {
      probation.fail(startFailureReason(thrown));
    }
  }

  async #goBack(note: ReplaceNote): Promise<void> {
    const { phase, isTransient } = note;
    await this.replacer.goBack(note, { phase, reason: note.reason || INTERRUPTED, isTransient });
  }

  async #settle(note: ReplaceNote, state: Adopted): Promise<void> {
    await this.ctx.work.follow(note.id, () => this.replacer.pathOf(note).settle(note));
    await this.ctx.work.follow(note.nextId, async () => {
      const successor = this.ctx.roster.get(note.nextId);
      if (successor === undefined) return;
      successor.blocked = undefined;
      this.startPolicy.apply(successor, state);
    });
  }
}

/** The watch time is over, but the successor did not live to its end. */
function hasFailedInTime(note: ReplaceNote, successor: Entry | undefined): boolean {
  const state = successor?.container.state;
  if (state?.status !== "Exited" || state.exitCode === 0) return false;
  return epochMs(state.finishedAt) <= note.probationEndsAtMs;
}
