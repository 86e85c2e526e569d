/** `kanto-cm remove`: one container or several, failures collected. */

import { KeyedWorker } from "../../../base/keyed-worker.ts";
import { Limiter } from "../../../base/limiter.ts";
import type { StopOptions } from "../../../model/container.ts";
import { CommandError } from "../../command-error.ts";
import { errorText } from "../../error-text.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, type CommandContext, NAME_FLAG } from "../command.ts";
import { durationSeconds } from "../duration-flag.ts";

/** More only lengthens each (spec/pitfalls.md §4). */
const AT_A_TIME = 4;

async function removeOne(context: CommandContext, id: string | undefined, stop: StopOptions | undefined) {
  const { values, client, signal } = context;
  const container = await selectContainer(client, id, values.text("name"), signal);
  await client.remove(container.id, values.bool("force"), stop, signal);
}

/** Begun in the order of the arguments, some side by side; an id that is given twice is not there the second time. Answers what went wrong, in order. */
async function removeSeveral(context: CommandContext, stop: StopOptions | undefined): Promise<string[]> {
  const { args, signal } = context;
  const limiter = new Limiter(AT_A_TIME);
  const sameIds = new KeyedWorker();
  const removals = args.map((id) =>
    sameIds.run(id, () => limiter.run(() => removeOne(context, id, stop), signal), signal),
  );
  const outcomes = await Promise.allSettled(removals);
  signal.throwIfAborted();
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? errorText(outcome.reason) : []));
}

export const removeCommand: Command = {
  name: "remove",
  usage: "remove <container-id> ...",
  short: "Remove one or more containers.",
  long: "Remove one or more containers.",
  examples: [
    " remove <container-id>",
    " remove <container-id> <container-id>",
    " remove --name <container-name>",
  ],
  interspersed: true,
  maxArgs: Number.POSITIVE_INFINITY,
  completes: "containers",
  flags: [
    NAME_FLAG,
    {
      name: "force",
      shorthand: "f",
      kind: "bool",
      fallback: "false",
      usage: "Force stopping before removing a container.",
    },
    {
      name: "time",
      shorthand: "t",
      kind: "string",
      fallback: "",
      usage: "Timeout period for the stop of a forced removal, such as 10s or 1m.",
    },
  ],
  async run(context) {
    const { values, args } = context;
    const time = values.text("time");
    const stop =
      values.bool("force") && time !== ""
        ? { timeoutSeconds: durationSeconds(time), force: true, signal: "SIGTERM" }
        : undefined;
    if (args.length === 0) return removeOne(context, undefined, stop);
    if (args.length === 1) return removeOne(context, args[0], stop);
    const failures = await removeSeveral(context, stop);
    if (failures.length === 0) return;
    const [only = ""] = failures;
    throw new CommandError(
      failures.length === 1
        ? only
        : `containers couldn't be removed due to the following reasons: \n\n${failures.map((text) => `* ${text}`).join("\n")}`,
    );
  },
};
