/** Replacing by our own daemon's call: it prepares, exchanges, watches and goes back; here it is only watched and told. */

import { type Clock, delay } from "../base/clock.ts";
import { isTransient } from "../errors/edges.ts";
import { describeError, isKind, SupercargoError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import { isActive } from "../model/state.ts";
import type { Containers } from "./containers.ts";
import { describeDropped } from "./dropped-layers.ts";
import { StepFailure } from "./failure.ts";
import type { Progress, Replaced, Replacement, Work } from "./replace.ts";
import { forcedStop } from "./replace-steps.ts";

type ReplaceCall = NonNullable<Containers["replace"]>;

/** Pause between two looks where the daemon cannot tell of changes by itself. */
const LOOK_EVERY_MS = 100;
const ORDER: readonly Progress[] = ["creating", "created", "stopping", "removing", "starting", "started"];

/**
 * Calls the daemon. An interrupt ends the call while nothing has been taken away and when the successor runs (the daemon
 * brings the rest to its end by itself); in between it waits.
 */
export async function replaceByDaemon(
  replace: ReplaceCall,
  { old, desired }: Replacement,
  work: Work,
): Promise<Replaced> {
  const call = new AbortController();
  const watching = new AbortController();
  let reached = -1;
  const sayUpTo = (progress: Progress) => {
    for (const next of ORDER.slice(reached + 1, ORDER.indexOf(progress) + 1)) {
      if (next !== "stopping" || isActive(old.state.status)) work.say(next);
      reached++;
    }
    endIfInterrupted();
  };
  const endIfInterrupted = () => {
    const isBetween = reached > ORDER.indexOf("creating") && reached < ORDER.indexOf("started");
    if (work.interrupt.aborted && !isBetween) call.abort(work.interrupt.reason);
  };
  const onAbort = () => call.abort(work.abort.reason);
  work.interrupt.addEventListener("abort", endIfInterrupted, { once: true });
  work.abort.addEventListener("abort", onAbort, { once: true });
  sayUpTo("creating");
  const watched = observe(
    work,
    (container) => {
      const seen = stageOf(old, desired.name, container);
      if (seen !== undefined) sayUpTo(seen);
    },
    watching.signal,
  );
  try {
    const options = { stop: forcedStop(work), probationMs: work.probationMs };
    const outcome = await replace(old.id, desired, options, call.signal);
    if (outcome.kind === "replaced") {
      sayUpTo("started");
      const lost = describeDropped(outcome.dropped);
      if (lost !== undefined) work.warn(lost);
      return { container: outcome.container, leftovers: [] };
    }
    const phase = outcome.phase === "start" ? "exchange" : outcome.phase;
    throw new StepFailure(phase, new Error(outcome.reason), { retry: retryOf(phase, outcome.isTransient) });
  } catch (thrown) {
    work.interrupt.throwIfAborted();
    work.abort.throwIfAborted();
    if (thrown instanceof StepFailure || isKind(thrown, "unsupported")) throw thrown;
    throw new StepFailure("prepare", thrown, { isOldBack: false });
  } finally {
    watching.abort();
    work.interrupt.removeEventListener("abort", endIfInterrupted);
    work.abort.removeEventListener("abort", onAbort);
    await watched;
  }
}

function retryOf(phase: "prepare" | "exchange" | "probation", transient: boolean) {
  if (phase === "prepare") return transient ? "soon" : "later";
  return transient ? "seldom" : "never";
}

/** How far the exchange has come, judged by one container. The old one is told from its successor by when it was made. */
function stageOf(old: Container, name: string, seen: Container): Progress | undefined {
  const isSuccessor = seen.name === name && (seen.id !== old.id || seen.created !== old.created);
  if (isSuccessor) return isActive(seen.state.status) ? "started" : undefined;
  if (seen.id !== old.id) return undefined;
  return isActive(old.state.status) && !isActive(seen.state.status) ? "starting" : undefined;
}

/** Shows each change of a container until the signal aborts; by the daemon's news if it has any, else by looking. Never rejects. */
async function observe(
  work: Work,
  onSeen: (container: Container) => void,
  signal: AbortSignal,
): Promise<void> {
  const { containers, clock } = work;
  const watch = containers.watch;
  if (watch !== undefined && (await followNews(watch, work, onSeen, signal))) return;
  await lookAgainAndAgain(containers, clock, onSeen, signal);
}

async function followNews(
  watch: NonNullable<Containers["watch"]>,
  work: Work,
  onSeen: (container: Container) => void,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await watch(onSeen, signal);
  } catch (thrown) {
    // An older daemon without news is no trouble.
    if (!signal.aborted && !isKind(thrown, "unsupported")) {
      work.warn(`no news from the daemon, looking instead: ${describeError(thrown)}`);
    }
  }
  return signal.aborted;
}

async function lookAgainAndAgain(
  containers: Containers,
  clock: Clock,
  onSeen: (container: Container) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await delay(clock, LOOK_EVERY_MS, signal);
      for (const container of await containers.list(signal)) onSeen(container);
    } catch (thrown) {
      if (signal.aborted) return;
      // The call itself tells of a daemon that is away; looking only makes the telling finer.
      if (!(thrown instanceof SupercargoError && isTransient(thrown.kind))) return;
    }
  }
}
