/** The commands that need a broker; a build without MQTT has others in their place. */

export { currentStateCommand } from "./current-state.ts";
export { updateCommand } from "./update.ts";
