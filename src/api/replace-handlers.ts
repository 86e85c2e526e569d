/** Replacing a container by its successor (DESIGN §2). */

import { SupercargoError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import { answering } from "./answering.ts";
import { extrasFromWire } from "./extras-wire.ts";
import { stopOptionsFromWire, wishFromWire } from "./from-wire.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import { outcomeToWire } from "./replace-wire.ts";
import type { ServiceParts } from "./service-parts.ts";

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
        return outcomeToWire(await keeper.replace(request.id, wish, options, signal, request.originator));
      }),
  };
}
