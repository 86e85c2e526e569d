/** Limits of a container as the runtime takes them: bytes, -1 = unlimited (spec/engine.md §7 point 8, §13). */

import { SupercargoError } from "../../errors/error.ts";
import type { Resources } from "../../model/container.ts";
import { parseSizeBytes } from "../../model/size.ts";
import type { OciLinux } from "./oci.ts";

type OciResources = NonNullable<OciLinux["resources"]>;
type OciMemory = NonNullable<OciResources["memory"]>;

export const UNLIMITED = -1;

/** Limits for a new task; undefined when none is given. */
export function memoryLimits(resources: Resources | undefined): OciMemory | undefined {
  if (resources === undefined) return undefined;
  const memory: OciMemory = {};
  if (resources.memory !== "") memory.limit = bytes("memory", resources.memory);
  if (resources.memoryReservation !== "") {
    memory.reservation = bytes("memory reservation", resources.memoryReservation);
  }
  if (resources.memorySwap !== "") memory.swap = bytes("swap memory", resources.memorySwap);
  return Object.keys(memory).length === 0 ? undefined : memory;
}

/**
 * Limits for a task that runs: what is given, and unlimited where a value was stored and is no longer given.
 * The engine sends the device rules of the running task along.
 */
export function changedLimits(stored: Resources | undefined, wanted: Resources | undefined): OciResources {
  const before = memoryLimits(stored) ?? {};
  const memory: OciMemory = { ...memoryLimits(wanted) };
  for (const key of ["limit", "reservation", "swap"] as const) {
    if (before[key] !== undefined && memory[key] === undefined) memory[key] = UNLIMITED;
  }
  return { memory };
}

function bytes(what: string, text: string): number {
  if (text === "-1" && what === "swap memory") return UNLIMITED;
  const size = parseSizeBytes(text);
  if (size !== undefined) return size;
  throw new SupercargoError("SC_CONTAINER_INVALID", `invalid format of ${what} - ${text}`);
}
