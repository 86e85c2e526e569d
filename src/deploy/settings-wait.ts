/** Those who wait for a registry that refused them or could not be used: they try again when its settings have been read anew. */

import type { Containers } from "./containers.ts";
import type { Lane } from "./runner-lane.ts";

export class SettingsWait {
  readonly #waiting = new Set<Lane>();
  #watch: AbortController | undefined;

  constructor(
    private readonly containers: Containers,
    private readonly signal: AbortSignal,
  ) {}

  /** The lane's pause ends at the next change; to be taken out again when it ends before. */
  add(lane: Lane): void {
    this.#waiting.add(lane);
    if (this.#watch !== undefined) return;
    const change = this.containers.settingsChange;
    if (change === undefined) return;
    const watch = new AbortController();
    this.#watch = watch;
    change.call(this.containers, AbortSignal.any([watch.signal, this.signal])).then(
      () => {
        this.#end(watch);
        for (const one of this.#waiting) one.wake();
      },
      // Whoever keeps the containers is away, or nobody waits any more: the pauses end by themselves.
      () => this.#end(watch),
    );
  }

  remove(lane: Lane): void {
    this.#waiting.delete(lane);
    if (this.#waiting.size > 0) return;
    this.#watch?.abort(new Error("nobody waits for settings any more"));
    this.#watch = undefined;
  }

  #end(watch: AbortController): void {
    if (this.#watch === watch) this.#watch = undefined;
  }
}
