/** `supercargo update`: publishes a desired state and leads the update agents through it, or watches somebody else do so. */

import { readFileSync } from "node:fs";
import { systemClock } from "../../base/clock.ts";
import { parseGoDurationMs } from "../../base/go-duration.ts";
import { SupercargoError, toError } from "../../errors/error.ts";
import type { DesiredState } from "../../update-agent/messages/payloads.ts";
import { readDesiredStateFile } from "../../update-agent/messages/read.ts";
import { isDomain } from "../../update-agent/messages/topics.ts";
import { CONSENT_COMMANDS, type Command } from "../../update-agent/messages/words.ts";
import { BrokerAgents } from "../../update-agent/orchestrate/agents.ts";
import { lead } from "../../update-agent/orchestrate/lead.ts";
import type { Outcome } from "../../update-agent/orchestrate/lockstep.ts";
import { splitByDomain } from "../../update-agent/orchestrate/split.ts";
import { handOver, watch } from "../../update-agent/orchestrate/watch.ts";
import { FlagError, type FlagValues } from "../flags.ts";
import type { Terminal } from "../terminal.ts";
import { type ActivityView, activityView } from "./activity-view.ts";
import { BROKER_FLAGS, configOf, withBroker } from "./broker.ts";
import { JSON_FLAG, type ToolCommand, type ToolContext } from "./command.ts";
import { Questions } from "./questions.ts";

const EXIT = { COMPLETED: 0, IDENTIFICATION_FAILED: 3, INCOMPLETE: 4, SUPERSEDED: 6 } as const;
const EXIT_DENIED = 5;
const LIMIT_BYTES = 16 * 1024 * 1024;

function durationOf(values: FlagValues, name: string): number {
  const ms = parseGoDurationMs(values.text(name));
  if (typeof ms === "number" && ms > 0) return ms;
  throw new FlagError(
    `--${name} ${JSON.stringify(values.text(name))}: a duration such as 30s or 10m is expected`,
  );
}

function consentsOf(values: FlagValues): readonly Command[] {
  const words = values.list("ask").map((word) => word.toUpperCase());
  if (words.includes("ALL")) return CONSENT_COMMANDS;
  return words.map((word) => {
    const command = CONSENT_COMMANDS.find((known) => known === word);
    if (command === undefined) {
      throw new FlagError(
        `--ask ${JSON.stringify(word.toLowerCase())}: download, update, activate or all is expected`,
      );
    }
    return command;
  });
}

function domainsOf(words: readonly string[]): readonly string[] {
  const wrong = words.find((word) => !isDomain(word));
  if (wrong !== undefined)
    throw new FlagError(`${JSON.stringify(wrong)} is no domain: letters, digits and - are expected`);
  return words;
}

async function read(path: string, terminal: Terminal): Promise<Uint8Array> {
  if (path !== "-") {
    try {
      return readFileSync(path);
    } catch (thrown) {
      throw new SupercargoError("SC_IO", `${path} cannot be read: ${toError(thrown).message}`, {
        cause: thrown,
      });
    }
  }
  const input = terminal.openInput(false);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of input.chunks) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > LIMIT_BYTES) break;
    }
  } finally {
    input.close();
  }
  return Buffer.concat(chunks);
}

/** The file's desired state, and the activity that a whole message names. */
async function load(
  path: string,
  terminal: Terminal,
): Promise<{ desiredState: DesiredState; activityId: string }> {
  const file = readDesiredStateFile(await read(path, terminal));
  if (!file.ok) {
    throw new SupercargoError("SC_DESIRED_STATE_INVALID", `${path}: ${file.reason}`, {
      hint: "a desired state, or a message with one as its payload, is expected; nothing was sent",
    });
  }
  return { desiredState: file.envelope.payload, activityId: file.envelope.activityId };
}

function finish(outcome: Outcome, isDenied: boolean, { values, out, err }: ToolContext): number {
  if (values.bool("json")) out(`${JSON.stringify({ outcome: outcome.status, reason: outcome.reason })}\n`);
  else if (outcome.status === "COMPLETED") out("COMPLETED\n");
  else err(`${outcome.status}${outcome.reason === "" ? "" : `: ${outcome.reason}`}\n`);
  return isDenied ? EXIT_DENIED : EXIT[outcome.status];
}

async function follow(context: ToolContext): Promise<number> {
  const { values, terminal, signal, err } = context;
  const config = configOf(values);
  const given = domainsOf(values.list("domain"));
  const domains = given.length > 0 ? given : [config.updateAgent.domain];
  const activityId = values.text("activity");
  using view = activityView(terminal, values.bool("json"));
  const outcome = await withBroker(config, signal, (connection) =>
    watch(
      new BrokerAgents(connection, (topic, reason) => err(`${topic}: ${reason}\n`)),
      { domains, ...(activityId === "" ? {} : { activityId }), show: (shown) => view.show(shown) },
      signal,
      () => err(`watching ${domains.join(", ")}\n`),
    ),
  );
  view[Symbol.dispose]();
  return finish(outcome, false, context);
}

async function publish(path: string, context: ToolContext): Promise<number> {
  const { values, terminal, signal, err } = context;
  const consents = consentsOf(values);
  const manager = values.text("manager");
  if (manager !== "") domainsOf([manager]);
  if (consents.length > 0 && (path === "-" || !terminal.isTerminal("stdin"))) {
    throw new FlagError("--ask needs a terminal to ask on");
  }
  if (consents.length > 0 && manager !== "")
    throw new FlagError("--ask does not go with --manager: it asks itself");
  const limits = {
    answerTimeoutMs: durationOf(values, "answer-timeout"),
    phaseTimeoutMs: durationOf(values, "phase-timeout"),
  };
  const { desiredState, activityId: named } = await load(path, terminal);
  splitByDomain(desiredState);
  const activityId = [values.text("activity"), named, crypto.randomUUID()].find((id) => id !== "") ?? "";
  const config = configOf(values);
  using view = activityView(terminal, values.bool("json"));
  using questions = new Questions(terminal);
  let isDenied = false;
  const ask = async (command: Command, asking: AbortSignal) => {
    view.pause();
    const isAllowed = await questions.ask(`${command}: go on?`, asking);
    isDenied ||= !isAllowed && !asking.aborted;
    return isAllowed;
  };
  const outcome = await withBroker(config, signal, (connection) => {
    const agents = new BrokerAgents(connection, (topic, reason) => err(`${topic}: ${reason}\n`));
    const show: ActivityView["show"] = (shown) => view.show(shown);
    if (manager !== "") return handOver(desiredState, manager, activityId, agents, show, signal);
    return lead(desiredState, agents, { activityId, ...limits, consents, ask, show }, systemClock, signal);
  });
  view[Symbol.dispose]();
  return finish(outcome, isDenied, context);
}

export const updateCommand: ToolCommand = {
  name: "update",
  usage: "update [file|-]",
  short: "Publishes a desired state and leads it, or watches an update",
  long: [
    "Publishes a desired state (a file, or - for the standard input) to the update agents of its domains, leads them through",
    "download, update, activation and clean-up, and shows how far each component is. When one fails, all go back to what was",
    "there before. Ctrl-C makes them go back too.",
  ].join("\n"),
  examples: [
    "update desired-state.json",
    "current-state --desired-state > state.json; edit state.json; supercargo update --ask update state.json",
    "update --manager vehicle desired-state.json",
    "update --watch --domain vehicle",
  ],
  flags: [
    ...BROKER_FLAGS,
    {
      name: "activity",
      kind: "string",
      fallback: "",
      usage: "Id of the activity; else that of the file, else a new one",
    },
    {
      name: "ask",
      kind: "strings",
      fallback: "",
      usage: "Asks for consent before these: download, update, activate, all",
    },
    {
      name: "manager",
      kind: "string",
      fallback: "",
      usage: "Hands the desired state to the update manager of this domain, which leads it, and watches",
    },
    {
      name: "watch",
      kind: "bool",
      fallback: "false",
      usage: "Publishes nothing: follows an activity that goes on",
    },
    {
      name: "domain",
      kind: "strings",
      fallback: "",
      usage: "Domains to watch; else that of the daemon's configuration",
    },
    {
      name: "answer-timeout",
      kind: "string",
      fallback: "30s",
      usage: "Limit for the first answer of each agent",
    },
    { name: "phase-timeout", kind: "string", fallback: "10m", usage: "Limit for each phase" },
    { ...JSON_FLAG, usage: "Prints JSON, one object a line, for programs" },
  ],
  leastArgs: 0,
  mostArgs: 1,
  exitCodes: {
    0: "COMPLETED",
    1: "it could not be led: file, configuration or broker",
    3: "IDENTIFICATION_FAILED: refused before anything was changed",
    4: "INCOMPLETE: something failed, and what was there before is there again",
    5: "consent was denied",
    6: "SUPERSEDED by another desired state",
  },
  run(context) {
    const [path] = context.args;
    if (context.values.bool("watch")) {
      if (path !== undefined) throw new FlagError(`--watch publishes nothing, so ${path} is too much`);
      return follow(context);
    }
    if (path === undefined)
      throw new FlagError("a file is missing: the desired state, or - for the standard input");
    if (context.values.has("domain"))
      throw new FlagError("--domain goes with --watch: the file names its domains");
    return publish(path, context);
  },
};
