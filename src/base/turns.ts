/**
 * Turns of the event loop for those who could fill it: work that never waits (a stream that always has data) would else keep
 * timers, sockets and everybody else from running. One waiter goes on per turn, in order, so a turn is never longer than one
 * waiter's portion, however many there are.
 */

export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** Resolves in a later turn of the event loop, after all who asked before. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
