/** `supercargo plan`: what the auto deployer would do with a folder, without doing it. */

import { realpathSync } from "node:fs";
import { ContainersClient } from "../../api/containers-client.ts";
import { DaemonConnection } from "../../api/daemon-connection.ts";
import { openDeployerContainers } from "../../api/deployer-containers.ts";
import { errnoName } from "../../base/libc.ts";
import { DEFAULT_SOCKET } from "../../config/default-socket.ts";
import { loadMemory, memoryPlace } from "../../deploy/folder/memory-file.ts";
import { previewFolder } from "../../deploy/folder/preview.ts";
import { SupercargoError } from "../../errors/error.ts";
import { describeNote } from "../../manifest/note.ts";
import { DEFAULT_STATE_DIR } from "../auto-deployer-options.ts";
import { parseHost } from "../host-address.ts";
import { isHindered, plannedJson, plannedText } from "../planned-changes.ts";
import { JSON_FLAG, type ToolCommand } from "./command.ts";

export const planCommand: ToolCommand = {
  name: "plan",
  usage: "plan [folder]",
  short: "Tells what the auto deployer would do with a folder",
  long: "Tells what the auto deployer would do with a folder of manifests if it were started now. Changes nothing.",
  examples: ["plan /data/var/containers/manifests", "plan --prune --json"],
  flags: [
    JSON_FLAG,
    {
      name: "host",
      kind: "string",
      fallback: DEFAULT_SOCKET,
      usage: "Address of the daemon: a socket path or tcp://host:port",
    },
    { name: "prune", kind: "bool", fallback: "false", usage: "As the deployer with --prune" },
    {
      name: "respect-stopped",
      kind: "bool",
      fallback: "false",
      usage: "As the deployer with --respect-stopped",
    },
    { name: "state-dir", kind: "string", fallback: DEFAULT_STATE_DIR, usage: "Where the deployer remembers" },
  ],
  leastArgs: 0,
  mostArgs: 1,
  exitCodes: { 0: "everything wished for can be done", 1: "something cannot, or the daemon did not answer" },
  async run({ values, args, signal, out, err }) {
    const folder = realFolder(args[0] ?? ".");
    const { entries, problem } = loadMemory(memoryPlace(values.text("state-dir"), folder).statePath, false);
    if (problem !== undefined) err(`warning: ${problem}\n`);
    const client = new ContainersClient(new DaemonConnection(parseHost(values.text("host"))), "cli");
    const containers = openDeployerContainers(client, (message) => err(`warning: ${message}\n`));
    try {
      const options = {
        remembered: entries,
        respectStopped: values.bool("respect-stopped"),
        prune: values.bool("prune"),
        describe: describeNote,
      };
      const changes = await previewFolder(folder, containers, options, signal);
      out(values.bool("json") ? plannedJson(folder, changes) : plannedText(changes));
      return isHindered(changes) ? 1 : 0;
    } finally {
      await client.close();
    }
  },
};

function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    const reason = errnoName(cause);
    if (reason === undefined) throw cause;
    throw new SupercargoError("SC_IO", `${path} cannot be read: ${reason}`, { cause });
  }
}
