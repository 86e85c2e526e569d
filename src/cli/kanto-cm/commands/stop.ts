/** `kanto-cm stop`: ends a running container, by force when asked. */

import type { StopOptions } from "../../../model/container.ts";
import { stopOptionsFault } from "../../../model/stop-options.ts";
import { CommandError } from "../../command-error.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";
import { durationSeconds } from "../duration-flag.ts";

export const stopCommand: Command = {
  name: "stop",
  usage: "stop <container-id>",
  short: "Stop a container.",
  long: "Stop a container.",
  examples: [" stop <container-id>", " stop --name <container-name>", " stop <container-id> --time 10s"],
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
      usage: "Timeout period for a graceful stop, such as 10s or 1m.",
    },
    {
      name: "force",
      shorthand: "f",
      kind: "bool",
      fallback: "false",
      usage: "Whether to send SIGKILL if the container does not end within the timeout.",
    },
    {
      name: "signal",
      shorthand: "s",
      kind: "string",
      fallback: "SIGTERM",
      usage: "Stop a container using a specific signal, by name or by number.",
      choices: ["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"],
    },
  ],
  async run({ values, args, client, signal }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    const time = values.text("time");
    const options: StopOptions = {
      timeoutSeconds: time === "" ? 0 : durationSeconds(time),
      force: values.bool("force"),
      signal: values.text("signal"),
    };
    const fault = stopOptionsFault(options);
    if (fault !== undefined) throw new CommandError(fault);
    await client.stop(container.id, options, signal);
  },
};
