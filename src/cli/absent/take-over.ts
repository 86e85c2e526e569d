/** Stands in for `auto-deployer-broker.ts` in a build without MQTT. */

import { SupercargoError } from "../../errors/error.ts";
import type { Listening } from "../auto-deployer-broker.ts";

export const HAS_MQTT = false;

export async function listenToTopic(): Promise<Listening> {
  throw new SupercargoError("SC_UNSUPPORTED", "this build has no MQTT", {
    hint: "install a build with MQTT",
  });
}
