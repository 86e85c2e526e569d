/**
 * When a registry is asked for an image that is here, and what happens when it cannot help (docs/decisions/0011).
 * A name with a digest always means the same content: no registry is asked for it again.
 */

import { isKind } from "../errors/error.ts";
import type { PullPolicy } from "../model/extras.ts";

/** Whether the registry is asked although the image is here. */
export function asksRegistry(policy: PullPolicy, name: string): boolean {
  return policy !== "missing" && !name.includes("@sha256:");
}

/**
 * Whether the image that is here does when the registry could not give another: `newer` is a wish and never costs a container;
 * `always` insists on the registry's word and bends only to one that is away.
 */
export function doesLocalImage(policy: PullPolicy, thrown: unknown): boolean {
  if (isKind(thrown, "cancelled")) return false;
  return policy === "newer" ? isKind(thrown, ...REFUSALS) : isKind(thrown, "unavailable", "timeout");
}

/** Everything that a registry, a network or a disk can answer; faults of our own are not covered up. */
const REFUSALS = [
  "unavailable",
  "timeout",
  "not-found",
  "denied",
  "corrupt",
  "unsupported",
  "invalid",
  "exhausted",
] as const;
