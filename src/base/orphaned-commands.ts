/** Programs that a process of ours had started when it was killed, and that still run: they act although nobody waits for them. */

import { readdirSync, readFileSync } from "node:fs";
import { errnoName } from "./libc.ts";

/** In the environment of every program that `runCommand` starts: the process number of who did. */
export const PARENT_MARK = "SUPERCARGO_COMMAND_OF";

export interface OrphanedCommand {
  readonly pid: number;
  readonly command: string;
}

/** Looks through all processes, which takes some milliseconds: not for every day. */
export function findOrphanedCommands(): OrphanedCommand[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const environment = readProc(name, "environ");
    const mark = environment.split("\0").find((word) => word.startsWith(`${PARENT_MARK}=`));
    if (mark === undefined) return [];
    const [state = "Z", parent = "", group = ""] = stateParentAndGroup(readProc(name, "stat"));
    if (state === "Z" || state === "X" || `${PARENT_MARK}=${parent}` === mark) return [];
    // What such a program starts has the mark too, but is not the leader of its group; and we may be started by one.
    if (group !== name || Number(name) === process.pid) return [];
    const command = readProc(name, "cmdline").replaceAll("\0", " ").trim();
    return [{ pid: Number(name), command }];
  });
}

/** The three fields behind the name, which may hold anything. */
function stateParentAndGroup(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ", 3);
}

/** Empty for a process that has ended meanwhile or is not ours to read. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (thrown) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes(errnoName(thrown) ?? "")) return "";
    throw thrown;
  }
}
