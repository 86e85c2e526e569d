/** Our extension service, one file of handlers per topic. Errors carry the status that fits their kind. */

import type { HandlersOf } from "../grpc/handlers.ts";
import { applyHandlers } from "./apply-handlers.ts";
import { detailsHandlers } from "./details-handlers.ts";
import { execHandlers } from "./exec-handlers.ts";
import { extrasHandlers } from "./extras-handlers.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import { imageHandlers } from "./image-handlers.ts";
import { reloadHandlers } from "./reload-handlers.ts";
import { replaceHandlers } from "./replace-handlers.ts";
import type { ServiceParts } from "./service-parts.ts";
import { statsHandlers } from "./stats-handlers.ts";
import { statusHandlers } from "./status-handlers.ts";
import { watchHandlers } from "./watch-handlers.ts";

export function supercargoService(parts: ServiceParts): HandlersOf<typeof SupercargoDefinition> {
  return {
    ...replaceHandlers(parts),
    ...applyHandlers(parts),
    ...extrasHandlers(parts),
    ...watchHandlers(parts),
    ...imageHandlers(parts),
    ...detailsHandlers(parts),
    ...execHandlers(parts),
    ...statsHandlers(parts),
    ...statusHandlers(parts),
    ...reloadHandlers(parts),
  };
}
