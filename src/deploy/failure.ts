/** What a failed step means: whether the same wish is tried again by itself, and how soon. */

import { isTransient } from "../errors/edges.ts";
import { describeError, hasCode, SupercargoError } from "../errors/error.ts";

/**
 * Where a step failed.
 * - `look`: the containers could not be listed.
 * - `prepare`: nothing was taken away (create, fetch, check).
 * - `start`: a container of ours did not start; nobody else was disturbed.
 * - `exchange`: the old one had been stopped for it, and is back.
 * - `probation`: the successor ran and did not stay up; the old one is back.
 */
export type FailurePhase = "look" | "prepare" | "start" | "exchange" | "probation";

/**
 * - `soon`: back-off up to half a minute; something is away.
 * - `later`: the same, begun more slowly; somebody may mend it (push the image, correct credentials, free the port).
 * - `seldom`: back-off up to five minutes; each try stops the old container for a moment.
 * - `never`: not before the file changes.
 */
export type RetryClass = "soon" | "later" | "seldom" | "never";

export interface StepFailureDetails {
  /** Default: what phase and kind say. */
  readonly retry?: RetryClass;
  /** False when the old container could not be brought back, or nobody knows: the next look must see to it. */
  readonly isOldBack?: boolean;
  /** The version is not tried again until its file changes, even after a restart of the deployer. */
  readonly isRefused?: boolean;
  /** Ids of containers that should be gone, and could not be removed. */
  readonly leftovers?: readonly string[];
}

/** A step that failed, with what follows from it. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  readonly phase: FailurePhase;
  readonly retry: RetryClass;
  readonly isOldBack: boolean;
  readonly isRefused: boolean;
  readonly leftovers: readonly string[];

  constructor(phase: FailurePhase, cause: unknown, details: StepFailureDetails = {}) {
    super(describeError(cause), { cause });
    this.phase = phase;
    this.retry = details.retry ?? classify(phase, cause);
    this.isOldBack = details.isOldBack ?? phase !== "look";
    this.leftovers = details.leftovers ?? [];
    const disturbs = phase === "exchange" || phase === "probation";
    this.isRefused = details.isRefused ?? (disturbs && this.retry === "never");
  }
}

const MENDED_BY_SETTINGS: ReadonlySet<string> = new Set([
  "SC_REGISTRY_DENIED",
  "SC_REGISTRY_UNTRUSTED",
  "SC_REGISTRY_UNAVAILABLE",
  "SC_REGISTRY_PROTOCOL",
  "SC_REGISTRY_CONFIG",
  "SC_IMAGE_LOCKED",
]);

/** Whether other settings of registries and keys can help. */
export function isMendedBySettings(thrown: unknown): boolean {
  if (thrown instanceof StepFailure) return isMendedBySettings(thrown.cause);
  return thrown instanceof SupercargoError && MENDED_BY_SETTINGS.has(thrown.code);
}

/** Decides by phase and kind. An error without a kind comes from the peer, whose answers are all "unknown". */
export function classify(phase: FailurePhase, thrown: unknown): RetryClass {
  if (thrown instanceof StepFailure) return classify(phase, thrown.cause);
  // It is mended without a change of the manifest.
  if (phase === "prepare" && hasCode(thrown, "SC_REGISTRY_CONFIG")) return "later";
  const kind = thrown instanceof SupercargoError ? thrown.kind : "internal";
  if (phase === "probation") return "never";
  if (phase === "exchange") return isTransient(kind) ? "seldom" : "never";
  if (phase === "look") return "soon";
  if (kind === "invalid" || kind === "exists" || kind === "unsupported") return "never";
  if (isTransient(kind) || kind === "cancelled") return "soon";
  if (kind === "internal") return phase === "prepare" ? "soon" : "later";
  return "later";
}

/** Back-off of each class (spec/kad.md §5 has no limit, and no jitter). */
export const RETRY_BACKOFF = {
  soon: { firstMs: 200, capMs: 30_000, jitter: 0.3 },
  later: { firstMs: 2_000, capMs: 30_000, jitter: 0.3 },
  seldom: { firstMs: 2_000, capMs: 300_000, jitter: 0.3 },
} as const;
