/** `kanto-cm wait`: until containers run, have ended, are healthy or are gone. */

import { containerFromWire } from "../../../api/from-wire.ts";
import { WatchEvent_Action as Action } from "../../../api/gen/supercargo/v1/supercargo.ts";
import { SupercargoClient } from "../../../api/supercargo-client.ts";
import type { Container } from "../../../model/container.ts";
import { CommandError } from "../../command-error.ts";
import { selectContainers } from "../../select-container.ts";
import { type Command, type CommandContext, JSON_FLAG } from "../command.ts";
import { detailsById, healthText } from "../details.ts";
import { onlyOurs } from "../only-ours.ts";
import { durationMs } from "../since-flag.ts";

/** What is waited for. */
type Aim = "running" | "stopped" | "healthy" | "removed";
const AIMS: readonly string[] = ["running", "stopped", "healthy", "removed"];
const ENDED = ["Exited", "Stopped", "Dead"];

function isAim(text: string): text is Aim {
  return AIMS.includes(text);
}

interface Waited {
  readonly container: Container;
  readonly outcome: "reached" | "removed";
}

/** Resolves when all are where they should be; news come from the daemon, nothing is asked again and again. */
async function waitFor(
  { connection, signal }: CommandContext,
  aim: Aim,
  wanted: readonly Container[],
): Promise<readonly Waited[]> {
  const client = new SupercargoClient(connection);
  const done = new Map<string, Waited>();
  const ids = new Set(wanted.map(({ id }) => id));
  const isReached = async (container: Container): Promise<boolean> => {
    const { status } = container.state;
    if (aim === "removed") return false;
    if (aim === "stopped") return ENDED.includes(status);
    if (status !== "Running" || aim === "running") return status === "Running";
    const details = (await detailsById(connection, [container.id], signal))?.get(container.id);
    return details !== undefined && healthText(details) === "healthy";
  };
  for await (const { action, container: wire } of client.changes(undefined, signal)) {
    if (action === Action.MARKER) {
      for (const container of wanted) {
        // Gone between our look at the list and the beginning of the news.
        if (ids.has(container.id)) done.set(container.id, { container, outcome: "removed" });
      }
    } else if (wire !== undefined) {
      const container = containerFromWire(wire);
      if (!wanted.some(({ id }) => id === container.id)) continue;
      if (action === Action.PRESENT) ids.delete(container.id);
      if (action === Action.REMOVED) done.set(container.id, { container, outcome: "removed" });
      else if (await isReached(container)) done.set(container.id, { container, outcome: "reached" });
    }
    if (done.size === wanted.length) break;
  }
  return wanted.flatMap(({ id }) => done.get(id) ?? []);
}

export const waitCommand: Command = {
  name: "wait",
  isOurs: true,
  usage: "wait <container>...",
  short: "Wait until containers run, end, are healthy or are gone.",
  long: [
    "Wait until all the containers have ended, and print their exit codes; or wait for something else with --for.",
    "Ends with 1 when the limit is over, or a container is removed while something else is waited for.",
  ].join("\n"),
  examples: ["wait <container>", "wait --for healthy --limit 1m <container> <container>"],
  interspersed: true,
  minArgs: 1,
  maxArgs: Number.POSITIVE_INFINITY,
  completes: "containers",
  flags: [
    {
      name: "for",
      kind: "string",
      fallback: "stopped",
      usage: "stopped, running, healthy or removed.",
      choices: AIMS,
    },
    {
      name: "limit",
      kind: "string",
      fallback: "",
      usage: "Longest time to wait, such as 30s; none without it.",
    },
    JSON_FLAG,
  ],
  async run(context) {
    const { values, args, client, signal, out } = context;
    const aim = values.text("for");
    if (!isAim(aim))
      throw new CommandError(`cannot wait for ${JSON.stringify(aim)}: one of ${AIMS.join(", ")}`);
    const limitMs = durationMs(values.text("limit"));
    const wanted = await selectContainers(client, args, signal);
    const limit = limitMs === undefined ? [] : [AbortSignal.timeout(limitMs)];
    const limited = AbortSignal.any([signal, ...limit]);
    let waited: readonly Waited[];
    try {
      waited = await onlyOurs("waiting", () => waitFor({ ...context, signal: limited }, aim, wanted));
    } catch (thrown) {
      if (signal.aborted || !limited.aborted) throw thrown;
      throw new CommandError(`not ${aim} within ${values.text("limit")}`, { cause: thrown });
    }
    const isGood = waited.every(({ outcome }) => outcome === "reached" || aim === "removed");
    context.exitWith(isGood ? 0 : 1);
    if (values.bool("json")) {
      const all = waited.map(({ container, outcome }) => ({
        id: container.id,
        name: container.name,
        outcome: outcome === "reached" ? aim : outcome,
        status: container.state.status,
        exit_code: container.state.exitCode,
      }));
      return out(`${JSON.stringify(all, undefined, 2)}\n`);
    }
    for (const { container, outcome } of waited) {
      if (outcome === "removed" && aim !== "removed") {
        throw new CommandError(`${container.name} was removed before it was ${aim}`);
      }
    }
    if (aim === "stopped") out(waited.map(({ container }) => `${container.state.exitCode}\n`).join(""));
  },
};
