/** Capabilities that the daemon itself has: what a privileged container gets. */

import { readFileSync } from "node:fs";
import { effectiveCapabilities } from "./capabilities.ts";

export function readOwnCapabilities(): string[] {
  return effectiveCapabilities(readFileSync("/proc/self/status", "utf8"));
}
