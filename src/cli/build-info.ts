/** Versions of this build; the API version is the one whose behaviour we answer with (spec/grpc-api.md §3.2). */

import packageJson from "../../package.json" with { type: "json" };
import type { BuildInfo } from "../api/sysinfo-service.ts";

export const VERSION: string = packageJson.version;
export const API_VERSION = "1.0.0";

/** A build from a source tree tells neither commit nor time, so that equal sources make equal programs. */
export const BUILD_INFO: BuildInfo = {
  projectVersion: VERSION,
  apiVersion: API_VERSION,
  gitCommit: "unknown",
  buildTime: "unknown",
};
