/** What is told of an activity, as a message (spec/update-agent.md §4.3). */

import type { Report } from "../deploy/desired-state/words.ts";
import { writeFeedback } from "./messages/write.ts";

/** @param timestamp ms since the epoch. */
export function feedbackText(report: Report, domain: string, timestamp: number): string {
  const { activityId, baseline, status, message, actions } = report;
  return writeFeedback(
    { activityId, timestamp },
    {
      ...(baseline === undefined ? {} : { baseline }),
      status,
      ...(message === undefined ? {} : { message }),
      actions: (actions ?? []).map((action) => ({
        component: { id: `${domain}:${action.name}`, version: action.version },
        status: action.status,
        ...(action.progress === undefined ? {} : { progress: action.progress }),
        message: action.message,
      })),
    },
  );
}
