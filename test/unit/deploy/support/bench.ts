/** A runner over fake containers, with everything that it tells written down. */

import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { Runner } from "../../../../src/deploy/runner.ts";
import type { RunnerNews, RunnerOptions } from "../../../../src/deploy/runner-news.ts";
import { type Memory, volatileMemory } from "../../../../src/deploy/wish.ts";
import { FakeContainers } from "./fake-containers.ts";

export interface Bench {
  readonly clock: VirtualClock;
  readonly containers: FakeContainers;
  readonly memory: Memory;
  readonly runner: Runner;
  readonly news: RunnerNews[];
  /** Progress words and failures in order, without the plans. */
  readonly lines: () => readonly string[];
}

export interface BenchOptions extends Partial<RunnerOptions> {
  readonly memory?: Memory;
  readonly containers?: FakeContainers;
  readonly clock?: VirtualClock;
}

export const STOP = { timeoutSeconds: 1, force: true, signal: "SIGTERM" } as const;

export function makeBench(flavour: "ours" | "peer", options: BenchOptions = {}): Bench {
  const clock = options.clock ?? new VirtualClock();
  const containers = options.containers ?? new FakeContainers(clock, flavour);
  const memory = options.memory ?? volatileMemory();
  const news: RunnerNews[] = [];
  const runner = new Runner(
    containers,
    memory,
    clock,
    {
      parallel: options.parallel ?? 4,
      retries: options.retries ?? true,
      stop: STOP,
      probationMs: options.probationMs ?? 10_000,
      respectStopped: options.respectStopped ?? false,
      canChange: options.canChange ?? true,
    },
    (one) => news.push(one),
  );
  const lines = () =>
    news.flatMap((one) => {
      if (one.kind === "progress") return [`${one.progress} ${one.wish.name}`];
      if (one.kind === "failed") return [`failed ${one.wish.name}: ${one.failure.message}`];
      return one.kind === "warning" ? [`warning ${one.wish.name}: ${one.message}`] : [];
    });
  return { clock, containers, memory, runner, news, lines };
}
