/**
 * Probes one running container again and again.
 * Invariants: at most one probe of it at a time; nothing is reported after `close` or while it is paused; a probe whose
 * outcome is unknown changes nothing.
 */

import { type Clock, delay } from "../base/clock.ts";
import type { Limiter } from "../base/limiter.ts";
import type { Healthcheck } from "../model/extras.ts";
import type { HealthReport, LastProbe } from "../model/health.ts";
import { afterProbe, graceMs, newReport, pauseMs } from "./judge.ts";
import type { ProbeOutcome } from "./probes.ts";

/** Part of a pause by which it varies, so that containers started together are not probed together. */
const JITTER = 0.1;
const OUTPUT_LIMIT = 1024;

export interface HealthWatchParts {
  readonly clock: Clock;
  /** Probes at a time on this device. */
  readonly limiter: Limiter;
  /** From 0 to 1. */
  readonly random: () => number;
  /** One probe; may reject with the signal's reason. */
  readonly probe: (signal: AbortSignal) => Promise<ProbeOutcome>;
  /** Called after each probe with a known outcome. */
  readonly onReport: (report: HealthReport, before: HealthReport) => void;
}

export class HealthWatch {
  #report: HealthReport;
  #probes = 0;
  readonly #begunMs: number;
  #stop: AbortController | undefined;

  /** @param known what an earlier daemon knew; the time in which failures do not count begins anew. */
  constructor(
    private readonly parts: HealthWatchParts,
    private readonly check: Healthcheck,
    known: HealthReport | undefined,
  ) {
    this.#report = known ?? newReport(parts.clock.stamp());
    this.#begunMs = parts.clock.nowMs();
  }

  get report(): HealthReport {
    return this.#report;
  }

  /** Begins, or goes on after a pause; the first probe comes after a wait. Resolves when it is paused. */
  async run(): Promise<void> {
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = stop;
    while (!signal.aborted) {
      try {
        await delay(this.parts.clock, this.#pauseMs(), signal);
        await this.parts.limiter.run(() => this.#probe(signal), signal);
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
    }
  }

  /** No probe until `run`; one that is under way is given up. */
  pause(): void {
    this.#stop?.abort(new Error("the container is not probed any more"));
    this.#stop = undefined;
  }

  #pauseMs(): number {
    const pause = pauseMs(this.check, this.#report, this.#probes, this.#isInGrace);
    return pause * (1 + JITTER * (2 * this.parts.random() - 1));
  }

  get #isInGrace(): boolean {
    return this.parts.clock.nowMs() - this.#begunMs < graceMs(this.check);
  }

  async #probe(signal: AbortSignal): Promise<void> {
    const { clock } = this.parts;
    const begunMs = clock.nowMs();
    // A failure counts by the moment at which the question was put.
    const isInGrace = this.#isInGrace;
    const outcome = await this.#withinTime(signal);
    if (signal.aborted) return;
    this.#probes++;
    if (outcome.kind === "unknown") return;
    const probe: LastProbe = {
      at: clock.stamp(),
      tookMs: Math.round(clock.nowMs() - begunMs),
      isSuccess: outcome.kind === "success",
      output: outcome.output.slice(0, OUTPUT_LIMIT),
    };
    const before = this.#report;
    this.#report = afterProbe(this.check, before, probe, isInGrace);
    this.parts.onReport(this.#report, before);
  }

  async #withinTime(signal: AbortSignal): Promise<ProbeOutcome> {
    const { timeoutMs } = this.check;
    const limit = new AbortController();
    const timer = this.parts.clock.after(timeoutMs, () => limit.abort(new Error("too late")));
    try {
      return await this.parts.probe(AbortSignal.any([signal, limit.signal]));
    } catch (thrown) {
      signal.throwIfAborted();
      if (!limit.signal.aborted) throw thrown;
      return { kind: "failure", output: `no answer within ${timeoutMs} ms` };
    } finally {
      timer.cancel();
    }
  }
}
