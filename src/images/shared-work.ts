/**
 * One run per key, shared by all who ask for it.
 * Invariants: at most one run of a key at a time; a caller that gives up leaves the run to the others; when the last one
 * has left, the run is aborted, and who comes then waits for its end and starts a new one.
 */

interface Run<T, N> {
  readonly controller: AbortController;
  readonly listeners: Set<(news: N) => void>;
  members: number;
  readonly result: Promise<T>;
  /** Settles with the run, never rejects. */
  readonly settled: Promise<void>;
}

export class SharedWork<T, N> {
  readonly #runs = new Map<string, Run<T, N>>();

  /**
   * The result of the run of `key`, started by `start` if there is none. `onNews` hears what the run tells; it must not
   * throw. Rejects with the caller's own reason when its signal aborts.
   */
  async join(
    key: string,
    signal: AbortSignal,
    onNews: ((news: N) => void) | undefined,
    start: (signal: AbortSignal, tell: (news: N) => void) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const known = this.#runs.get(key);
      if (known?.controller.signal.aborted !== true) {
        return this.#take(known ?? this.#begin(key, start), signal, onNews);
      }
      await waitFor(known.settled, signal);
    }
  }

  /** Resolves when nothing runs. */
  async whenIdle(): Promise<void> {
    while (this.#runs.size > 0) await Promise.all([...this.#runs.values()].map((run) => run.settled));
  }

  #begin(key: string, start: (signal: AbortSignal, tell: (news: N) => void) => Promise<T>): Run<T, N> {
    const controller = new AbortController();
    const listeners = new Set<(news: N) => void>();
    const result = start(controller.signal, (news) => {
      for (const listener of listeners) listener(news);
    }).finally(() => this.#runs.delete(key));
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    const run = { controller, listeners, members: 0, result, settled };
    this.#runs.set(key, run);
    return run;
  }

  async #take(run: Run<T, N>, signal: AbortSignal, onNews: ((news: N) => void) | undefined): Promise<T> {
    // A wrapper of its own per caller: the same function given twice is two listeners.
    const listener = onNews === undefined ? undefined : (news: N) => onNews(news);
    run.members++;
    if (listener !== undefined) run.listeners.add(listener);
    try {
      return await waitFor(run.result, signal);
    } finally {
      if (listener !== undefined) run.listeners.delete(listener);
      run.members--;
      if (run.members === 0) run.controller.abort(signal.reason);
    }
  }
}

/** The promise's outcome, or the signal's reason when that comes first. */
export function waitFor<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    const leave = () => signal.removeEventListener("abort", onAbort);
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (thrown: unknown) => {
        leave();
        reject(thrown);
      },
    );
  });
}
