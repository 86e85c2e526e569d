/** Finds out that a silent peer is gone: a PING after a time of silence, and an end when it is not answered. */

import type { Clock, Timer } from "../../base/clock.ts";

export interface KeepaliveOptions {
  /** Silence after which a PING is sent. gRPC servers in Go refuse clients that do so more often than every 5 minutes. */
  readonly intervalMs: number;
  /** Time for the answer. */
  readonly timeoutMs: number;
}

export class Keepalive {
  readonly #clock: Clock;
  readonly #options: KeepaliveOptions;
  readonly #sendPing: () => void;
  readonly #onDead: () => void;
  #heardMs: number;
  #timer: Timer;

  constructor(clock: Clock, options: KeepaliveOptions, sendPing: () => void, onDead: () => void) {
    this.#clock = clock;
    this.#options = options;
    this.#sendPing = sendPing;
    this.#onDead = onDead;
    this.#heardMs = clock.nowMs();
    this.#timer = clock.after(options.intervalMs, () => this.#onSilence());
  }

  /** Something came from the peer. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #onSilence(): void {
    const silentMs = this.#clock.nowMs() - this.#heardMs;
    if (silentMs < this.#options.intervalMs) {
      this.#timer = this.#clock.after(this.#options.intervalMs - silentMs, () => this.#onSilence());
      return;
    }
    const askedMs = this.#clock.nowMs();
    this.#sendPing();
    this.#timer = this.#clock.after(this.#options.timeoutMs, () => {
      if (this.#heardMs < askedMs) {
        this.#onDead();
        return;
      }
      this.#timer = this.#clock.after(this.#options.intervalMs, () => this.#onSilence());
    });
  }
}
