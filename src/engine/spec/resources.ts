/** Limits of a container as the runtime takes them: bytes, -1 = unlimited (spec/engine.md §7 point 8, §13). */

import { SupercargoError } from "../../errors/error.ts";
import type { DesiredContainer, Resources } from "../../model/container.ts";
import { parseSizeBytes } from "../../model/size.ts";
import type { OciLinux } from "./oci.ts";

type OciResources = NonNullable<OciLinux["resources"]>;
type OciMemory = NonNullable<OciResources["memory"]>;

export const UNLIMITED = -1;
/** The kernel's usual one. */
const CPU_PERIOD_US = 100_000;

/** What limits a container: the part that Kanto's form knows, and ours. */
export interface Limits {
  readonly resources: Resources | undefined;
  readonly cpus: number | undefined;
  readonly pidsLimit: number | undefined;
}

export function limitsOf(container: DesiredContainer): Limits {
  const { extras, hostConfig } = container;
  return { resources: hostConfig.resources, cpus: extras?.cpus, pidsLimit: extras?.pidsLimit };
}

/** Limits for a new task; only those that are given. @param canLimitSwap false leaves the limit of swap out. */
export function newLimits(
  limits: Limits,
  canLimitSwap: boolean,
): Pick<OciResources, "memory" | "cpu" | "pids"> {
  const memory = memoryLimits(limits.resources, canLimitSwap);
  const { cpus, pidsLimit } = limits;
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpu: cpuTime(cpus) }),
    ...(pidsLimit === undefined ? {} : { pids: { limit: pidsLimit } }),
  };
}

/** Whether swap would be limited and cannot be. */
export function missesSwapLimit({ resources }: Limits, canLimitSwap: boolean): boolean {
  return !canLimitSwap && resources !== undefined && resources.memorySwap !== "";
}

function cpuTime(cpus: number): NonNullable<OciResources["cpu"]> {
  return { period: CPU_PERIOD_US, quota: Math.round(cpus * CPU_PERIOD_US) };
}

function memoryLimits(resources: Resources | undefined, canLimitSwap: boolean): OciMemory | undefined {
  if (resources === undefined) return undefined;
  const memory: OciMemory = {};
  if (resources.memory !== "") memory.limit = bytes("memory", resources.memory);
  if (resources.memoryReservation !== "") {
    memory.reservation = bytes("memory reservation", resources.memoryReservation);
  }
  if (resources.memorySwap !== "" && canLimitSwap) memory.swap = bytes("swap memory", resources.memorySwap);
  return Object.keys(memory).length === 0 ? undefined : memory;
}

/**
 * Limits for a task that runs: what is given, and unlimited where a value was stored and is no longer given.
 * The engine sends the device rules of the running task along.
 */
export function changedLimits(stored: Limits, wanted: Limits, canLimitSwap: boolean): OciResources {
  const before = newLimits(stored, canLimitSwap);
  const after = newLimits(wanted, canLimitSwap);
  const memory: OciMemory = { ...after.memory };
  for (const key of ["limit", "reservation", "swap"] as const) {
    if (before.memory?.[key] !== undefined && memory[key] === undefined) memory[key] = UNLIMITED;
  }
  const cpu = after.cpu ?? (before.cpu && { ...before.cpu, quota: UNLIMITED });
  const pids = after.pids ?? (before.pids && { limit: UNLIMITED });
  return {
    memory,
    ...(cpu === undefined ? {} : { cpu }),
    ...(pids === undefined ? {} : { pids }),
  };
}

function bytes(what: string, text: string): number {
  if (text === "-1" && what === "swap memory") return UNLIMITED;
  const size = parseSizeBytes(text);
  if (size !== undefined) return size;
  throw new SupercargoError("SC_CONTAINER_INVALID", `invalid format of ${what} - ${text}`);
}
