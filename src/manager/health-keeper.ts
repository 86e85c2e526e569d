/**
 * Has all running containers with a healthcheck probed, tells what became of their health, and does what follows from it.
 * Who runs is learnt from the changes, like any listener does; what follows is a job of the container's worker.
 */

import { Limiter } from "../base/limiter.ts";
import { describeError } from "../errors/error.ts";
import { probeOnce } from "../health/probes.ts";
import { HealthWatch } from "../health/watch.ts";
import type { Container } from "../model/container.ts";
import type { Healthcheck } from "../model/extras.ts";
import type { HealthReport } from "../model/health.ts";
import type { Context } from "./context.ts";
import { type Entry, type Run, withValue } from "./entry.ts";
import type { Execs } from "./exec.ts";
import { HEALTH_VALUE, storedReport } from "./health-state.ts";
import { runProbeCommand } from "./probe-command.ts";
import type { Unhealthy } from "./unhealthy.ts";

/** A probe that runs a command costs some ten milliseconds of a core. */
const PARALLEL_PROBES = 4;
const HOST_ADDRESS = "127.0.0.1";

interface Watched {
  readonly run: Run;
  readonly check: Healthcheck;
  readonly watch: HealthWatch;
  isPaused: boolean;
  /** It was healthy in this run. */
  wasHealthy: boolean;
}

export class HealthKeeper {
  readonly #watched = new Map<string, Watched>();
  readonly #limiter = new Limiter(PARALLEL_PROBES);
  #unsubscribe: () => void = () => {};

  constructor(
    private readonly ctx: Context,
    private readonly execs: Execs,
    private readonly unhealthy: Unhealthy,
  ) {}

  /** From now on; those that run already go on with what was known of them. */
  open(): void {
    this.#unsubscribe = this.ctx.hub.subscribe((change) => {
      if (change === "overflowed") this.#lookAtAll(false);
      else this.#look(change.container.id, false);
    });
    this.#lookAtAll(true);
  }

  close(): void {
    this.#unsubscribe();
    for (const id of [...this.#watched.keys()]) this.#forget(id);
  }

  #lookAtAll(isAdopting: boolean): void {
    const ids = new Set([...this.#watched.keys(), ...this.ctx.roster.entries().map(({ id }) => id)]);
    for (const id of ids) this.#look(id, isAdopting);
  }

  /** Makes what is watched fit what is there. */
  #look(id: string, isAdopting: boolean): void {
    const entry = this.ctx.roster.get(id);
    const check = entry?.container.extras?.healthcheck;
    const run = entry?.run;
    const known = this.#watched.get(id);
    if (known !== undefined && (known.run !== run || known.check !== check)) this.#forget(id);
    if (entry === undefined || run === undefined || check === undefined) return;
    const watched = this.#watched.get(id) ?? this.#begin(entry, run, check, isAdopting);
    const isPaused = entry.container.state.status === "Paused";
    if (watched.isPaused === isPaused) return;
    watched.isPaused = isPaused;
    if (isPaused) {
      watched.watch.pause();
      entry.probation?.healthKnown();
    } else this.#probe(id, watched.watch);
  }

  #begin(entry: Entry, run: Run, check: Healthcheck, isAdopting: boolean): Watched {
    const { id } = entry;
    const { clock } = this.ctx.parts;
    const watch = new HealthWatch(
      {
        clock,
        limiter: this.#limiter,
        random: Math.random,
        probe: (signal) => {
          const command = (words: readonly string[], until: AbortSignal) =>
            runProbeCommand(this.execs, id, words, until);
          const target = { address: addressOf(entry.container), run: command };
          return probeOnce(check.probe, target, check.timeoutMs, signal);
        },
        onReport: (report, before) => this.#onReport(entry, run, report, before),
      },
      check,
      isAdopting ? storedReport(entry) : undefined,
    );
    const watched: Watched = {
      run,
      check,
      watch,
      isPaused: true,
      wasHealthy: watch.report.status === "healthy",
    };
    this.#watched.set(id, watched);
    this.ctx.health.set(id, watch.report);
    return watched;
  }

  #probe(id: string, watch: HealthWatch): void {
    this.ctx.work.background(`healthcheck of container ${id}`, watch.run());
  }

  #forget(id: string): void {
    this.#watched.get(id)?.watch.pause();
    this.#watched.delete(id);
    this.ctx.health.delete(id);
  }

  #onReport(entry: Entry, run: Run, report: HealthReport, before: HealthReport): void {
    this.ctx.health.set(entry.id, report);
    const watched = this.#watched.get(entry.id);
    if (watched !== undefined && report.status === "healthy") watched.wasHealthy = true;
    const wasHealthy = watched?.wasHealthy === true;
    // One whose restart was not possible, or that was noted by an earlier daemon, is asked for again.
    const isNews = report.status !== before.status;
    if (!isNews && report.status !== "unhealthy") return;
    this.ctx.work.background(
      `health of container ${entry.id}`,
      this.ctx.work.follow(entry.id, async () => {
        if (entry.run !== run || this.ctx.health.get(entry.id) !== report) return;
        if (isNews) this.#note(entry, report);
        if (report.status === "healthy") entry.probation?.healthKnown();
        if (report.status === "unhealthy")
          await this.unhealthy.follow(entry, run, { report, isNews, wasHealthy });
      }),
    );
  }

  #note(entry: Entry, report: HealthReport): void {
    const { status, failingStreak, since, lastProbe } = report;
    const { log } = this.ctx.parts;
    const fields = { container: entry.id, probe: lastProbe?.output ?? "" };
    if (status === "unhealthy") log.warn("container is unhealthy", { ...fields, failingStreak });
    else log.info("container is healthy", fields);
    try {
      this.ctx.roster.fact(entry, {
        additions: withValue(entry.additions, HEALTH_VALUE, { status, failingStreak, since }),
        action: "health",
      });
    } catch (thrown) {
      log.error("a change of health cannot be noted", { ...fields, reason: describeError(thrown) });
    }
  }
}

/** Where the container itself listens. */
function addressOf({ hostConfig, networkSettings }: Container): string | undefined {
  if (hostConfig.networkMode === "host") return HOST_ADDRESS;
  const addresses = Object.values(networkSettings?.networks ?? {}).map(({ ipAddress }) => ipAddress);
  return addresses.find((address) => address !== "");
}
