/** Reading the configuration again on request. */

import type { HandlersOf } from "../grpc/handlers.ts";
import { answering } from "./answering.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";

export function reloadHandlers({
  reload,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, "reload"> {
  return {
    reload: () =>
      answering(async () => {
        const { warnings, needsRestart } = reload();
        return { warnings: [...warnings], needsRestart: [...needsRestart] };
      }),
  };
}
