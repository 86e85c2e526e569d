/**
 * What is reached over the broker, as the configuration wants it now: begun, ended and begun anew when its settings are read
 * again. One change at a time; of those that come meanwhile the last one counts.
 */

import type { Log } from "../base/log.ts";
import type { DaemonConfig } from "../config/daemon-config.ts";
import { describeError } from "../errors/error.ts";
import type { Problem } from "../model/problem.ts";
import type { RunningRemote } from "./remote.ts";

type Start = (config: DaemonConfig) => Promise<RunningRemote>;

export class RemoteKeeper {
  #running: RunningRemote | undefined;
  /** What runs, as text; empty: nothing. */
  #shape = "";
  #wanted: DaemonConfig | undefined;
  #working: Promise<void> | undefined;
  #isEnding = false;

  constructor(
    private readonly start: Start,
    private readonly log: Log,
  ) {}

  /** Begins what `config` wants. Resolves when that is so; never rejects. */
  async apply(config: DaemonConfig): Promise<void> {
    if (this.#isEnding) return;
    this.#wanted = config;
    this.#working ??= this.#work();
    await this.#working;
  }

  problems(): readonly Problem[] {
    return this.#running?.problems() ?? [];
  }

  /** Nothing is begun any more. */
  async endRequests(): Promise<void> {
    this.#isEnding = true;
    await this.#working;
    await this.#running?.endRequests();
  }

  async end(): Promise<void> {
    await this.#running?.end();
  }

  async #work(): Promise<void> {
    try {
      for (let config = this.#wanted; config !== undefined; config = this.#wanted) {
        this.#wanted = undefined;
        await this.#become(config);
      }
    } catch (thrown) {
      this.log.error("what is reached over the broker could not be begun or ended", {
        reason: describeError(thrown),
      });
    } finally {
      this.#working = undefined;
    }
  }

  async #become(config: DaemonConfig): Promise<void> {
    const shape = shapeOf(config);
    if (shape === this.#shape) return;
    const before = this.#running;
    this.#running = undefined;
    this.#shape = "";
    if (before !== undefined) {
      this.log.info("digital twin and update agent end, their settings have changed");
      await before.endRequests();
      await before.end();
    }
    if (shape === "" || this.#isEnding) return;
    this.#running = await this.start(config);
    this.#shape = shape;
  }
}

/** Everything that they are made of; empty when both are off. */
function shapeOf({ things, updateAgent, connection }: DaemonConfig): string {
  return things.enable || updateAgent.enable ? JSON.stringify([things, updateAgent, connection]) : "";
}
