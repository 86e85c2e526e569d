/**
 * Requests of many clients on one container, explained: is there an order, true to when each began and ended, in which a
 * container that takes them one after the other answers the same and ends the same? (The check of linearizability.)
 */

export type Standing = "gone" | "rests" | "runs" | "paused";

/** `touch`: something that changes nothing of the standing, such as a rename. */
export type RequestKind = "create" | "start" | "stop" | "pause" | "unpause" | "remove" | "replace" | "touch";

/** `refused`: by a rule of the standing. `nothing`: told that nothing was done, whatever the standing. `unknown`: no answer. */
export type Answer = "ok" | "refused" | "nothing" | "unknown";

export interface Asked {
  readonly kind: RequestKind;
  readonly beganMs: number;
  readonly endedMs: number;
  readonly answer: Answer;
  /** For the message of a failure. */
  readonly text: string;
}

/** What a request makes of a standing; absent: refused. */
const RULES: Readonly<Record<RequestKind, Partial<Readonly<Record<Standing, Standing>>>>> = {
  create: { gone: "rests" },
  start: { rests: "runs" },
  stop: { runs: "rests", paused: "rests" },
  pause: { runs: "paused" },
  unpause: { paused: "runs" },
  remove: { rests: "gone", runs: "gone", paused: "gone" },
  replace: { rests: "runs", runs: "runs", paused: "runs" },
  touch: { rests: "rests", runs: "runs", paused: "paused" },
};

/** Standings after one request that may explain its answer. */
function outcomes({ kind, answer }: Asked, standing: Standing): readonly Standing[] {
  const next = RULES[kind][standing];
  switch (answer) {
    case "ok":
      return next === undefined ? [] : [next];
    case "refused":
      return next === undefined ? [standing] : [];
    case "nothing":
      return [standing];
    case "unknown":
      return next === undefined ? [standing] : [standing, next];
  }
}

/** Every standing in which the container can be after all of them; none = no order explains the answers. */
export function standingsAfter(before: Standing, asked: readonly Asked[]): ReadonlySet<Standing> {
  const ends = new Set<Standing>();
  const seen = new Set<string>();
  const visit = (standing: Standing, left: readonly Asked[]) => {
    const key = `${standing} ${left.map((one) => asked.indexOf(one)).join()}`;
    if (seen.has(key)) return;
    seen.add(key);
    if (left.length === 0) ends.add(standing);
    const firstEndMs = Math.min(...left.map(({ endedMs }) => endedMs));
    // One that began after another had ended comes after it.
    for (const one of left.filter(({ beganMs }) => beganMs <= firstEndMs)) {
      const rest = left.filter((other) => other !== one);
      for (const next of outcomes(one, standing)) visit(next, rest);
    }
  };
  visit(before, asked);
  return ends;
}

/** The requests around the first answer that nothing explains, in words; empty when all are explained. */
export function firstUnexplained(before: Standing, asked: readonly Asked[]): readonly string[] {
  const byEnd = [...asked].sort((one, other) => one.endedMs - other.endedMs);
  for (const last of byEnd) {
    // What is still under way then may have had its effect already.
    const known = asked
      .filter(({ beganMs }) => beganMs <= last.endedMs)
      .map((one): Asked => (one.endedMs <= last.endedMs ? one : { ...one, answer: "unknown" }));
    if (standingsAfter(before, known).size > 0) continue;
    return known
      .filter(({ endedMs }) => endedMs > last.beganMs - 500)
      .sort((one, other) => one.beganMs - other.beganMs)
      .map(({ beganMs, endedMs, text }) => `${Math.round(beganMs)} to ${Math.round(endedMs)} ${text}`);
  }
  return [];
}
