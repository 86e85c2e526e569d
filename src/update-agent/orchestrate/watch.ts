/** Follows an activity that somebody else leads, to its end. */

import { SupercargoError } from "../../errors/error.ts";
import type { DesiredState } from "../messages/payloads.ts";
import { writeDesiredState } from "../messages/write.ts";
import type { Agents } from "./agents.ts";
import type { View } from "./lead.ts";
import { type Outcome, type OutcomeStatus, type Part, reasonOf } from "./lockstep.ts";

export interface WatchOptions {
  readonly domains: readonly string[];
  /** Which activity; the next one that is heard of when not given. */
  readonly activityId?: string;
  show(view: View): void;
}

type WatchedPart = Pick<Part, "domain" | "status" | "actions">;

const ENDS: Readonly<Record<string, OutcomeStatus>> = {
  COMPLETED: "COMPLETED",
  INCOMPLETE: "INCOMPLETE",
  INCOMPLETE_INCONSISTENT: "INCOMPLETE",
  IDENTIFICATION_FAILED: "IDENTIFICATION_FAILED",
  SUPERSEDED: "SUPERSEDED",
};

/** The worst of several ends is that of the whole. */
const BY_WEIGHT: readonly OutcomeStatus[] = [
  "IDENTIFICATION_FAILED",
  "INCOMPLETE",
  "SUPERSEDED",
  "COMPLETED",
];

/** Resolves when all domains have ended the activity. `onListening` is called when nothing is missed any more. */
export async function watch(
  agents: Agents,
  { domains, activityId, show }: WatchOptions,
  signal: AbortSignal,
  onListening: () => void = () => {},
): Promise<Outcome> {
  const parts = new Map<string, WatchedPart>(
    domains.map((domain) => [domain, { domain, status: undefined, actions: [] }]),
  );
  const reasons: string[] = [];
  const over = Promise.withResolvers<void>();
  const listening = new AbortController();
  let watched = activityId;
  const endOf = ({ status }: WatchedPart) => (status === undefined ? undefined : ENDS[status]);
  const onAbort = () => over.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    const heard = agents.listen(
      domains,
      ({ domain, activityId: of, feedback }) => {
        watched ??= of;
        const before = parts.get(domain);
        if (of !== watched || before === undefined || endOf(before) !== undefined) return;
        const { status, message = "" } = feedback;
        const actions = feedback.actions.length > 0 ? feedback.actions : before.actions;
        const part = { domain, status, actions };
        parts.set(domain, part);
        if (endOf(part) !== undefined && endOf(part) !== "COMPLETED")
          reasons.push(reasonOf(domain, { message, actions }));
        show({ activityId: watched, stage: "WATCH", parts: [...parts.values()] });
        if ([...parts.values()].every((one) => endOf(one) !== undefined)) over.resolve();
      },
      listening.signal,
    );
    await Promise.race([heard, over.promise]);
    onListening();
    await over.promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    listening.abort(new SupercargoError("SC_CANCELLED", "the activity is over"));
  }
  const ends = [...parts.values()].map(endOf);
  const status = BY_WEIGHT.find((one) => ends.includes(one)) ?? "COMPLETED";
  return { status, reason: status === "COMPLETED" ? "" : reasons.filter((text) => text !== "").join("; ") };
}

/** Hands a desired state to an update manager, or to an agent that leads itself, and watches what becomes of it. */
export function handOver(
  desiredState: DesiredState,
  manager: string,
  activityId: string,
  agents: Agents,
  show: WatchOptions["show"],
  signal: AbortSignal,
): Promise<Outcome> {
  const text = writeDesiredState({ activityId, timestamp: Date.now() }, desiredState);
  return watch(agents, { domains: [manager], activityId, show }, signal, () =>
    agents.send(manager, "desiredState", text),
  );
}
