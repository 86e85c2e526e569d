/**
 * One phase forward. Everything that may run side by side does; what is told is told in the order of the actions, as the peer
 * does one after the other: action k is reported at work when all before it are done (spec/update-agent.md §6.2). The first
 * failure in that order ends the phase.
 */

import type { Clock } from "../../base/clock.ts";
import { Limiter } from "../../base/limiter.ts";
import { describeError, SupercargoError } from "../../errors/error.ts";
import type { Acts } from "./acts.ts";
import type { Book } from "./book.ts";
import { type ActionStatus, PHASES, type Phase, TEXT } from "./words.ts";

/** Side by side at most. */
const PARALLEL: Readonly<Record<Phase, number>> = { DOWNLOAD: 4, UPDATE: 10, ACTIVATE: 4 };
/** Above so many actions what happens in between is told at most once in the time below. */
const TALKATIVE_LIMIT = 100;
const TELL_EVERY_MS = 1000;

export interface PhaseParts {
  readonly book: Book;
  readonly acts: Acts;
  readonly clock: Clock;
  /** Aborts when the activity is superseded: nothing begins any more, a download ends. */
  readonly interrupt: AbortSignal;
}

interface Failed {
  readonly index: number;
  readonly message: string;
}

/** Does it for these members of a baseline. Answers what failed; rejects with the interrupt's reason. */
export class PhaseRun {
  readonly #stop = new AbortController();
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly phase: Phase,
    private readonly baseline: string | undefined,
    private readonly parts: PhaseParts,
  ) {}

  async run(members: readonly number[]): Promise<Failed | undefined> {
    const { book, interrupt } = this.parts;
    const { working, failure } = PHASES[this.phase];
    const affected = members.filter((index) => isAffected(this.phase, book.action(index)));
    const signal = AbortSignal.any([interrupt, this.#stop.signal]);
    const jobs = new Map<number, Promise<void>>();
    const results = () => {
      if (jobs.size > 0) return;
      const limiter = new Limiter(PARALLEL[this.phase]);
      for (const index of affected) jobs.set(index, this.#begin(index, limiter, jobs, signal));
      for (const job of jobs.values()) job.catch(() => {});
    };
    for (const index of affected) {
      const before = book.action(index);
      book.setAction(index, { status: working });
      this.#tell(affected.length);
      results();
      try {
        await jobs.get(index);
        this.#done(index);
      } catch (thrown) {
        if (interrupt.aborted) {
          book.setAction(index, { status: before.status });
          await this.#endAll(jobs, interrupt.reason);
          interrupt.throwIfAborted();
        }
        const message = describeError(thrown);
        await this.#endAll(jobs, new SupercargoError("SC_CANCELLED", "another action of the phase failed"));
        this.#forgetProgress(affected);
        book.setAction(index, { status: failure, message });
        return { index, message };
      }
    }
    interrupt.throwIfAborted();
    return undefined;
  }

  /** A start waits for those that it depends on; the limit counts who works, not who waits. */
  async #begin(
    index: number,
    limiter: Limiter,
    jobs: ReadonlyMap<number, Promise<void>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { acts, book } = this.parts;
    if (this.phase === "ACTIVATE") await this.#dependencies(index, jobs, signal);
    await limiter.run(async () => {
      signal.throwIfAborted();
      const action = book.action(index);
      if (this.phase === "UPDATE") return await acts.update(action);
      if (this.phase === "ACTIVATE") return await acts.activate(action);
      const onPercent = (percent: number) => this.#progress(index, percent);
      return await acts.download(action, onPercent, signal);
    }, signal);
  }

  async #dependencies(
    index: number,
    jobs: ReadonlyMap<number, Promise<void>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { acts, book } = this.parts;
    const { dependsOn } = book.action(index);
    if (dependsOn.length === 0) return;
    // The jobs are being put into the map at this moment.
    await Promise.resolve();
    for (const [other, job] of jobs) {
      if (!dependsOn.includes(book.action(other).name)) continue;
      await job;
      signal.throwIfAborted();
      await acts.untilReady(book.action(other), signal);
    }
  }

  async #endAll(jobs: ReadonlyMap<number, Promise<void>>, reason: unknown): Promise<void> {
    this.#stop.abort(reason);
    await Promise.allSettled(jobs.values());
  }

  #done(index: number): void {
    const { book } = this.parts;
    const { success } = PHASES[this.phase];
    const { progress: _, ...action } = book.action(index);
    const message = doneText(this.phase, action.kind, action.olds.length > 0) ?? action.message;
    book.set({
      actions: book.record.actions.map((one, at) =>
        at === index ? { ...action, status: success, message } : one,
      ),
    });
  }

  #forgetProgress(affected: readonly number[]): void {
    const chosen = new Set(affected);
    const { book } = this.parts;
    book.set({
      actions: book.record.actions.map((one, at) => {
        const { progress: _, ...rest } = one;
        return chosen.has(at) ? rest : one;
      }),
    });
  }

  #progress(index: number, percent: number): void {
    const { book, clock } = this.parts;
    book.setAction(index, { progress: Math.max(0, Math.min(100, Math.floor(percent))) });
    // Whoever comes later in the order is told of when it is its turn.
    if (book.action(index).status !== PHASES[this.phase].working) return;
    if (clock.nowMs() - this.#toldMs < TELL_EVERY_MS) return;
    this.#say();
  }

  #tell(affected: number): void {
    if (affected > TALKATIVE_LIMIT && this.parts.clock.nowMs() - this.#toldMs < TELL_EVERY_MS) return;
    this.#say();
  }

  #say(): void {
    this.#toldMs = this.parts.clock.nowMs();
    this.parts.book.report(PHASES[this.phase].working, this.baseline);
  }
}

interface Affected {
  readonly kind: "create" | "recreate" | "update" | "check" | "destroy";
  readonly olds: readonly unknown[];
  readonly status: ActionStatus;
}

/** What each phase does something about. */
export function isAffected(phase: Phase, { kind, olds }: Affected): boolean {
  if (phase === "DOWNLOAD") return kind === "create" || kind === "recreate";
  if (phase === "UPDATE") return kind === "update" || olds.length > 0;
  return kind !== "destroy";
}

/** Undefined: the message stays. */
function doneText(phase: Phase, kind: Affected["kind"], hasOlds: boolean): string | undefined {
  if (phase === "DOWNLOAD") return TEXT.created;
  if (phase === "UPDATE") return kind === "update" ? TEXT.updated : hasOlds ? TEXT.stopped : undefined;
  if (kind === "update") return undefined;
  return kind === "check" ? TEXT.running : TEXT.started;
}
