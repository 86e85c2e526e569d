/**
 * The watch time of a successor. It is over at the first of: the time is up and it is known to be healthy (if it has a
 * healthcheck), the container ended or became unhealthy, somebody took over with a request of their own. Exit 0 is success (a
 * job that does its work and ends), any other end is not.
 */

import type { Clock, Timer } from "../base/clock.ts";

export type ProbationResult =
  | { readonly kind: "passed"; readonly exitedWithZero: boolean }
  | { readonly kind: "failed"; readonly reason: string }
  /** A user's request: what it left is what is wanted now. */
  | { readonly kind: "taken-over"; readonly by: string };

export class Probation {
  #settle: (result: ProbationResult) => void = () => {};
  #timer: Timer | undefined;
  #isOver = false;
  #isTimeUp = false;
  readonly result: Promise<ProbationResult>;

  /** @param hasOwnId the successor is a container beside the old one, which comes back when somebody removes the successor. */
  constructor(
    private readonly clock: Clock,
    private readonly hasOwnId: boolean,
    /** When the time is up: whether the successor still has to show that it is healthy; it is waited for then. */
    private readonly awaitsHealth: () => boolean = () => false,
  ) {
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The successor runs: the time begins. */
  begin(restMs: number): void {
    if (this.#isOver) return;
    if (restMs <= 0) this.#timeUp();
    else this.#timer = this.clock.after(restMs, () => this.#timeUp());
  }

  /** It became healthy, or nobody will know it for a while (it was paused). */
  healthKnown(): void {
    if (this.#isTimeUp) this.#end({ kind: "passed", exitedWithZero: false });
  }

  /** The container ended by itself; answers whether its predecessor comes back, so that nothing else is to be done. */
  ended(exitCode: number, error: string): boolean {
    if (this.#isOver) return false;
    if (exitCode === 0) {
      this.#end({ kind: "passed", exitedWithZero: true });
      return false;
    }
    this.fail(`it ended with exit code ${exitCode}${error === "" ? "" : `: ${error}`}`);
    return true;
  }

  fail(reason: string): void {
    this.#end({ kind: "failed", reason });
  }

  takenOver(by: string): void {
    this.#end({ kind: "taken-over", by });
  }

  /** A request removed the successor; with a shared id that is the whole container. */
  removed(): void {
    const by = "removed by a request";
    this.#end(this.hasOwnId ? { kind: "failed", reason: `it was ${by}` } : { kind: "taken-over", by });
  }

  /** The daemon ends: no result any more; the next one goes on with the rest of the time. */
  suspend(): void {
    this.#timer?.cancel();
    this.#isOver = true;
  }

  /** A successor that becomes unhealthy fails; its probes see to it that it is one or the other in the end. */
  #timeUp(): void {
    this.#isTimeUp = true;
    if (!this.awaitsHealth()) this.#end({ kind: "passed", exitedWithZero: false });
  }

  #end(result: ProbationResult): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#settle(result);
  }
}
