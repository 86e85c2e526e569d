/** `kanto-cm list`: all containers as a table, or their ids. */

import type { Container } from "../../model/container.ts";
import { type Command, CommandError, NAME_FLAG } from "../command.ts";
import { containerTable } from "../container-table.ts";

type Test = (container: Container) => boolean;

/** `status=<s>`, `image=<ref>`, `exitcode=<n>`; of a repeated kind the last one counts, -1 is no filter. */
function filters(texts: readonly string[]): readonly Test[] {
  const tests = new Map<string, Test>();
  for (const text of texts) {
    const [kind = "", ...rest] = text.split("=");
    const value = rest.join("=").toLowerCase();
    if (kind === "status") tests.set(kind, (container) => container.state.status.toLowerCase() === value);
    else if (kind === "image") tests.set(kind, (container) => container.image.name.toLowerCase() === value);
    else if (kind === "exitcode") {
      if (!/^[+-]?\d+$/.test(value)) {
        throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(rest.join("="))}: invalid syntax`);
      }
      const code = Number(value);
      tests.set(kind, (container) => code === -1 || container.state.exitCode === code);
    } else throw new CommandError(`no filter: ${kind}`);
  }
  return [...tests.values()];
}

export const listCommand: Command = {
  name: "list",
  usage: "list",
  short: "List all containers.",
  long: "List all containers. The list can be narrowed by name and by filters.",
  examples: ["list", "list --name <container-name>", "list --quiet", "list --filter status=running"],
  interspersed: true,
  maxArgs: 0,
  flags: [
    { ...NAME_FLAG, usage: "List all containers with a specific name." },
    { name: "quiet", shorthand: "q", kind: "bool", fallback: "false", usage: "List only container IDs." },
    {
      name: "filter",
      kind: "strings",
      fallback: "[]",
      usage: "Lists only containers with a specified filter.",
    },
  ],
  async run({ values, client, signal, out }) {
    const tests = filters(values.list("filter"));
    const name = values.text("name");
    const containers = (await client.list(signal))
      .filter(
        (container) => (name === "" || container.name === name) && tests.every((test) => test(container)),
      )
      .sort((a, b) => (a.created < b.created ? -1 : a.created > b.created ? 1 : a.id < b.id ? -1 : 1));
    if (values.bool("quiet")) {
      if (containers.length > 0) out(`${containers.map((container) => container.id).join(" ")}\n`);
      return;
    }
    out(containers.length === 0 ? "No containers found.\n" : containerTable(containers));
  },
};
