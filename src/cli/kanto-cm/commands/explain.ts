/** `kanto-cm explain`: in words, what is the matter with a container. */

import type { DaemonConnection } from "../../../api/daemon-connection.ts";
import { SupercargoClient } from "../../../api/supercargo-client.ts";
import { hasCode } from "../../../errors/error.ts";
import type { Container } from "../../../model/container.ts";
import type { Problem } from "../../../model/problem.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, JSON_FLAG, NAME_FLAG } from "../command.ts";
import { detailsById } from "../details.ts";
import { explain } from "../explanation.ts";

/** What the daemon's status says of a container; nothing with Kanto's. */
async function problemsOf(
  connection: DaemonConnection,
  { id, name }: Container,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  try {
    const { problems } = await new SupercargoClient(connection).status(signal);
    return problems.filter(({ subject }) => subject === id || subject === name);
  } catch (thrown) {
    if (hasCode(thrown, "SC_UNSUPPORTED")) return [];
    throw thrown;
  }
}

export const explainCommand: Command = {
  name: "explain",
  isOurs: true,
  usage: "explain <container>",
  short: "Tell in words what is the matter with a container.",
  long: "Tell in words what state a container is in, since when, how its last run ended, what comes next, and what to do.",
  examples: ["explain <container>", "explain --json <container>"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [NAME_FLAG, JSON_FLAG],
  async run({ values, args, client, connection, signal, out }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    const [details, problems] = await Promise.all([
      detailsById(connection, [container.id], signal),
      problemsOf(connection, container, signal),
    ]);
    const explanation = explain({ container, details: details?.get(container.id), problems });
    if (values.bool("json")) {
      const { lastExit = null, next = null, ...rest } = explanation;
      const { id, name } = container;
      return out(`${JSON.stringify({ id, name, ...rest, last_exit: lastExit, next }, undefined, 2)}\n`);
    }
    const { state, lastExit, next, notes, advice } = explanation;
    const lines = [state, lastExit, next, ...notes.map((note) => `- ${note}`)].filter(
      (line) => line !== undefined,
    );
    const todo = advice.length === 0 ? [] : ["What you can do:", ...advice.map((line) => `  ${line}`)];
    out(`${[...lines, ...todo].join("\n")}\n`);
  },
};
