/**
 * Clearing away that did not succeed at once: tried again, with growing pauses and when the engine is back, until it does.
 * What is still open when the daemon ends is found at the next start (sweep.ts).
 */

import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { backoffMs } from "../base/retry.ts";
import { describeError } from "../errors/error.ts";
import type { Work } from "./work.ts";

const PAUSES = { firstMs: 500, capMs: 30_000, jitter: 0.2 };

type Job = () => Promise<void>;

interface Pile {
  readonly jobs: Map<string, Job>;
  attempt: number;
  timer: Timer | undefined;
}

export class Leftovers {
  readonly #piles = new Map<string, Pile>();
  #isOpen = true;

  constructor(
    private readonly work: Work,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Number of containers of which something is left. */
  get size(): number {
    return this.#piles.size;
  }

  /** Whether something of this name is still to be cleared away. */
  has(id: string, name: string): boolean {
    return this.#piles.get(id)?.jobs.has(name) === true;
  }

  /** Does the job now (inside a job of this id); when it fails it is kept for later under `name`. */
  async clear(id: string, name: string, job: Job): Promise<boolean> {
    try {
      await job();
      this.forget(id, name);
      return true;
    } catch (thrown) {
      this.log.warn("clearing away did not succeed, will be tried again", {
        container: id,
        what: name,
        reason: describeError(thrown),
      });
      this.#keep(id, name, job);
      return false;
    }
  }

  /** No longer needed: something new has taken the place. */
  forget(id: string, name: string): void {
    const pile = this.#piles.get(id);
    pile?.jobs.delete(name);
    if (pile === undefined || pile.jobs.size > 0) return;
    pile.timer?.cancel();
    this.#piles.delete(id);
  }

  /** Does all that is left of this id now (inside a job of this id). Throws the first failure. */
  async settle(id: string): Promise<void> {
    const pile = this.#piles.get(id);
    if (pile === undefined) return;
    for (const [name, job] of pile.jobs) {
      await job();
      this.forget(id, name);
    }
  }

  /** Tries everything at once, e.g. when the engine is back. */
  hurry(): void {
    for (const [id, pile] of this.#piles) {
      pile.attempt = 0;
      this.#plan(id, pile, 0);
    }
  }

  close(): void {
    this.#isOpen = false;
    for (const pile of this.#piles.values()) pile.timer?.cancel();
  }

  #keep(id: string, name: string, job: Job): void {
    const pile = this.#piles.get(id) ?? { jobs: new Map<string, Job>(), attempt: 0, timer: undefined };
    this.#piles.set(id, pile);
    pile.jobs.set(name, job);
    this.#plan(id, pile, backoffMs(PAUSES, pile.attempt + 1));
  }

  #plan(id: string, pile: Pile, pauseMs: number): void {
    pile.timer?.cancel();
    if (!this.#isOpen) return;
    pile.timer = this.clock.after(pauseMs, () => {
      this.work.background(
        "clearing away",
        this.work.follow(id, () => this.#tryAll(id, pile)),
      );
    });
  }

  async #tryAll(id: string, pile: Pile): Promise<void> {
    if (!this.#isOpen || this.#piles.get(id) !== pile) return;
    pile.attempt++;
    for (const [name, job] of [...pile.jobs]) await this.clear(id, name, job);
  }
}
