/** Replacing a container by its successor (DESIGN §2). */

import { SupercargoError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import type { ReplaceOutcome } from "../model/replace.ts";
import { answering } from "./answering.ts";
import { extrasFromWire } from "./extras-wire.ts";
import { stopOptionsFromWire, wishFromWire } from "./from-wire.ts";
import {
  ReplaceResponse_Outcome as Outcome,
  ReplaceResponse_Phase as Phase,
  type ReplaceResponse,
  type SupercargoDefinition,
} from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";
import { containerToWire } from "./to-wire.ts";

const PHASES = { prepare: Phase.PREPARE, start: Phase.START, probation: Phase.PROBATION } as const;

function replaceResponse(outcome: ReplaceOutcome): ReplaceResponse {
  if (outcome.kind === "replaced") {
    return {
      outcome: Outcome.REPLACED,
      container: containerToWire(outcome.container),
      phase: Phase.PHASE_UNSPECIFIED,
      reason: "",
      transient: false,
      exitedWithZero: outcome.exitedWithZero,
    };
  }
  return {
    outcome: Outcome.ROLLED_BACK,
    container: containerToWire(outcome.old),
    phase: PHASES[outcome.phase],
    reason: outcome.reason,
    transient: outcome.isTransient,
    exitedWithZero: false,
  };
}

export function replaceHandlers({
  keeper,
  whenReady,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, "replace"> {
  return {
    replace: (request, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        if (request.desired === undefined) {
          throw new SupercargoError("SC_CONTAINER_INVALID", "the desired container is missing");
        }
        const options = {
          stop: stopOptionsFromWire(request.stopOptions) ?? { timeoutSeconds: 0, force: true, signal: "" },
          probationMs: request.probationMs,
        };
        const wish = { ...wishFromWire(request.desired), extras: extrasFromWire(request.extras) };
        return replaceResponse(await keeper.replace(request.id, wish, options, signal, request.originator));
      }),
  };
}
