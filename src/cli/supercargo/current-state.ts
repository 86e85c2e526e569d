/** `supercargo current-state`: what the update agent says there is, as a table, as JSON, or as a desired state to edit and send back. */

import { systemClock } from "../../base/clock.ts";
import { parseGoDurationMs } from "../../base/go-duration.ts";
import { printJson } from "../../base/json/print.ts";
import type { Inventory } from "../../update-agent/messages/payloads.ts";
import { isDomain } from "../../update-agent/messages/topics.ts";
import { desiredStateJson, inventoryJson } from "../../update-agent/messages/write.ts";
import { askCurrentState } from "../../update-agent/orchestrate/ask-current-state.ts";
import { componentsOf, desiredStateOf, parameterOf } from "../../update-agent/orchestrate/inventory-state.ts";
import { FlagError } from "../flags.ts";
import { shownText } from "../human-text.ts";
import { textTable } from "../text-table.ts";
import { BROKER_FLAGS, configOf, withBroker } from "./broker.ts";
import { JSON_FLAG, type ToolCommand } from "./command.ts";

const INDENT = "  ";
const HEAD = ["DOMAIN", "COMPONENT", "VERSION", "STATUS", "IMAGE"];

function tableOf(inventory: Inventory): string {
  const rows = componentsOf(inventory).map((component) =>
    [
      component.domain,
      component.name,
      component.version,
      parameterOf(component, "status"),
      parameterOf(component, "image"),
    ].map(shownText),
  );
  return textTable([HEAD, ...rows]);
}

export const currentStateCommand: ToolCommand = {
  name: "current-state",
  usage: "current-state",
  short: "Prints what the update agent says there is",
  long: [
    "Asks an update agent, or an update manager, what there is on the device, and prints it as a table, as the JSON that it",
    "answered, or as a desired state: edited and given to `update`, only what was edited is changed.",
  ].join("\n"),
  examples: [
    "current-state",
    "current-state --domain vehicle --json",
    "current-state --desired-state > state.json",
  ],
  flags: [
    ...BROKER_FLAGS,
    {
      name: "domain",
      kind: "string",
      fallback: "",
      usage: "Whom to ask; else the domain of the daemon's configuration",
    },
    { name: "timeout", kind: "string", fallback: "10s", usage: "Limit for the answer" },
    { name: "desired-state", kind: "bool", fallback: "false", usage: "Prints it as a desired state" },
    JSON_FLAG,
  ],
  leastArgs: 0,
  mostArgs: 0,
  exitCodes: { 0: "printed", 1: "no broker, or no answer" },
  async run({ values, signal, out }) {
    const limitMs = parseGoDurationMs(values.text("timeout"));
    if (typeof limitMs !== "number" || limitMs <= 0) {
      throw new FlagError(
        `--timeout ${JSON.stringify(values.text("timeout"))}: a duration such as 10s is expected`,
      );
    }
    const config = configOf(values);
    const domain = values.text("domain") === "" ? config.updateAgent.domain : values.text("domain");
    if (!isDomain(domain))
      throw new FlagError(`${JSON.stringify(domain)} is no domain: letters, digits and - are expected`);
    const inventory = await withBroker(config, signal, (connection) =>
      askCurrentState(connection, domain, crypto.randomUUID(), limitMs, systemClock, signal),
    );
    if (values.bool("desired-state"))
      out(`${printJson(desiredStateJson(desiredStateOf(inventory)), INDENT)}\n`);
    else if (values.bool("json")) out(`${printJson(inventoryJson(inventory), INDENT)}\n`);
    else out(tableOf(inventory));
    return 0;
  },
};
