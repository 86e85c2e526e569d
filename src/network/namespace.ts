/** Network namespaces as files: a mount that keeps the namespace alive, also while no daemon and no process is there. */

import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { errnoName, MOUNT_BIND, mount, unmount } from "../base/libc.ts";
import { demandTool } from "./command.ts";

/** Type of the kernel's namespace file system, `NSFS_MAGIC` of linux/magic.h. */
const NAMESPACE_FILE_SYSTEM = 0x6e736673;

/**
 * Makes a namespace with `lo` up and keeps it under `path`, in one process (spec/pitfalls.md §3).
 * @throws SC_NETWORK_FAILED; nothing is left then
 */
export async function makeNamespace(path: string, signal: AbortSignal): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileSync(path, "", { flag: "wx", mode: 0o444 });
  try {
    const command = ["unshare", `--net=${path}`, "ip", "link", "set", "lo", "up"];
    await demandTool(command, "make a network namespace", { signal });
  } catch (thrown) {
    removeNamespace(path);
    throw thrown;
  }
}

/** Takes mount and file away; what is not there, or is no mount, is fine. Processes in the namespace keep it alive. */
export function removeNamespace(path: string): void {
  for (;;) {
    try {
      unmount(path, true);
    } catch (thrown) {
      const name = errnoName(thrown);
      if (name !== "EINVAL" && name !== "ENOENT") throw thrown;
      if (removeFile(path)) return;
    }
  }
}

/** False when it has become a mount again: the last act of a program that a killed daemon had started. */
function removeFile(path: string): boolean {
  try {
    rmSync(path, { force: true });
    return true;
  } catch (thrown) {
    if (errnoName(thrown) === "EBUSY") return false;
    throw thrown;
  }
}

/** Whether the file is a living namespace. */
export function isNamespace(path: string): boolean {
  try {
    return statfsSync(path).type === NAMESPACE_FILE_SYSTEM;
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return false;
    throw thrown;
  }
}

/**
 * Somebody has taken the file or its mount away; as long as a process lives in the namespace, it can be kept under the
 * path again. Answers false when no process is in the namespace of this number.
 */
export function keepNamespaceAgain(path: string, wanted: NamespaceMarks): boolean {
  const source = findNamespace(wanted);
  if (source === undefined) return false;
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  removeNamespace(path);
  writeFileSync(path, "", { flag: "wx", mode: 0o444 });
  try {
    mount(source, path, "", MOUNT_BIND, "");
  } catch (thrown) {
    removeNamespace(path);
    // The process has ended meanwhile.
    if (errnoName(thrown) === "ENOENT") return false;
    throw thrown;
  }
  return isNamespace(path);
}

/** By which a namespace is known: its number, and the address in it, because the kernel gives numbers anew. */
export interface NamespaceMarks {
  readonly namespaceNumber: number;
  readonly address: string;
}

/** The kernel's number of the namespace that is kept under the path. */
export function numberOf(path: string): number {
  return statSync(path).ino;
}

/** A process in the namespace, as the path of its namespace. */
function findNamespace({ namespaceNumber, address }: NamespaceMarks): string | undefined {
  const local = new RegExp(`\\|-- ${address.replaceAll(".", "\\.")}\\n\\s+/32 host LOCAL`);
  const pid = readdirSync("/proc").find(
    (name) => /^\d+$/.test(name) && readProc(`${name}/ns/net`, readlinkSync) === `net:[${namespaceNumber}]`,
  );
  if (pid === undefined) return undefined;
  const routes = readProc(`${pid}/net/fib_trie`, (path) => readFileSync(path, "utf8"));
  return local.test(routes) ? `/proc/${pid}/ns/net` : undefined;
}

/** Empty for a process that has ended meanwhile or is not ours to look at. */
function readProc(path: string, read: (path: string) => string): string {
  try {
    return read(`/proc/${path}`);
  } catch (thrown) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM", "EINVAL"].includes(errnoName(thrown) ?? "")) return "";
    throw thrown;
  }
}

/** All namespace files of a folder, as paths. */
export function listNamespaces(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return [];
    throw thrown;
  }
}
