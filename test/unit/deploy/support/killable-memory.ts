/** A memory of which a kill leaves what was written durably. */

import { type Memory, volatileMemory } from "../../../../src/deploy/wish.ts";

export interface KillableMemory {
  readonly memory: Memory;
  readonly afterKill: () => Memory;
}

export function killableMemory(before?: Memory): KillableMemory {
  const memory = volatileMemory(before?.entries());
  let onDisk = new Map(memory.entries());
  const set: Memory["set"] = (name, remembered, durable) => {
    memory.set(name, remembered);
    if (durable === true) onDisk = new Map(memory.entries());
  };
  return { memory: { ...memory, set }, afterKill: () => volatileMemory(onDisk) };
}
