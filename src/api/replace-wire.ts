/** What became of a replacement, as a message and back. */

import type { Container } from "../model/container.ts";
import type { ReplaceOutcome, ReplacePhase } from "../model/replace.ts";
import {
  ReplaceResponse_Outcome as Outcome,
  ReplaceResponse_Phase as Phase,
  type ReplaceResponse,
} from "./gen/supercargo/v1/supercargo.ts";
import { containerToWire } from "./to-wire.ts";

const TO_PHASE = { prepare: Phase.PREPARE, start: Phase.START, probation: Phase.PROBATION } as const;
const FROM_PHASE: ReadonlyMap<Phase, ReplacePhase> = new Map([
  [Phase.PREPARE, "prepare"],
  [Phase.START, "start"],
  [Phase.PROBATION, "probation"],
]);

export function outcomeToWire(outcome: ReplaceOutcome): ReplaceResponse {
  if (outcome.kind === "replaced") {
    const { dropped } = outcome;
    return {
      outcome: Outcome.REPLACED,
      container: containerToWire(outcome.container),
      phase: Phase.PHASE_UNSPECIFIED,
      reason: "",
      transient: false,
      exitedWithZero: outcome.exitedWithZero,
      dropped: dropped && { bytes: BigInt(dropped.bytes), files: dropped.files, all: dropped.isAll },
    };
  }
  return {
    outcome: Outcome.ROLLED_BACK,
    container: containerToWire(outcome.old),
    phase: TO_PHASE[outcome.phase],
    reason: outcome.reason,
    transient: outcome.isTransient,
    exitedWithZero: false,
    dropped: undefined,
  };
}

/** @param container the response's own, which must be there. */
export function outcomeFromWire(response: ReplaceResponse, container: Container): ReplaceOutcome {
  const { dropped } = response;
  if (response.outcome === Outcome.REPLACED) {
    return {
      kind: "replaced",
      container,
      exitedWithZero: response.exitedWithZero,
      dropped: dropped && { bytes: Number(dropped.bytes), files: dropped.files, isAll: dropped.all },
    };
  }
  return {
    kind: "rolled-back",
    phase: FROM_PHASE.get(response.phase) ?? "prepare",
    reason: response.reason,
    old: container,
    isTransient: response.transient,
  };
}
