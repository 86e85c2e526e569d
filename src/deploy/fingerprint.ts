/**
 * What a deployer remembers of a wish without keeping the wish: one short digest per key. Two wishes are compared key by
 * key, so that a plan can name what differs, and no secret of an environment is written down.
 */

import { sha256Hex } from "../base/hash.ts";
import { outlineOfWish, UPDATABLE_PATHS } from "../model/compare.ts";
import type { DesiredContainer } from "../model/container.ts";

/** Digest by key, keys spelt as in a manifest (`host_config.port_mappings`). */
export type Fingerprint = Readonly<Record<string, string>>;

const MANIFEST_KEYS: Readonly<Record<string, string>> = {
  id: "container_id",
  mounts: "mount_points",
  "mounts.readOnly": "mount_points.read_only",
  name: "container_name",
};

/** The key whose default depends on who reads the manifest: 1M in a watched folder, 100M in the deployment folder (DESIGN §5). */
export const LOG_SIZE_KEY = "host_config.log_config.driver.max_size";
/** Stands for the digest of a log size that the manifest leaves to its reader: all readers mean the same by it. */
export const LEFT_OUT = "left out";

/** Keys that the daemon changes in a living container; all others need a new one (spec/engine.md §18). */
const UPDATABLE_KEYS: ReadonlySet<string> = new Set([...UPDATABLE_PATHS].map(manifestKey));

/** Makes the fingerprint of a wish: leaving a value out equals writing its default. The name is not part of it. */
export function fingerprintOf(desired: DesiredContainer): Fingerprint {
  const fingerprint: Record<string, string> = {};
  for (const [path, text] of outlineOfWish(desired)) {
    if (path !== "name") fingerprint[manifestKey(path)] = digest(text);
  }
  return fingerprint;
}

/** The same fingerprint for a manifest that gives no log size. */
export function withoutLogSize(fingerprint: Fingerprint): Fingerprint {
  return { ...fingerprint, [LOG_SIZE_KEY]: LEFT_OUT };
}

/** Keys in which two fingerprints differ. A key that only one of them has (written by another version of us) does not count. */
export function differingKeys(one: Fingerprint, other: Fingerprint): readonly string[] {
  return Object.keys(one).filter((key) => other[key] !== undefined && one[key] !== other[key]);
}

/** Whether a difference in these keys can be made in the living container. */
export function isUpdatable(keys: readonly string[]): boolean {
  return keys.every((key) => UPDATABLE_KEYS.has(key));
}

/** A path in the words of the model as a manifest spells it: `hostConfig.portMappings` is `host_config.port_mappings`. */
export function manifestKey(path: string): string {
  return MANIFEST_KEYS[path] ?? path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function digest(text: string): string {
  return sha256Hex(text).slice(0, 16);
}
