/** `kanto-cm update`: restart policy and memory limits of a container (spec/cli.md, update). */

import type { Container, Resources, RestartPolicy } from "../../../model/container.ts";
import { policyFaults, RESTART_POLICIES, resourcesFaults } from "../../../model/validate-limits.ts";
import { CommandError } from "../../command-error.ts";
import type { FlagValues } from "../../flags.ts";
import { selectContainer } from "../../select-container.ts";
import { type Command, NAME_FLAG } from "../command.ts";

const NANOS_PER_SECOND = 1_000_000_000n;
const MEMORY_FLAGS = ["memory", "memory-reservation", "memory-swap"];

function restartPolicy(values: FlagValues, present: RestartPolicy): RestartPolicy | undefined {
  if (!["rp", "rp-cnt", "rp-to"].some((name) => values.has(name))) return undefined;
  const type = values.has("rp") ? values.text("rp") : present.type;
  const isBase = type === "on-failure" && present.type === "on-failure";
  return {
    type,
    maximumRetryCount: values.has("rp-cnt")
      ? values.number("rp-cnt")
      : isBase
        ? present.maximumRetryCount
        : 0,
    retryTimeoutNanos: values.has("rp-to")
      ? values.bigint("rp-to") * NANOS_PER_SECOND
      : isBase
        ? present.retryTimeoutNanos
        : 0n,
  };
}

/** `-1` takes a limit away; where nothing is limited it is passed on for the daemon to judge. */
function resources(values: FlagValues, container: Container): Resources | undefined {
  if (!MEMORY_FLAGS.some((name) => values.has(name))) return undefined;
  const present = container.hostConfig.resources;
  const value = (flag: string, now: string | undefined): string => {
    if (!values.has(flag)) return now ?? "";
    const text = values.text(flag);
    return text === "-1" && present !== undefined ? "" : text;
  };
  return {
    memory: value("memory", present?.memory),
    memoryReservation: value("memory-reservation", present?.memoryReservation),
    memorySwap: value("memory-swap", present?.memorySwap),
  };
}

export const updateCommand: Command = {
  name: "update",
  usage: "update <container-id>",
  short: "Update a container.",
  long: "Update a container without creating it anew.",
  examples: ["update <container-id> --rp no", "update --name <container-name> --memory 200M"],
  interspersed: true,
  maxArgs: 1,
  completes: "container",
  flags: [
    NAME_FLAG,
    {
      name: "rp",
      kind: "string",
      fallback: "",
      usage: "Restart policy: no, always, unless-stopped or on-failure.",
      choices: RESTART_POLICIES,
    },
    { name: "rp-cnt", kind: "int", fallback: "-2147483648", usage: "Most restarts; only for on-failure." },
    {
      name: "rp-to",
      kind: "int64",
      fallback: "-9223372036854775808",
      usage: "Longest pause between restarts in seconds.",
    },
    {
      name: "memory",
      shorthand: "m",
      kind: "string",
      fallback: "",
      usage: "Memory limit; -1 takes it away.",
    },
    {
      name: "memory-reservation",
      kind: "string",
      fallback: "",
      usage: "Memory reservation; -1 takes it away.",
    },
    {
      name: "memory-swap",
      kind: "string",
      fallback: "",
      usage: "Memory and swap together; -1 takes the limit away.",
    },
  ],
  async run({ values, args, client, signal }) {
    const container = await selectContainer(client, args[0], values.text("name"), signal);
    const policy = restartPolicy(values, container.hostConfig.restartPolicy);
    const limits = resources(values, container);
    if (policy === undefined && limits === undefined) return;
    // The peer judges before it asks, so its texts come without the prefix of the daemon's answers.
    const faults = [
      ...(policy === undefined ? [] : policyFaults(policy)),
      ...(limits === undefined ? [] : resourcesFaults(limits)),
    ];
    if (faults[0] !== undefined) throw new CommandError(faults[0].message);
    await client.update(container.id, policy, limits, signal);
  },
};
