/** What is known of the health of a container that runs and has a healthcheck. */

import type { Health } from "./extras.ts";

export interface LastProbe {
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly tookMs: number;
  readonly isSuccess: boolean;
  /** What the probe said, or why it failed; bounded. */
  readonly output: string;
}

export interface HealthReport {
  readonly status: Health;
  /** Failures in a row that count. */
  readonly failingStreak: number;
  /** When the status became what it is; RFC 3339, UTC. */
  readonly since: string;
  /** Absent before the first probe of this daemon. */
  readonly lastProbe?: LastProbe;
}
