/** `supercargo export`: the containers of the device as manifests that give the same containers again. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ContainersClient } from "../../api/containers-client.ts";
import { DaemonConnection } from "../../api/daemon-connection.ts";
import { writeFileAtomic } from "../../base/atomic-file.ts";
import { printJson } from "../../base/json/print.ts";
import { DEFAULT_SOCKET } from "../../config/default-socket.ts";
import { hasCode, SupercargoError } from "../../errors/error.ts";
import { toManifestValues } from "../../manifest/write.ts";
import type { Container } from "../../model/container.ts";
import { isContainerName } from "../../model/names.ts";
import { parseHost } from "../host-address.ts";
import { selectContainers } from "../select-container.ts";
import { JSON_FLAG, type ToolCommand } from "./command.ts";

const INDENT = "  ";
/** Environments may hold secrets. */
const FILE_MODE = 0o600;

/** With their extras; Kanto's daemon has none. */
async function containersOf(
  client: ContainersClient,
  words: readonly string[],
  all: boolean,
  signal: AbortSignal,
) {
  const selected = await selectContainers(client, words, signal);
  const wanted =
    all || words.length > 0
      ? selected
      : selected.filter(({ state }) => state.status === "Running" || state.status === "Paused");
  try {
    const extras = await client.listExtras(signal);
    return wanted.map((container) => {
      const own = extras.get(container.id);
      return own === undefined ? container : { ...container, extras: own };
    });
  } catch (thrown) {
    if (hasCode(thrown, "SC_UNSUPPORTED")) return wanted;
    throw thrown;
  }
}

/** By name; by name and id where two share one. */
function fileName(container: Container, all: readonly Container[]): string {
  const isOnly = all.filter(({ name }) => name === container.name).length === 1;
  if (!isContainerName(container.name)) return `${container.id}.json`;
  return isOnly ? `${container.name}.json` : `${container.name}-${container.id}.json`;
}

export const exportCommand: ToolCommand = {
  name: "export",
  usage: "export [container]...",
  short: "Writes the running containers as manifests",
  long: [
    "Writes the running containers, or the named ones, as manifests that give the same containers again: one file each",
    "into a folder, or a single one on stdout. Deployed on this device again, there is nothing to do.",
  ].join("\n"),
  examples: [
    "export web > web.json",
    "export --folder /data/manifests",
    "export --without-ids --folder /media/usb",
  ],
  flags: [
    { name: "folder", kind: "string", fallback: "", usage: "Where the files are written" },
    { name: "all", kind: "bool", fallback: "false", usage: "Also containers that do not run" },
    { name: "overwrite", kind: "bool", fallback: "false", usage: "Replaces files that are there" },
    {
      name: "without-ids",
      kind: "bool",
      fallback: "false",
      usage: "For other devices: each makes its own ids",
    },
    {
      name: "host",
      kind: "string",
      fallback: DEFAULT_SOCKET,
      usage: "Address of the daemon: a socket path or tcp://host:port",
    },
    { ...JSON_FLAG, usage: "Prints all manifests as one JSON array instead" },
  ],
  leastArgs: 0,
  mostArgs: Number.POSITIVE_INFINITY,
  exitCodes: { 0: "written", 1: "something could not be written, or the daemon did not answer" },
  async run({ values, args, signal, out }) {
    const client = new ContainersClient(new DaemonConnection(parseHost(values.text("host"))), "cli");
    try {
      const containers = await containersOf(client, args, values.bool("all"), signal);
      const withIds = !values.bool("without-ids");
      const texts = containers.map((one) => printJson(toManifestValues(one, withIds), INDENT));
      const folder = values.text("folder");
      if (values.bool("json")) out(`[${texts.join(",\n")}]\n`);
      else if (folder !== "") writeAll(folder, containers, texts, values.bool("overwrite"), out);
      else if (texts.length === 1) out(`${texts[0]}\n`);
      else if (texts.length > 1) {
        throw new SupercargoError(
          "SC_IO",
          `there are ${texts.length} manifests, and each is a file of its own`,
          {
            hint: "name a container, or a place with --folder",
          },
        );
      }
      return 0;
    } finally {
      await client.close();
    }
  },
};

/** Nothing is written when one of the files is there already. */
function writeAll(
  folder: string,
  containers: readonly Container[],
  texts: readonly string[],
  isForced: boolean,
  out: (text: string) => void,
): void {
  const paths = containers.map((container) => join(folder, fileName(container, containers)));
  const taken = isForced ? undefined : paths.find((path) => existsSync(path));
  if (taken !== undefined) {
    throw new SupercargoError("SC_IO", `${taken} is there already; nothing was written`, {
      hint: "choose another folder, or --overwrite",
    });
  }
  mkdirSync(folder, { recursive: true });
  for (const [index, path] of paths.entries()) {
    writeFileAtomic(path, `${texts[index]}\n`, FILE_MODE);
    out(`${path}\n`);
  }
}
