/** Whether the engine has been away while something was under way: what failed meanwhile says nothing about what was tried. */

import type { Engine } from "../engine/engine.ts";

export class EngineAbsence {
  #wasSeen: boolean;
  readonly #stop: () => void;

  /** Looks from now on, until `end`. */
  constructor(engine: Engine) {
    this.#wasSeen = engine.connection === "away";
    this.#stop = engine.onConnection((connection) => {
      if (connection === "away") this.#wasSeen = true;
    });
  }

  get wasSeen(): boolean {
    return this.#wasSeen;
  }

  end(): void {
    this.#stop();
  }
}
