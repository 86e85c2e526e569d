/**
 * Who does what when: requests and our own follow-up jobs, one at a time per container, side by side for different ones.
 * Invariants: a job that has begun goes on to its end even if its caller gives up (a forced kill always follows, spec/engine.md
 * §9); requests are bounded per container, our own jobs are not refused; nothing runs unobserved: a failure of a job that
 * nobody waits for is logged.
 */

import { KeyedWorker } from "../base/keyed-worker.ts";
import type { Log } from "../base/log.ts";
import { describeError, SupercargoError } from "../errors/error.ts";

export class Work {
  readonly #worker = new KeyedWorker(Number.POSITIVE_INFINITY);
  readonly #requests = new Map<string, number>();
  readonly #background = new Set<Promise<void>>();
  #refusal: string | undefined;

  constructor(
    private readonly maxWaiting: number,
    private readonly log: Log,
  ) {}

  /** Runs a caller's job in its turn. When the signal aborts, the caller gets its reason and a begun job goes on. */
  async request<T>(id: string, signal: AbortSignal, job: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#refusal !== undefined) throw new SupercargoError("SC_DAEMON_UNAVAILABLE", this.#refusal);
    const waiting = this.#requests.get(id) ?? 0;
    if (waiting >= this.maxWaiting) {
      throw new SupercargoError("SC_INTERNAL", `too many requests wait for container ${id}`, {
        hint: "try again later",
        fields: { container: id, limit: this.maxWaiting },
      });
    }
    this.#requests.set(id, waiting + 1);
    const done = this.#worker.run(id, job, signal).finally(() => {
      const left = (this.#requests.get(id) ?? 1) - 1;
      if (left === 0) this.#requests.delete(id);
      else this.#requests.set(id, left);
    });
    return await untilAborted(done, signal);
  }

  /** Runs a job of our own in its turn. */
  follow<T>(id: string, job: () => Promise<T>): Promise<T> {
    return this.#worker.run(id, job);
  }

  /** Watches over a promise that nobody awaits. */
  background(what: string, work: Promise<unknown>): void {
    const watched: Promise<void> = work
      .then(
        () => undefined,
        (thrown) => this.log.error(`${what} failed`, { reason: describeError(thrown) }),
      )
      .finally(() => this.#background.delete(watched));
    this.#background.add(watched);
  }

  /** From now on requests get this answer. */
  refuse(reason: string): void {
    this.#refusal = reason;
  }

  /** Resolves when no job runs or waits. */
  whenIdle(): Promise<void> {
    return this.#worker.whenIdle();
  }

  /** Resolves when everything handed to `background` so far has ended. */
  async whenQuiet(): Promise<void> {
    await Promise.all(this.#background);
  }
}

/** The outcome of `work`, or the signal's reason as soon as it aborts; `work` goes on and its failure counts as seen. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
