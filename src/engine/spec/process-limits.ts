/** Limits that a process is born with (setrlimit), as the runtime takes them. */

import type { Ulimit } from "../../model/extras.ts";
import type { OciRlimit } from "./oci.ts";

/** RLIM_INFINITY; larger than a JSON number of JavaScript, so it travels as a bigint. */
const UNLIMITED = 0xffff_ffff_ffff_ffffn;
/** The peer gives every container this many open files (spec/engine.md §7). */
const OPEN_FILES: Ulimit = { name: "nofile", soft: 1024, hard: 1024 };

/** The given limits, and the usual one of open files unless it is among them. */
export function processLimits(given: readonly Ulimit[]): OciRlimit[] {
  const all = given.some(({ name }) => name === OPEN_FILES.name) ? given : [OPEN_FILES, ...given];
  return all.map(({ name, soft, hard }) => ({
    type: `RLIMIT_${name.toUpperCase()}`,
    hard: value(hard),
    soft: value(soft),
  }));
}

function value(limit: number): number | bigint {
  return limit === -1 ? UNLIMITED : limit;
}
