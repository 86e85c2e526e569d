/**
 * Takes away the folder of a task that nobody has any more: containerd was killed inside Tasks/Create, has come back without
 * the task, no shim owns it, and yet every later Create of the id fails with `mkdir ...: file exists`.
 */

import { lstatSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { unmount } from "../../base/libc.ts";
import { SupercargoError } from "../../errors/error.ts";

const RUNTIME_FOLDER = "io.containerd.runtime.v2.task";

/** Whether a path has the form `.../io.containerd.runtime.v2.task/<namespace>/<id>`; nothing else is ever removed. */
export function isBundleOf(path: string, namespace: string, id: string): boolean {
  const owner = dirname(path);
  return (
    basename(path) === id && basename(owner) === namespace && basename(dirname(owner)) === RUNTIME_FOLDER
  );
}

/** Mount points at or below a folder, deepest first; the kernel writes blanks in paths as `\040`. */
function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) =>
      (line.split(" ")[4] ?? "").replace(/\\(\d{3})/g, (_, octal) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((target) => target === folder || target.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}

/** Unmounts what is mounted in it, then removes it. Throws SC_ENGINE_FAILED for a folder that is none, SC_IO when a mount stays. */
export function removeAbandonedBundle(path: string, namespace: string, id: string): void {
  if (!isBundleOf(path, namespace, id) || !lstatSync(path).isDirectory()) {
    throw new SupercargoError("SC_ENGINE_FAILED", `${path} is no task folder of ${id}`);
  }
  for (const target of mountsBelow(path)) unmount(target, true);
  // Content behind a mount that could not be taken away belongs to a snapshot: it must never be removed with the folder.
  const [left] = mountsBelow(path);
  if (left !== undefined) throw new SupercargoError("SC_IO", `${left} is still mounted`);
  rmSync(path, { recursive: true, force: true });
}
