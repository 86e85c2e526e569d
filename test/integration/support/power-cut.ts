/** What a power cut leaves of a test device: the disk. Processes, /run, links, rules and mounts are gone. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { endProcess, findKeepers } from "../../../src/base/keeper-process.ts";
import { unmount } from "../../../src/base/libc.ts";
import { killIfAlive, readProc, removeCgroups } from "./containerd.ts";
import type { TestDevice } from "./device.ts";
import { refuseInitialNamespace } from "./namespace.ts";

/** @param pids of the containers' main processes, which no shim takes with it */
export async function cutPower({ device }: TestDevice, pids: readonly number[]): Promise<void> {
  refuseInitialNamespace();
  const { run, bridge } = device.places;
  await device.end("container-management", "SIGKILL");
  for (const keeper of findKeepers(join(run, "cm", "fifo"))) endProcess(keeper);
  await device.killContainerd();
  for (const pid of pids) thaw(pid);
  for (const pid of pids) killIfAlive(pid);
  for (const point of mountsBelow(run)) unmount(point, true);
  await device.containerd.stop();
  await until(() => pids.every((pid) => pid <= 0 || !existsSync(`/proc/${pid}`)), "all processes have ended");
  await removeCgroups(device.namespace);
  rmSync(run, { recursive: true, force: true });
  mkdirSync(run, { recursive: true, mode: 0o711 });
  tool("nft", "flush", "ruleset");
  if (tool("ip", "link", "show", bridge)) tool("ip", "link", "delete", bridge);
}

/** The machine boots again. */
export async function boot({ device }: TestDevice, signal: AbortSignal): Promise<void> {
  await device.startContainerd();
  await device.startDaemon(signal);
}

/** A process in a frozen control group does not even end. */
function thaw(pid: number): void {
  const group = /^\d+:freezer:(.+)$/m.exec(readProc(String(pid), "cgroup"))?.[1] ?? "/";
  const state = join("/sys/fs/cgroup/freezer", group, "freezer.state");
  // Only what is frozen cannot go away meanwhile; the root has no state.
  if (existsSync(state) && readFileSync(state, "utf8").trim() !== "THAWED") writeFileSync(state, "THAWED");
}

function mountsBelow(folder: string): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse();
}

/** Whether it succeeded. */
function tool(command: string, ...args: readonly string[]): boolean {
  const run = spawnSync(command, [...args], { encoding: "utf8" });
  if (run.error !== undefined) throw run.error;
  return run.status === 0;
}
