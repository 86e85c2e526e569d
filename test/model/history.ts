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
export function outcomes({ kind, answer }: Asked, standing: Standing): readonly Standing[] {
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

/**
 * Every standing in which the container can be after all of them; none = no order explains the answers. Two rules keep the
 * search small when dozens wait for one container: one that never changes anything and fits here is taken at once, for that never takes an
 * order away; of those that may come next and are alike, the one that ended first comes first.
 */
export function standingsAfter(before: Standing, asked: readonly Asked[]): ReadonlySet<Standing> {
  const ends = new Set<Standing>();
  const seen = new Set<string>();
  const numbers = new Map(asked.map((one, index) => [one, index]));
  const visit = (standing: Standing, given: readonly Asked[]) => {
    const left = withoutIdle(standing, given);
    const key = `${standing} ${left.map((one) => numbers.get(one)).join()}`;
    if (seen.has(key)) return;
    seen.add(key);
    if (left.length === 0) ends.add(standing);
    for (const one of firstOfEachKind(eligible(left))) {
      const rest = left.filter((other) => other !== one);
      for (const next of outcomes(one, standing)) visit(next, rest);
    }
  };
  visit(
    before,
    [...asked].sort((one, other) => one.endedMs - other.endedMs),
  );
  return ends;
}

/** Those that may come next: one that began after another had ended comes after it. */
function eligible(left: readonly Asked[]): readonly Asked[] {
  const firstEndMs = Math.min(...left.map(({ endedMs }) => endedMs));
  return left.filter(({ beganMs }) => beganMs <= firstEndMs);
}

/** Such a request never changes anything, whenever it comes. */
function isIdle({ kind, answer }: Asked): boolean {
  return kind === "touch" || answer === "refused" || answer === "nothing";
}

/** Takes out, as long as there are any, those that may come next, fit here and never change anything. */
function withoutIdle(standing: Standing, given: readonly Asked[]): readonly Asked[] {
  let left = given;
  for (;;) {
    const idle = new Set(eligible(left).filter((one) => isIdle(one) && outcomes(one, standing).length > 0));
    if (idle.size === 0) return left;
    left = left.filter((one) => !idle.has(one));
  }
}

/** Given in the order of their ends. */
function firstOfEachKind(candidates: readonly Asked[]): readonly Asked[] {
  const kinds = new Set<string>();
  return candidates.filter(({ kind, answer }) => {
    const isFirst = !kinds.has(`${kind} ${answer}`);
    kinds.add(`${kind} ${answer}`);
    return isFirst;
  });
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
