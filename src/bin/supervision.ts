/** What the daemon tells systemd: ready, still alive, ending. Without systemd, or another supervisor that listens, nothing. */

import type { Clock, Timer } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { SupervisorNews } from "../base/sd-notify.ts";
import { describeError, hasCode } from "../errors/error.ts";

/**
 * A restore can last as long as containerd is away. Who is ordered after the daemon waits this long for the containers;
 * then it is ready all the same, because it answers and its requests wait by themselves.
 */
export const READY_AT_THE_LATEST_MS = 20_000;

export interface SupervisionParts {
  readonly clock: Clock;
  readonly log: Log;
  /** False when nobody listens; throws SC_IO when the supervisor cannot be reached. */
  readonly notify: (news: SupervisorNews) => boolean;
  /** Undefined when nobody watches. */
  readonly watchdogIntervalMs: number | undefined;
}

/**
 * A sign of life is sent from the event loop and from nowhere else: a daemon whose loop stands still is ended and started
 * again by the supervisor, and its containers run on.
 */
export class Supervision implements Disposable {
  readonly #parts: SupervisionParts;
  #isReady = false;
  #readyTimer: Timer | undefined;
  #watchdogTimer: Timer | undefined;

  constructor(parts: SupervisionParts) {
    this.#parts = parts;
    this.#live();
  }

  /** The API answers, containers are being restored. */
  listening(): void {
    this.#tell({ status: "restoring containers" });
    this.#readyTimer = this.#parts.clock.after(READY_AT_THE_LATEST_MS, () =>
      this.#ready("still restoring containers; is containerd running?"),
    );
  }

  restored(count: number): void {
    this.#ready(`${count} container${count === 1 ? "" : "s"}`);
  }

  ending(reason: string): void {
    this.#readyTimer?.cancel();
    this.#tell({ stopping: true, status: `ending: ${reason}` });
  }

  [Symbol.dispose](): void {
    this.#readyTimer?.cancel();
    this.#watchdogTimer?.cancel();
  }

  #ready(status: string): void {
    this.#readyTimer?.cancel();
    this.#tell(this.#isReady ? { status } : { ready: true, status });
    this.#isReady = true;
  }

  #live(): void {
    const { clock, watchdogIntervalMs } = this.#parts;
    if (watchdogIntervalMs === undefined) return;
    this.#tell({ alive: true });
    this.#watchdogTimer = clock.after(watchdogIntervalMs, () => this.#live());
  }

  /** A supervisor that cannot be reached is its own trouble: containers are kept all the same. */
  #tell(news: SupervisorNews): void {
    try {
      this.#parts.notify(news);
    } catch (thrown) {
      if (!hasCode(thrown, "SC_IO")) throw thrown;
      this.#parts.log.warn("the supervisor cannot be told", { reason: describeError(thrown) });
    }
  }
}
