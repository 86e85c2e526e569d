/** One wish of a deployer, made true. */

import { SupercargoError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import { fillDefaults } from "../model/defaults.ts";
import { answering } from "./answering.ts";
import { extrasFromWire } from "./extras-wire.ts";
import { stopOptionsFromWire, wishFromWire } from "./from-wire.ts";
import { ApplyResponse_Action as Action } from "./gen/supercargo/v1/apply.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";
import { containerToWire } from "./to-wire.ts";

const ACTIONS = {
  created: Action.CREATED,
  recreated: Action.RECREATED,
  updated: Action.UPDATED,
  checked: Action.CHECKED,
} as const;

export function applyHandlers({
  apply,
  whenReady,
}: Pick<ServiceParts, "apply" | "whenReady">): Pick<HandlersOf<typeof SupercargoDefinition>, "apply"> {
  return {
    apply: ({ desired, extras, stopOptions, probationMs, originator }, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        if (desired?.image === undefined) {
          throw new SupercargoError("SC_CONTAINER_INVALID", "the containers image configuration is invalid");
        }
        const wish = fillDefaults({ ...wishFromWire(desired), extras: extrasFromWire(extras) });
        const stop = stopOptionsFromWire(stopOptions) ?? { timeoutSeconds: 0, force: true, signal: "" };
        const applied = await apply(wish, originator, { stop, probationMs }, signal);
        return {
          action: ACTIONS[applied.action],
          container: containerToWire(applied.container),
          reasons: [...applied.reasons],
        };
      }),
  };
}
