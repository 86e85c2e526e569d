/** `supercargo hand-over`: prepares the device for Kanto, which then finds all containers and starts them. */

import { ContainersClient } from "../../api/containers-client.ts";
import { DaemonConnection } from "../../api/daemon-connection.ts";
import { ImagesClient } from "../../api/images-client.ts";
import type { DaemonConfig } from "../../config/daemon-config.ts";
import { loadConfig } from "../../config/load.ts";
import { usualConfigPath } from "../../config/sources.ts";
import { FlagError } from "../flags.ts";
import { parseHost } from "../host-address.ts";
import { JSON_FLAG, type ToolCommand } from "./command.ts";
import { endDaemon, runningDaemon } from "./hand-over/end-daemon.ts";
import { kantosConfiguration } from "./hand-over/kanto-config.ts";
import { type Held, kantosContainers, startedByKanto } from "./hand-over/kanto-containers.ts";
import { lookAtRemains, type Remains } from "./hand-over/remains.ts";
import type { Remark } from "./hand-over/remark.ts";

const RECEIVER = "kanto";
/** Where packages put it, when there is no configuration. */
const USUAL_PATH = "/etc/container-management/config.json";

async function ask(address: string, signal: AbortSignal): Promise<Held> {
  const connection = new DaemonConnection(parseHost(address));
  const client = new ContainersClient(connection, "cli");
  try {
    const [containers, extras, images] = await Promise.all([
      client.list(signal),
      client.listExtras(signal),
      new ImagesClient(connection).list(signal),
    ]);
    return {
      containers,
      extras,
      images: images.filter(({ isUsable }) => isUsable).map(({ name }) => name),
    };
  } finally {
    await client.close();
  }
}

function textOf(remarks: readonly Remark[]): string {
  return remarks
    .map(({ level, subject, message }) => `${level.toUpperCase().padEnd(8)} ${subject}: ${message}\n`)
    .join("");
}

/** The daemon ends and everything is looked at; nothing can start it meanwhile. */
async function handOver(config: DaemonConfig, signal: AbortSignal): Promise<Remains> {
  using _lock = await endDaemon(config.manager.execRootDir, signal);
  return await lookAtRemains(config, signal);
}

function nextSteps(containers: Remains["containers"]): string {
  const started = startedByKanto(containers);
  return [
    `${containers.length} containers are at rest. Kanto starts by itself: ${started.length === 0 ? "none" : started.join(", ")}.`,
    "What is next: keep this daemon from starting, install Kanto, start it:",
    "  systemctl disable container-management.service kanto-auto-deployer.service",
    "  apt-get install container-management   # takes the place of supercargo; state and configuration stay",
    "",
  ].join("\n");
}

export const handOverCommand: ToolCommand = {
  name: "hand-over",
  usage: `hand-over ${RECEIVER}`,
  short: "Prepares the way back to Kanto's daemon",
  long: [
    "Says what of the configuration and of the containers Kanto does not understand, ends the deployer and the daemon, which",
    "stops all containers in order, and makes sure that everything is as Kanto wants to find it: state files, snapshots,",
    "no record in containerd, no bridge, rules or namespaces of ours. With problems nothing is ended, unless --force is given.",
  ].join("\n"),
  examples: [`hand-over ${RECEIVER} --dry-run`, `hand-over ${RECEIVER}`],
  flags: [
    { name: "dry-run", kind: "bool", fallback: "false", usage: "Says what would be lost, ends nothing" },
    { name: "force", kind: "bool", fallback: "false", usage: "Goes on although there are problems" },
    JSON_FLAG,
    {
      name: "cfg-file",
      kind: "string",
      fallback: "",
      usage: "The daemon's configuration; else the usual one",
    },
    {
      name: "host",
      kind: "string",
      fallback: "",
      usage: "The daemon's socket; else that of the configuration",
    },
  ],
  leastArgs: 1,
  mostArgs: 1,
  exitCodes: { 0: "Kanto can be started", 1: "there are problems" },
  async run({ values, args, signal, out }) {
    if (args[0] !== RECEIVER)
      throw new FlagError(`hand over to whom? ${RECEIVER} is known, ${args[0]} is not`);
    const path = values.text("cfg-file") === "" ? usualConfigPath() : values.text("cfg-file");
    const { config } = loadConfig(path, new Map());
    const isJson = values.bool("json");
    const isRunning = runningDaemon(config.manager.execRootDir) !== undefined;
    const address = values.text("host") === "" ? config.grpcServer.addressPath : values.text("host");
    const held = isRunning ? await ask(address, signal) : undefined;
    const before = [
      ...kantosConfiguration(path === "" ? USUAL_PATH : path),
      ...(held === undefined ? [] : kantosContainers(held)),
    ];
    const isBad = before.some(({ level }) => level === "problem");
    if (!isJson) out(textOf(before));
    if (values.bool("dry-run") || (isBad && !values.bool("force"))) {
      if (isJson) out(`${JSON.stringify({ handedOver: false, remarks: before }, undefined, 2)}\n`);
      else out(isBad ? "Nothing was ended: mend the problems, or --force\n" : "Nothing was ended\n");
      return isBad ? 1 : 0;
    }
    const { containers, remarks } = await handOver(config, signal);
    const isDone = remarks.every(({ level }) => level !== "problem");
    const all = [...before, ...remarks];
    if (isJson) out(`${JSON.stringify({ handedOver: isDone, remarks: all }, undefined, 2)}\n`);
    else out(`${textOf(remarks)}${isDone ? nextSteps(containers) : ""}`);
    return isDone ? 0 : 1;
  },
};
