/** `kanto-cm restart`: stops a container, by force at last, and starts it. Kanto's daemon has no restart, so there it is both. */

import { CommandError } from "../../command-error.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";
import { durationSeconds } from "../duration-flag.ts";

export const restartCommand: Command = {
  name: "restart",
  isOurs: true,
  usage: "restart <container>",
  short: "Stop a container and start it.",
  long: "Stop a container, by force when it does not end in time, and start it. One that does not run is only started.",
  examples: ["restart <container>", "restart --time 5s <container>"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [
    NAME_FLAG,
    {
      name: "time",
      shorthand: "t",
      kind: "string",
      fallback: "",
      usage: "Time to end by itself, such as 10s.",
    },
  ],
  async run({ values, args, client, signal }) {
    const time = values.text("time");
    const timeoutSeconds = time === "" ? 0 : durationSeconds(time);
    if (timeoutSeconds < 0) throw new CommandError(`the timeout = ${timeoutSeconds} shouldn't be negative`);
    const { id, state } = await selectContainer(client, args[0], values.text("name"), signal);
    if (time === "" && (await client.hasExtension(signal))) return client.restart(id, signal);
    if (state.status === "Running" || state.status === "Paused") {
      await client.stop(id, { timeoutSeconds, force: true, signal: "SIGTERM" }, signal);
    }
    // From here a Ctrl-C would leave it stopped: the start is made whatever happens to us.
    await client.start(id, AbortSignal.any([]));
  },
};
