/** What containerd and the machine hold, compared with the containers that the daemon lists; by ctr, ip and nft, not by our code. */

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PrivateDevice } from "../../../scripts/demo/private-device.ts";
import type { Container } from "../../../src/model/container.ts";

function ctr(device: PrivateDevice, ...args: string[]): string[] {
  const result = spawnSync("ctr", ["--address", device.containerd.socket, "-n", device.namespace, ...args], {
    encoding: "utf8",
  });
  if (result.status !== 0) throw new Error(`ctr ${args.join(" ")}: ${result.stderr}`);
  return result.stdout.split("\n").filter((line) => line.trim() !== "");
}

function unexpected(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const extra = found.filter((name) => !wanted.includes(name)).map((name) => `${what} ${name} has no owner`);
  const missing = wanted.filter((name) => !found.includes(name)).map((name) => `${what} ${name} is missing`);
  const twice = found
    .filter((name, index) => found.indexOf(name) !== index)
    .map((name) => `${what} ${name} is there twice`);
  return [...extra, ...missing, ...twice];
}

function processesOf(socket: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((pid) => {
      const read = spawnSync("cat", [`/proc/${pid}/cmdline`], { encoding: "utf8" });
      return read.stdout.split("\0");
    })
    .filter((words) => (words[0] ?? "").includes("containerd-shim") && words.includes(socket))
    .map((words) => words[words.indexOf("-id") + 1] ?? "");
}

/** Findings in words; empty = tasks, shims, snapshots, leases, namespaces, FIFOs and rules are just those of `containers`. */
export function engineLeftovers(device: PrivateDevice, containers: readonly Container[]): string[] {
  const running = containers.filter(({ state }) => state.status === "Running");
  const runningIds = running.map(({ id }) => id);
  const tasks = ctr(device, "tasks", "ls", "-q");
  const records = ctr(device, "containers", "ls", "-q");
  const snapshots = ctr(device, "snapshots", "ls")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.at(-1) === "Active")
    .map((words) => words[0] ?? "");
  const old = ctr(device, "snapshots", "ls")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words.at(-1) === "Committed" && !(words[0] ?? "").startsWith("sha256:"));
  const oldWithoutChild = old.filter(
    ([name]) => !ctr(device, "snapshots", "ls").some((line) => line.trim().split(/\s+/)[1] === name),
  );
  const leases = ctr(device, "leases", "ls", "-q").filter((id) => !id.startsWith("kanto-cm.lease"));
  const bridged = running.filter(({ hostConfig }) => hostConfig.networkMode === "bridge").map(({ id }) => id);
  return [
    ...unexpected("task", tasks, runningIds),
    ...unexpected("record", records, runningIds),
    ...unexpected("shim", processesOf(device.containerd.socket), runningIds),
    ...unexpected(
      "snapshot",
      snapshots,
      containers.map(({ id }) => `${id}-snapshot`),
    ),
    ...oldWithoutChild.map(([name]) => `snapshot ${name} is a leftover of a replacement`),
    ...leases.map((id) => `lease ${id} is left over`),
    ...networkLeftovers(device, running, bridged.length),
  ];
}

function networkLeftovers(device: PrivateDevice, running: readonly Container[], bridged: number): string[] {
  const findings: string[] = [];
  const { bridge, run, home } = device.places;
  const links = JSON.parse(spawnSync("ip", ["-j", "link"], { encoding: "utf8" }).stdout) as {
    master?: string;
  }[];
  const veths = links.filter((link) => link.master === bridge).length;
  if (veths !== bridged) findings.push(`${veths} interfaces on the bridge for ${bridged} running containers`);
  const mounted = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.includes(` nsfs `) && line.includes(run));
  if (mounted.length !== bridged)
    findings.push(`${mounted.length} namespace files for ${bridged} running containers`);
  const record = join(home, "cm/supercargo/network/record.json");
  if (existsSync(record)) {
    const known = readFileSync(record, "utf8");
    for (const { id } of running)
      if (!known.includes(JSON.stringify(id))) findings.push(`${id} is not in the network's record`);
  }
  const elements = spawnSync("nft", ["-j", "list", "ruleset"], { encoding: "utf8" }).stdout;
  const addresses = running.map(
    ({ networkSettings }) => networkSettings?.networks["bridge"]?.ipAddress ?? "",
  );
  const mapped = [...elements.matchAll(/"(172\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+)", \d+\]/g)].map(
    (match) => match[1] ?? "",
  );
  for (const address of mapped)
    if (!addresses.includes(address)) findings.push(`a published port leads to ${address}, which nobody has`);
  return findings;
}
