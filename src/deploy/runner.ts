/**
 * Runs wishes: looks, plans, does one step, and looks again when it went wrong.
 * Invariants: one wish per container name is worked on at a time; of those that wait for a name only the latest counts,
 * and it interrupts the one before as far as nothing is lost by it; at most `parallel` steps are on their way to a running
 * container; one on probation does not count, nor one that has been on its way for long: it waits for its image.
 */

import type { Clock } from "../base/clock.ts";
import { Limiter } from "../base/limiter.ts";
import { backoffMs } from "../base/retry.ts";
import { describeError, SupercargoError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import { boundCalls, type CallLimits } from "./bounded-calls.ts";
import type { Containers } from "./containers.ts";
import { isMendedBySettings, RETRY_BACKOFF, type RetryClass, StepFailure } from "./failure.ts";
import { noteFailure } from "./failure-note.ts";
import { beginAgain } from "./interrupted.ts";
import { Lookout } from "./lookout.ts";
import { type NamePlan, planWish, type Step } from "./plan.ts";
import { pruneContainer } from "./prune.ts";
import type { Work } from "./replace.ts";
import { removeForced } from "./replace-steps.ts";
import { rememberStranger, runStep, type StepContext } from "./run-step.ts";
import { DROPPED, type Job, Lane, TURN_MS, untilFinalMs } from "./runner-lane.ts";
import type { RunnerNews, RunnerOptions, Settled } from "./runner-news.ts";
import { SettingsWait } from "./settings-wait.ts";
import type { Memory, Wish } from "./wish.ts";

export class Runner {
  readonly #lanes = new Map<string, Lane>();
  /** Lanes in a pause because the containers could not be listed. */
  readonly #waitingForKeeper = new Set<Lane>();
  /** By name, when something was last done about it: lists from before do not show that. */
  readonly #marks = new Map<string, number>();
  readonly #containers: Containers;
  readonly #limiter: Limiter;
  readonly #lookout: Lookout;
  readonly #settingsWait: SettingsWait;
  readonly #abort = new AbortController();
  #isStopping = false;

  constructor(
    containers: Containers,
    private readonly memory: Memory,
    private readonly clock: Clock,
    private readonly options: RunnerOptions,
    private readonly tell: (news: RunnerNews) => void,
    limits?: CallLimits,
  ) {
    this.#containers = boundCalls(containers, clock, limits);
    this.#limiter = new Limiter(options.parallel);
    this.#settingsWait = new SettingsWait(this.#containers, this.#abort.signal);
    this.#lookout = new Lookout(this.#containers, clock, this.#abort.signal);
  }

  /** Takes a wish; an earlier one for the same name is dropped or interrupted. Answers how its first try ended. */
  submit(wish: Wish): Promise<Settled> {
    if (this.#isStopping) return Promise.resolve(DROPPED);
    const { promise, resolve } = Promise.withResolvers<Settled>();
    const lane = this.#lane(wish.name);
    const isFinal = !this.options.retries;
    lane.supersede(
      { wish, settle: resolve, attempt: 1, lastMessage: "", isFinal },
      "a newer version of the manifest is there",
    );
    lane.working ??= this.#work(wish.name, lane);
    return promise;
  }

  /** Nobody wishes for this name any more: no further try; what runs stays. */
  withdraw(name: string): void {
    this.#lanes.get(name)?.supersede(undefined, "the manifest is gone");
  }

  /**
   * Takes away what was made for a file that is gone. Answers whether that is settled: a name that is being worked on, and
   * a container that could not be removed, are to be asked for again.
   */
  async prune(name: string): Promise<boolean> {
    if (this.#isStopping || this.#lanes.has(name)) return false;
    const lane = this.#lane(name);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    lane.working = this.#prune(name, lane).then((isDone) => {
      resolve(isDone);
      return this.#work(name, lane);
    });
    return promise;
  }

  /** Resolves when nothing runs or waits for a retry. */
  async whenIdle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map((lane) => lane.working));
  }

  /** Begins nothing any more, finishes or undoes what is in hand; after `limitMs` everything ends at once. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    for (const lane of this.#lanes.values()) lane.supersede(undefined, "the deployer ends");
    const timer = this.clock.after(limitMs, () =>
      this.#abort.abort(new SupercargoError("SC_CANCELLED", `the deployer ends; ${limitMs} ms are over`)),
    );
    await this.whenIdle();
    timer.cancel();
    this.#abort.abort(new SupercargoError("SC_CANCELLED", "the deployer has ended"));
  }

  #lane(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane = new Lane();
    this.#lanes.set(name, lane);
    return lane;
  }

  async #work(name: string, lane: Lane): Promise<void> {
    for (let job = lane.next; job !== undefined; job = lane.next) {
      lane.next = undefined;
      lane.hasBegun = false;
      lane.interrupt = new AbortController();
      try {
        const step = await this.#attempt(job, lane);
        this.tell({ kind: "done", wish: job.wish, step });
        job.settle({ kind: "done", step: step.kind });
        await this.#lookAgain(job, lane);
      } catch (thrown) {
        await this.#afterFailure(thrown, job, lane);
      }
      this.#marks.set(name, this.#lookout.mark());
    }
    this.#waitingForKeeper.delete(lane);
    this.#lanes.delete(name);
  }

  async #prune(name: string, lane: Lane): Promise<boolean> {
    const remembered = this.memory.get(name);
    if (remembered === undefined) return true;
    const { source } = remembered;
    try {
      await this.#limiter.run(async () => {
        const containers = await this.#look(name, lane);
        // A wish that came meanwhile takes the container as it is.
        if (lane.next !== undefined) return;
        const silent = () => {};
        const wasThere = await pruneContainer(
          name,
          remembered,
          containers,
          this.#workOf(lane, silent, silent),
        );
        this.memory.forget(name);
        if (wasThere) this.tell({ kind: "pruned", name, source });
      }, lane.interrupt.signal);
      return true;
    } catch (thrown) {
      if (this.#abort.signal.aborted || lane.interrupt.signal.aborted) return false;
      this.tell({ kind: "prune-failed", name, source, message: describeError(thrown) });
      return false;
    } finally {
      this.#marks.set(name, this.#lookout.mark());
    }
  }

  #workOf(lane: Lane, say: Work["say"], warn: Work["warn"]): Work {
    return {
      containers: this.#containers,
      clock: this.clock,
      stop: this.options.stop,
      probationMs: this.options.probationMs,
      interrupt: lane.interrupt.signal,
      abort: this.#abort.signal,
      say,
      warn,
    };
  }

  /** What is done may not last: something that should be gone resisted, or the daemon still watches a successor. */
  async #lookAgain(job: Job, lane: Lane): Promise<void> {
    const { leftovers, pending } = this.memory.get(job.wish.name) ?? {};
    if (!this.options.retries || (leftovers === undefined && pending === undefined)) return;
    const again = pending === undefined ? this.#pauseMs("soon", job.attempt) : untilFinalMs(this.options);
    await lane.pause(this.clock, again);
    if (lane.interrupt.signal.aborted || lane.next !== undefined) return;
    const wish: Wish = { ...job.wish, occasion: "start" };
    lane.next = {
      ...job,
      wish,
      settle: () => {},
      attempt: job.attempt + 1,
      isFinal: pending !== undefined,
    };
  }

  async #attempt(job: Job, lane: Lane): Promise<Step> {
    const interrupt = lane.interrupt.signal;
    const started = Promise.withResolvers<void>();
    const running: { result?: Promise<Step> } = {};
    await this.#limiter.run(async () => {
      running.result = this.#lookAndStep(job, lane, started.resolve);
      const timer = this.clock.after(TURN_MS, started.resolve);
      await Promise.race([started.promise, running.result]).finally(() => timer.cancel());
    }, interrupt);
    if (running.result === undefined) throw new SupercargoError("SC_INTERNAL", "the step was not begun");
    return running.result;
  }

  async #lookAndStep({ wish, isFinal }: Job, lane: Lane, onStarted: () => void): Promise<Step> {
    const containers = await this.#look(wish.name, lane);
    const plan = planWish(wish, containers, this.memory.entries());
    this.tell({ kind: "planned", wish, step: plan.step });
    const say: Work["say"] = (progress) => {
      this.tell({ kind: "progress", wish, progress });
      if (progress === "started") onStarted();
    };
    const work = this.#workOf(lane, say, (message) => this.tell({ kind: "warning", wish, message }));
    await this.#clear(plan, wish, work);
    const context: StepContext = {
      work,
      remembered: this.memory.get(wish.name),
      begin: (pending, old) => {
        const before = this.memory.get(wish.name) ?? rememberStranger(wish, old);
        lane.hasBegun = true;
        this.memory.set(wish.name, beginAgain(before, pending, old, wish), true);
      },
      making: (remembered) => this.memory.set(wish.name, remembered, true),
      made: (remembered = context.remembered) => {
        if (remembered === undefined) this.memory.forget(wish.name);
        else this.memory.set(wish.name, remembered);
      },
      respectStopped: this.options.respectStopped,
      canChange: this.options.canChange,
      isProvisional: plan.isProvisional && !isFinal,
    };
    const remembered = await runStep(plan.step, context);
    this.memory.set(wish.name, remembered);
    if (plan.step.kind === "recreate" && plan.step.present.name !== wish.name) {
      this.memory.forget(plan.step.present.name);
    }
    return plan.step;
  }

  async #look(name: string, lane: Lane): Promise<readonly Container[]> {
    try {
      const containers = await this.#lookout.look(this.#marks.get(name) ?? 0, lane.interrupt.signal);
      // Whoever keeps the containers is back: those who wait for that need not wait longer.
      for (const other of this.#waitingForKeeper) other.wake();
      this.#waitingForKeeper.clear();
      return containers;
    } catch (thrown) {
      lane.interrupt.signal.throwIfAborted();
      throw new StepFailure("look", thrown);
    }
  }

  /** Takes leftovers of our own away; one that resists is left for the next time. */
  async #clear(plan: NamePlan, wish: Wish, work: Work): Promise<void> {
    for (const { present } of plan.before) {
      await removeForced(present.id, work).catch((thrown: unknown) => {
        work.abort.throwIfAborted();
        // What is written down of it stays.
        throw new StepFailure("prepare", thrown, { isOldBack: false });
      });
    }
    const before = this.memory.get(wish.name);
    if (before?.leftovers !== undefined) {
      const { leftovers: _, ...rest } = before;
      this.memory.set(wish.name, rest);
    }
  }

  async #afterFailure(thrown: unknown, job: Job, lane: Lane): Promise<void> {
    if (lane.interrupt.signal.aborted && thrown === lane.interrupt.signal.reason) {
      job.settle(DROPPED);
      return;
    }
    if (this.#abort.signal.aborted) {
      job.settle(DROPPED);
      return;
    }
    const failure = thrown instanceof StepFailure ? thrown : new StepFailure("prepare", thrown);
    noteFailure(failure, job.wish, this.memory, lane.hasBegun);
    const willRetry = this.options.retries && failure.retry !== "never";
    const pauseMs = willRetry ? this.#pauseMs(failure.retry, job.attempt) : undefined;
    const isRepeated = failure.message === job.lastMessage;
    this.tell({ kind: "failed", wish: job.wish, failure, retryInMs: pauseMs, isRepeated });
    job.settle({ kind: "failed", failure });
    if (pauseMs === undefined || this.#isStopping || lane.interrupt.signal.aborted) return;
    if (failure.phase === "look") this.#waitingForKeeper.add(lane);
    if (isMendedBySettings(failure)) this.#settingsWait.add(lane);
    await lane.pause(this.clock, pauseMs);
    this.#settingsWait.remove(lane);
    if (lane.interrupt.signal.aborted || lane.next !== undefined) return;
    // It was made and does not run yet: that is no longer what a file that was only written anew leaves as it is.
    const wish: Wish = failure.phase === "start" ? { ...job.wish, occasion: "appeared" } : job.wish;
    lane.next = { ...job, wish, settle: () => {}, attempt: job.attempt + 1, lastMessage: failure.message };
  }

  #pauseMs(retry: RetryClass, attempt: number): number {
    return backoffMs(RETRY_BACKOFF[retry === "never" ? "soon" : retry], attempt);
  }
}
