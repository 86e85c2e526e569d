/** Watching what was started in our own lead: a failed end or an unhealthy probe within the probation is a failure, exit 0 is not. */

import { type Clock, delay } from "../../base/clock.ts";
import type { Container } from "../../model/container.ts";
import type { Acts } from "./acts.ts";
import type { Book } from "./book.ts";
import type { Device } from "./device.ts";

const LOOK_EVERY_MS = 250;

export interface VigilParts {
  readonly book: Book;
  readonly acts: Acts;
  readonly device: Device;
  readonly clock: Clock;
  readonly probationMs: number;
  /** Ends it early; what has been seen counts. */
  readonly interrupt: AbortSignal;
}

export interface Fallen {
  readonly index: number;
  readonly reason: string;
}

/** The first that does not stay up, or undefined when the time is over or all have ended well. */
export async function keepVigil(members: readonly number[], parts: VigilParts): Promise<Fallen | undefined> {
  const { book, acts, clock, interrupt } = parts;
  const watched = new Map<string, number>();
  for (const index of members) {
    const { kind, desired } = book.action(index);
    if ((kind === "create" || kind === "recreate") && desired !== undefined) watched.set(desired.id, index);
  }
  const seen = new Map<string, string>();
  const ended = watchEnds(watched, parts.device, seen, interrupt);
  try {
    const endMs = clock.nowMs() + parts.probationMs;
    for (;;) {
      for (const container of await acts.list()) {
        const index = watched.get(container.id);
        if (index === undefined) continue;
        const reason = seen.get(container.id) ?? fault(container, parts.device);
        if (reason !== undefined) return { index, reason };
      }
      const leftMs = endMs - clock.nowMs();
      if (watched.size === 0 || leftMs <= 0 || interrupt.aborted) return undefined;
      await delay(clock, Math.min(LOOK_EVERY_MS, leftMs), interrupt).catch(() => {
        // Only the interrupt rejects it: the next round ends the watch.
      });
    }
  } finally {
    ended.abort();
  }
}

/** Notes ends that a restart policy hides from those who only look now and then. */
function watchEnds(
  watched: ReadonlyMap<string, number>,
  { watch }: Device,
  seen: Map<string, string>,
  interrupt: AbortSignal,
): AbortController {
  const end = new AbortController();
  const onChange = (container: Container) => {
    if (!watched.has(container.id) || seen.has(container.id)) return;
    const reason = badEnd(container);
    if (reason !== undefined) seen.set(container.id, reason);
  };
  watch?.(onChange, AbortSignal.any([end.signal, interrupt])).catch(() => {
    // Looking now and then goes on without it.
  });
  return end;
}

function fault(container: Container, { healthOf }: Device): string | undefined {
  if (healthOf?.(container.id) === "unhealthy") return "the new container is unhealthy";
  return badEnd(container);
}

function badEnd({ state, manuallyStopped }: Container): string | undefined {
  const { status, exitCode, error } = state;
  if (manuallyStopped) return undefined;
  if (status !== "Exited" && status !== "Stopped" && status !== "Dead") return undefined;
  if (exitCode === 0 && error === "") return undefined;
  const why = error === "" ? "" : ` (${error})`;
  return `the new container did not stay up: it ended with exit code ${exitCode}${why}`;
}
