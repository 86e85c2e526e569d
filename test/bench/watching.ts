/** The daemon's news as a thing to wait on, so that the end of a step is seen when it happens. */

import type { ContainersClient } from "../../src/api/containers-client.ts";
import { toError } from "../../src/errors/error.ts";
import type { Container } from "../../src/model/container.ts";

const LIMIT_MS = 60_000;

export class Watching implements AsyncDisposable {
  readonly #latest = new Map<string, Container>();
  readonly #waiting = new Set<() => void>();
  readonly #end = new AbortController();
  readonly #ended: Promise<void>;
  #fault: Error | undefined;

  constructor(client: ContainersClient) {
    this.#ended = client
      .watch((container) => {
        this.#latest.set(container.id, container);
        for (const look of this.#waiting) look();
      }, this.#end.signal)
      .catch((thrown) => {
        if (this.#end.signal.aborted) return;
        this.#fault = toError(thrown);
        for (const look of this.#waiting) look();
      });
  }

  /** Resolves when what was told last fits. */
  async until(what: string, isDone: (containers: readonly Container[]) => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (this.#fault !== undefined) reject(this.#fault);
      else if (isDone([...this.#latest.values()])) resolve();
    };
    const timer = setTimeout(() => reject(new Error(`not within ${LIMIT_MS / 1000} s: ${what}`)), LIMIT_MS);
    this.#waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#ended;
  }
}

/** How many of these names run. */
export function countRunning(containers: readonly Container[], names: ReadonlySet<string>): number {
  return containers.filter(({ name, state }) => names.has(name) && state.status === "Running").length;
}
