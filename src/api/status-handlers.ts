/** How the daemon is: version, engine, and what a person should know of or act on. */

import type { HandlersOf } from "../grpc/handlers.ts";
import {
  StatusResponse_Engine as EngineState,
  type SupercargoDefinition,
} from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";

export function statusHandlers({
  status,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, "status"> {
  return {
    status: async () => {
      const { version, engineConnected, problems, settingsRead } = status();
      return {
        version,
        engine: engineConnected ? EngineState.CONNECTED : EngineState.AWAY,
        problems: [...problems],
        settingsRead: BigInt(settingsRead),
      };
    },
  };
}
