/** The peer's `SystemInfo` service: constants of the build (spec/grpc-api.md §3.2). */

import type { HandlersOf } from "../grpc/handlers.ts";
import type { SystemInfoDefinition } from "./gen/api/services/sysinfo/system_info.ts";

export interface BuildInfo {
  readonly projectVersion: string;
  readonly apiVersion: string;
  readonly gitCommit: string;
  readonly buildTime: string;
}

export function sysinfoService(build: BuildInfo): HandlersOf<typeof SystemInfoDefinition> {
  return { projectInfo: async () => ({ projectInfo: { ...build } }) };
}
