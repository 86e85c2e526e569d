/** What a run must leave as it found it: links, namespace files (they are mounts), rules, mounts, processes. Read with the system's own tools. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { errnoName } from "../../../src/base/libc.ts";

export interface MachineState {
  readonly links: readonly string[];
  readonly nftables: string;
  readonly iptables: string;
  readonly mounts: readonly string[];
  readonly processes: readonly string[];
  readonly forwarding: string;
}

function output(command: string, ...args: string[]): string {
  const result = spawnSync(command, args, { encoding: "utf8" });
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${result.stderr}${result.error?.message ?? ""}`);
  return result.stdout;
}

const pids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

/** Runs `read` for every process that still is there. */
function ofEveryProcess(read: (pid: string) => string): string[] {
  return pids().flatMap((pid) => {
    try {
      return [read(pid)];
    } catch (thrown) {
      if (["ENOENT", "ESRCH", "EACCES"].includes(errnoName(thrown) ?? "")) return [];
      throw thrown;
    }
  });
}

/** @param ours texts in command lines by which processes of the run are known. */
export function machineState(ours: readonly string[]): MachineState {
  const commands = ofEveryProcess((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim(),
  );
  return {
    links: (JSON.parse(output("ip", "-j", "link")) as { ifname: string }[])
      .map(({ ifname }) => ifname)
      .sort(),
    nftables: output("nft", "list", "ruleset"),
    iptables: output("iptables-save")
      .replace(/^#.*$/gm, "")
      .replace(/\[\d+:\d+\]/g, ""),
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ").slice(3, 5).join(" "))
      .sort(),
    processes: commands.filter((command) => ours.some((text) => command.includes(text))).sort(),
    forwarding: readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim(),
  };
}
