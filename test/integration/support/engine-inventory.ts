/** What containerd and the machine hold, compared with the containers that the daemon lists; by ctr, ip and nft, not by our code. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PrivateDevice } from "../../../scripts/demo/private-device.ts";
import { errnoName } from "../../../src/base/libc.ts";
import { fromStoredJson } from "../../../src/manifest/stored-reader.ts";
import type { Container } from "../../../src/model/container.ts";
import {
  brokenInvariants,
  type Held,
  isActive,
  type SnapshotSeen,
  type StoredSeen,
  storedSeen,
  type TaskSeen,
} from "../../model/invariants.ts";

/** Lines of `ctr` in the device's namespace. */
export function ctr(device: PrivateDevice, ...args: string[]): string[] {
  const result = spawnSync("ctr", ["--address", device.containerd.socket, "-n", device.namespace, ...args], {
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`ctr ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.split("\n").filter((line) => line.trim() !== "");
}

function columns(lines: readonly string[]): readonly (readonly string[])[] {
  return lines.slice(1).map((line) => line.trim().split(/\s+/));
}

const STATUSES: Readonly<Record<string, TaskSeen["status"]>> = {
  RUNNING: "running",
  PAUSED: "paused",
  CREATED: "created",
  STOPPED: "stopped",
};

function tasksOf(device: PrivateDevice): readonly TaskSeen[] {
  return columns(ctr(device, "tasks", "ls")).map(([id = "", pid = "", status = ""]) => ({
    id,
    pid: Number(pid),
    status: STATUSES[status] ?? "unknown",
  }));
}

/** The column of the parent is empty for what lies on nothing. */
function snapshotsOf(device: PrivateDevice): readonly SnapshotSeen[] {
  return columns(ctr(device, "snapshots", "ls")).map(([key = "", ...rest]) => ({
    key,
    parent: rest.length > 1 ? (rest[0] ?? "") : "",
  }));
}

/** Ids of the shims that serve this containerd. */
function shimsOf(socket: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandOf(pid))
    .filter((words) => (words[0] ?? "").includes("containerd-shim") && words.includes(socket))
    .map((words) => words[words.indexOf("-id") + 1] ?? "");
}

function commandOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch (thrown) {
    // It ended between the listing and the look.
    if (["ENOENT", "ESRCH"].includes(errnoName(thrown) ?? "")) return [];
    throw thrown;
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** What is wrong with the folder of one container is a finding, not an end of the looking. */
function statesOf(home: string): readonly StoredSeen[] {
  const folder = join(home, "containers");
  return namesIn(folder).flatMap((id) => {
    const path = join(folder, id, "config.json");
    return existsSync(path) ? [storedSeen(fromStoredJson(readFileSync(path)))] : [];
  });
}

function leftoverFiles(home: string): readonly string[] {
  const containers = join(home, "containers");
  const folders = [
    ...namesIn(containers).map((id) => join(containers, id)),
    join(home, "supercargo/journal"),
  ];
  return [
    ...folders.flatMap((folder) =>
      namesIn(folder)
        .filter((name) => name.endsWith(".tmp"))
        .map((name) => `${join(folder, name)} is left over`),
    ),
    ...namesIn(join(home, "supercargo/next")).map((name) => `successor ${name} is left over`),
  ];
}

function outputsOf(run: string): readonly string[] {
  const root = join(run, "cm/fifo");
  return namesIn(root)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const ids = namesIn(join(root, name)).map((file) => file.replace(/-(stdin|stdout|stderr)$/, ""));
      return ids.length === 0 ? [`(none, folder ${name})`] : [...new Set(ids)];
    });
}

interface NetworkSeen {
  readonly ids: readonly string[];
  readonly findings: readonly string[];
}

function networkOf(device: PrivateDevice, list: readonly Container[]): NetworkSeen {
  const { bridge, run, home } = device.places;
  const findings: string[] = [];
  const active = list.filter(isActive);
  const bridged = active.filter(({ hostConfig }) => hostConfig.networkMode === "bridge");
  const links = JSON.parse(spawnSync("ip", ["-j", "link"], { encoding: "utf8" }).stdout) as {
    master?: string;
  }[];
  const veths = links.filter((link) => link.master === bridge).length;
  if (veths !== bridged.length)
    findings.push(`${veths} interfaces on the bridge for ${bridged.length} containers`);
  const mounted = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(" nsfs ") && line.includes(run)).length;
  if (mounted !== bridged.length)
    findings.push(`${mounted} namespace files for ${bridged.length} containers`);
  const record = join(home, "cm/supercargo/network/record.json");
  const entries: readonly { readonly id: string; readonly address: string }[] = existsSync(record)
    ? JSON.parse(readFileSync(record, "utf8")).entries
    : [];
  findings.push(...wrongAddresses(bridged, entries), ...wrongPorts(bridge, bridged));
  return { ids: entries.map(({ id }) => id), findings };
}

function addressOf({ networkSettings }: Container): string {
  return networkSettings?.networks["bridge"]?.ipAddress ?? "";
}

/** Each container has one address, nobody else has it, and list, record and the container's own kernel say the same. */
function wrongAddresses(
  bridged: readonly Container[],
  entries: readonly { readonly id: string; readonly address: string }[],
): readonly string[] {
  const findings: string[] = [];
  for (const container of bridged) {
    const told = addressOf(container);
    const recorded = entries.find(({ id }) => id === container.id)?.address ?? "none";
    const inside = localAddresses(container.state.pid).join(" ");
    if (told !== recorded || told !== inside)
      findings.push(`address of ${container.id}: list ${told}, record ${recorded}, inside ${inside}`);
  }
  const addresses = entries.map(({ address }) => address).filter((address) => address !== "");
  for (const [index, address] of addresses.entries()) {
    if (addresses.indexOf(address) !== index) findings.push(`two containers have address ${address}`);
  }
  return findings;
}

/** Own addresses in the network namespace of a process, without loopback. */
function localAddresses(pid: number): readonly string[] {
  let trie: string;
  try {
    trie = readFileSync(`/proc/${pid}/net/fib_trie`, "utf8");
  } catch (thrown) {
    if (["ENOENT", "ESRCH", "EINVAL"].includes(errnoName(thrown) ?? "")) return ["(it has ended)"];
    throw thrown;
  }
  const found = [...trie.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map(([, address = ""]) => address);
  return [...new Set(found)].filter((address) => !address.startsWith("127."));
}

type NftElement = readonly { readonly concat: readonly (string | number)[] }[];

/** Every published port leads to the container that wants it, none is missing, none leads elsewhere. */
function wrongPorts(bridge: string, bridged: readonly Container[]): readonly string[] {
  const listing = spawnSync("nft", ["-j", "list", "table", "ip", `supercargo_${bridge}`], {
    encoding: "utf8",
  });
  if (listing.status !== 0) return [`nft has no table of ours: ${listing.stderr.trim()}`];
  const top = JSON.parse(listing.stdout) as {
    readonly nftables: readonly { readonly map?: { readonly elem?: readonly NftElement[] } }[];
  };
  const elements = top.nftables
    .flatMap(({ map }) => map?.elem ?? [])
    .map(([from, to]) => {
      const [protocol, port] = from?.concat.slice(-2) ?? [];
      const [address, containerPort] = to?.concat ?? [];
      return { protocol, port: Number(port), address, containerPort };
    });
  const wanted = bridged.flatMap((container) =>
    container.hostConfig.portMappings.map((mapping) => ({ ...mapping, address: addressOf(container) })),
  );
  type Element = (typeof elements)[number];
  const fits = (element: Element, mapping: (typeof wanted)[number]) =>
    element.protocol === mapping.protocol &&
    element.address === mapping.address &&
    element.containerPort === mapping.containerPort &&
    element.port >= mapping.hostPort &&
    element.port <= Math.max(mapping.hostPort, mapping.hostPortEnd);
  return [
    ...elements
      .filter((element) => !wanted.some((mapping) => fits(element, mapping)))
      .map((element) => `published port ${Object.values(element).join(" ")} has no owner`),
    ...wanted
      .filter((mapping) => !elements.some((element) => fits(element, mapping)))
      .map(({ hostPort, address }) => `published port ${hostPort} of ${address} is missing`),
  ];
}

/** What disk, containerd and kernel hold for the containers of a device; whatever must not be there at all is in `other`. */
export function heldBy(device: PrivateDevice, list: readonly Container[]): Held {
  const { places } = device;
  const home = join(places.home, "cm");
  const network = networkOf(device, list);
  const active = list.filter(isActive).map(({ id }) => id);
  const shims = shimsOf(device.containerd.socket);
  return {
    tasks: tasksOf(device),
    records: ctr(device, "containers", "ls", "-q"),
    snapshots: snapshotsOf(device),
    networks: network.ids,
    outputs: outputsOf(places.run),
    stored: statesOf(home),
    folders: namesIn(join(home, "containers")),
    notes: namesIn(join(home, "supercargo/journal"))
      .filter((name) => name.endsWith(".json"))
      .map((name) => decodeURIComponent(name)),
    other: [
      ...shims.filter((id) => !active.includes(id)).map((id) => `shim ${id} has no owner`),
      ...shims.filter((id, index) => shims.indexOf(id) !== index).map((id) => `shim ${id} is there twice`),
      ...active.filter((id) => !shims.includes(id)).map((id) => `shim ${id} is missing`),
      ...ctr(device, "leases", "ls", "-q")
        .filter((id, index, all) => id !== "kanto-cm.lease" || all.indexOf(id) !== index)
        .map((id) => `lease ${id} is left over`),
      ...network.findings,
      ...leftoverFiles(home),
    ],
  };
}

/** Findings in words; empty = all invariants of test/model/invariants.ts hold. */
export function engineLeftovers(device: PrivateDevice, containers: readonly Container[]): readonly string[] {
  return brokenInvariants(containers, heldBy(device, containers));
}
