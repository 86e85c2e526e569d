/** Which of the two forms a document is in (spec/kad.md §8.1; incomplete documents are told apart by their telling keys). */

import { type JsonObject, memberOf } from "../base/json/node.ts";
import type { ManifestFormat } from "./reading.ts";

/** All of these together are what the peer's deployer demands of the internal form. */
const INTERNAL_KEYS = [
  "id",
  "name",
  "host_name",
  "domain_name",
  "resolv_conf_path",
  "hosts_path",
  "hostname_path",
  "mounts",
  "hooks",
  "created",
  "manually_stopped",
  "restart_count",
];
const CM_ONLY = new Set(["container_id", "container_name", "mount_points"]);
const INTERNAL_ONLY = ["id", "name", "mounts"];

export function detectFormat(document: JsonObject): ManifestFormat {
  if (INTERNAL_KEYS.every((key) => memberOf(document, key) !== undefined)) return "internal";
  if (document.members.some((member) => CM_ONLY.has(member.key.toLowerCase()))) return "cm";
  return INTERNAL_ONLY.some((key) => memberOf(document, key) !== undefined) ? "internal" : "cm";
}
