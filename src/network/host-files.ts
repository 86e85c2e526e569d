/** The files `hosts`, `hostname` and `resolv.conf` of a container: their text and how they get to the disk. */

import {
  chmodSync,
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { errnoName } from "../base/libc.ts";
import { SupercargoError } from "../errors/error.ts";
import { writingState } from "../store/write-failure.ts";
import { resolveExtraHosts } from "./extra-hosts.ts";
import type { MachineFiles } from "./options.ts";
import type { Entry } from "./record.ts";

/** Address and names are separated by one TAB (spec/engine.md §8 "Files"). */
const FIXED_HOSTS = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "ff00::0\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];

/** Used when the machine has no name server that a container could reach. */
const PUBLIC_NAME_SERVERS = ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "2001:4860:4860::8844"];
/** A container can write into its hosts file; more than this is not read into the daemon. */
const EDIT_LIMIT_BYTES = 1024 * 1024;
const NAME_SERVER = /^\s*nameserver\s+(\S+)/;

export interface HostLine {
  readonly address: string;
  readonly name: string;
}

/** Text of the hosts file; `own` is the container's own line, last, absent in host mode. */
export function hostsText(extra: readonly string[], own: HostLine | undefined): string {
  return `${[...FIXED_HOSTS, ...extra, ...(own === undefined ? [] : [hostLine(own)])].join("\n")}\n`;
}

export function hostLine({ address, name }: HostLine): string {
  return `${address}\t${name}`;
}

/** In host mode: the machine's own file, unless the container has extra hosts (spec/engine.md §8 "Files"). */
function hostModeHosts(
  entry: Entry,
  machine: MachineFiles,
): { readonly text: string; readonly warnings: readonly string[] } {
  if (entry.extraHosts.length === 0) return { text: readIfThere(machine.hosts), warnings: [] };
  const { lines, warnings } = resolveExtraHosts(entry, "", []);
  return { text: hostsText(lines.map(hostLine), undefined), warnings };
}

/** Writes the three files of a container in host mode; answers what was left out of the hosts file. */
export function writeHostModeFiles(entry: Entry, machine: MachineFiles): readonly string[] {
  const hosts = hostModeHosts(entry, machine);
  const resolvConf = readIfThere(machine.resolvConf);
  writeHostFiles(entry.filesDir, { hostname: `${entry.hostName}\n`, hosts: hosts.text, resolvConf });
  return hosts.warnings;
}

/** `<host_name>.<domain_name> <first label of host_name>`; without a domain the host name stands alone. */
export function ownNames(hostName: string, domainName: string): string {
  const full = domainName === "" ? hostName : `${hostName}.${domainName}`;
  const label = firstLabel(hostName);
  return full === label ? full : `${full} ${label}`;
}

export function firstLabel(hostName: string): string {
  return hostName.split(".", 1)[0] ?? hostName;
}

/** The machine's resolv.conf without name servers on loopback, which a container cannot reach; public ones if none is left. */
export function resolvConfText(machine: string): string {
  const lines = machine.split("\n").filter((line) => !isLoopback(NAME_SERVER.exec(line)?.[1]));
  while (lines.at(-1) === "") lines.pop();
  if (!lines.some((line) => NAME_SERVER.test(line))) {
    lines.push(...PUBLIC_NAME_SERVERS.map((server) => `nameserver ${server}`));
  }
  return `${lines.join("\n")}\n`;
}

/** Name servers of a resolv.conf, in order. */
export function nameServers(text: string): string[] {
  return text.split("\n").flatMap((line) => NAME_SERVER.exec(line)?.[1] ?? []);
}

/** The machine's resolv.conf, or what systemd-resolved knows when that names only its stub. Missing is an empty text. */
export function readMachineResolvConf(files: MachineFiles): string {
  const text = readIfThere(files.resolvConf);
  const servers = nameServers(text);
  if (servers.length === 0 || !servers.every((server) => server === "127.0.0.53")) return text;
  const real = readIfThere(files.systemdResolvConf);
  return real === "" ? text : real;
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return "";
    throw thrown;
  }
}

export interface HostFilePaths {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

export function hostFilePaths(folder: string): HostFilePaths {
  return {
    hostname: join(folder, "hostname"),
    hosts: join(folder, "hosts"),
    resolvConf: join(folder, "resolv.conf"),
  };
}

/** Makes the three files anew, readable by all. They are made at each start, so a crash in between does no harm. */
export function writeHostFiles(
  folder: string,
  content: { readonly hostname: string; readonly hosts: string; readonly resolvConf: string },
): void {
  writingState(folder, () => {
    mkdirSync(folder, { recursive: true });
    const paths = hostFilePaths(folder);
    for (const name of ["hostname", "hosts", "resolvConf"] as const) {
      rmSync(paths[name], { force: true });
      writeFileSync(paths[name], content[name], { flag: "wx" });
      // Not by the mode of the call: the umask would narrow it, and the container's users must read it.
      chmodSync(paths[name], 0o644);
    }
  });
}

/**
 * Changes a file without changing its inode, because running containers have it mounted; it is never empty in between.
 * @returns false when there is no such file, or nothing changes
 * @throws SC_NETWORK_FAILED for a file that the container has made larger than any hosts file
 */
export function editInPlace(path: string, edit: (text: string) => string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r+");
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return false;
    throw thrown;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size > EDIT_LIMIT_BYTES) {
      throw new SupercargoError(
        "SC_NETWORK_FAILED",
        `${path} has ${size} bytes, more than ${EDIT_LIMIT_BYTES}`,
      );
    }
    const before = readFileSync(descriptor, "utf8");
    const after = edit(before);
    if (after === before) return false;
    const data = Buffer.from(after, "utf8");
    let written = 0;
    while (written < data.length)
      written += writeSync(descriptor, data, written, data.length - written, written);
    ftruncateSync(descriptor, data.length);
  } finally {
    closeSync(descriptor);
  }
  return true;
}

function isLoopback(server: string | undefined): boolean {
  return (
    server !== undefined && (server.startsWith("127.") || server === "::1" || server === "0:0:0:0:0:0:0:1")
  );
}
