/** Guard for tests that make bridges, rules and mounts: they run in namespaces of their own or not at all. */

import { readFileSync, readlinkSync } from "node:fs";
import { isBootedForTests } from "./clean-root.ts";

/**
 * Throws unless this process lives in other network and mount namespaces than some process above it, which is so when it
 * was started by `unshare --net --mount`. Process 1 alone would not do: sandboxes hide its namespaces.
 */
export function refuseInitialNamespace(): void {
  // A booted device is in namespaces of its own as a whole.
  if (isBootedForTests()) return;
  const missing = ["net", "mnt"].filter((kind) => !differsFromAncestor(kind));
  if (missing.length > 0) {
    throw new Error(
      `these tests change bridges, packet filter and mounts and refuse to run in the machine's own ${missing.join(" and ")} namespace: run them by npm test, or in unshare --net --mount --propagation private sh -c 'ip link set lo up && bun test ...'`,
    );
  }
}

function differsFromAncestor(kind: string): boolean {
  const own = readlinkSync(`/proc/self/ns/${kind}`);
  for (let pid = parentOf("self"); pid !== "0"; pid = parentOf(pid)) {
    const theirs = namespaceOf(pid, kind);
    if (theirs !== undefined && theirs !== own) return true;
  }
  return false;
}

/** Undefined when we may not see it, as for process 1 in some sandboxes. */
function namespaceOf(pid: string, kind: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch (thrown) {
    if (
      thrown instanceof Error &&
      "code" in thrown &&
      (thrown.code === "EACCES" || thrown.code === "EPERM")
    ) {
      return undefined;
    }
    throw thrown;
  }
}

function parentOf(pid: string): string {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return /^PPid:\s*(\d+)/m.exec(status)?.[1] ?? "0";
}
