/** `kanto-cm events`: what happens to containers, as it happens. */

import { containerFromWire } from "../../../api/from-wire.ts";
import { WatchEvent_Action as Action, type WatchEvent } from "../../../api/gen/supercargo/v1/supercargo.ts";
import { SupercargoClient } from "../../../api/supercargo-client.ts";
import { localTime, shownText } from "../../human-text.ts";
import { selectContainers } from "../../select-container.ts";
import { type Command, JSON_FLAG } from "../command.ts";
import { containerJson } from "../container-json.ts";
import { onlyOurs } from "../only-ours.ts";
import { statusText } from "../wide-table.ts";

const WORDS: ReadonlyMap<Action, string> = new Map([
  [Action.PRESENT, "present"],
  [Action.CREATED, "created"],
  [Action.RUNNING, "running"],
  [Action.PAUSED, "paused"],
  [Action.RESUMED, "resumed"],
  [Action.STOPPED, "stopped"],
  [Action.EXITED, "exited"],
  [Action.REMOVED, "removed"],
  [Action.RENAMED, "renamed"],
  [Action.UPDATED, "updated"],
  [Action.REPLACED, "replaced"],
  [Action.HEALTH_CHANGED, "health-changed"],
]);
const WORD_WIDTH = Math.max(...[...WORDS.values()].map((word) => word.length));

/** undefined for what is no news of a container. */
function eventText({ action, container: wire, time }: WatchEvent, isJson: boolean): string | undefined {
  const word = WORDS.get(action);
  if (word === undefined || wire === undefined) return undefined;
  const container = containerFromWire(wire);
  if (isJson) return JSON.stringify({ time, event: word, container: containerJson(container, undefined) });
  const error = container.state.error === "" ? "" : `: ${shownText(container.state.error)}`;
  return `${localTime(time)}  ${word.padEnd(WORD_WIDTH)}  ${container.name} (${container.id}) ${statusText(container, undefined)}${error}`;
}

export const eventsCommand: Command = {
  name: "events",
  isOurs: true,
  usage: "events [container]...",
  short: "Show what happens to containers, as it happens.",
  long: "Show what happens to containers, or to some of them, until Ctrl-C.",
  examples: ["events", "events --json <container>", "events --present"],
  interspersed: true,
  maxArgs: Number.POSITIVE_INFINITY,
  completes: "containers",
  flags: [
    { name: "present", kind: "bool", fallback: "false", usage: "Begins with the containers that are there." },
    { ...JSON_FLAG, usage: "One JSON object a line, for programs." },
  ],
  async run({ values, args, client, connection, signal, out }) {
    const ids = args.length === 0 ? [] : (await selectContainers(client, args, signal)).map(({ id }) => id);
    await onlyOurs("showing events", async () => {
      for await (const event of new SupercargoClient(connection).changes(undefined, signal)) {
        if (event.action === Action.PRESENT && !values.bool("present")) continue;
        if (ids.length > 0 && !ids.includes(event.container?.id ?? "")) continue;
        const text = eventText(event, values.bool("json"));
        if (text !== undefined) out(`${text}\n`);
      }
    });
  },
};
