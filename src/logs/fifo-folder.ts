/** Where a task's FIFOs lie: `<exec root>/fifo/<random number>/<id>-stdin|stdout|stderr`, all 0700 (spec/engine.md §3). */

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoName, makeFifo } from "../base/libc.ts";
import type { TaskStdio } from "../engine/engine.ts";
import { SupercargoError } from "../errors/error.ts";

const MODE = 0o700;
const TRIES = 16;
const FIFO_NAME = /^(.+)-(?:stdin|stdout|stderr)$/;

export interface FifoFolder {
  readonly path: string;
  /** Ids whose FIFOs are in it; one, as far as we made it. */
  readonly ids: ReadonlySet<string>;
}

/** Makes folder and FIFOs; on failure nothing stays. */
export function makeFifos(root: string, id: string, tty: boolean, openStdin: boolean): TaskStdio {
  refuseUnsafe(id);
  const folder = makeFolder(root);
  const path = (name: string, wanted: boolean): string => (wanted ? join(folder, `${id}-${name}`) : "");
  const stdio = {
    stdin: path("stdin", openStdin),
    stdout: path("stdout", true),
    stderr: path("stderr", !tty),
    terminal: tty,
  };
  try {
    for (const fifo of [stdio.stdin, stdio.stdout, stdio.stderr]) if (fifo !== "") makeFifo(fifo, MODE);
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    throw thrown;
  }
  return stdio;
}

/** The folder of these FIFOs; undefined when they are not below `root` (then they are not ours to remove). */
export function folderOf(root: string, stdio: TaskStdio): string | undefined {
  const any = [stdio.stdout, stdio.stderr, stdio.stdin].find((path) => path !== "");
  if (any === undefined) return undefined;
  const folder = dirname(any);
  return dirname(folder) === root && /^\d+$/.test(basename(folder)) ? folder : undefined;
}

/** All FIFO folders; a root that is not there has none. */
export function listFolders(root: string): FifoFolder[] {
  return entriesOf(root)
    .filter((entry) => entry.isDirectory() && /^\d+$/.test(entry.name))
    .map((entry) => ({ path: join(root, entry.name), ids: idsIn(join(root, entry.name)) }));
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function idsIn(folder: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const entry of entriesOf(folder)) {
    const id = FIFO_NAME.exec(entry.name)?.[1];
    if (id !== undefined) ids.add(id);
  }
  return ids;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

function makeFolder(root: string): string {
  for (let attempt = 1; ; attempt++) {
    const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
    const path = join(root, String(number));
    try {
      mkdirSync(path, { mode: MODE });
      return path;
    } catch (thrown) {
      const name = errnoName(thrown);
      if ((name !== "EEXIST" && name !== "ENOENT") || attempt >= TRIES) throw thrown;
      // Somebody has cleared the folder of what lives only until the next boot.
      if (name === "ENOENT") mkdirSync(root, { recursive: true, mode: MODE });
    }
  }
}

function refuseUnsafe(id: string): void {
  if (id === "" || id.includes("/") || id.includes("\0") || id.startsWith(".")) {
    throw new SupercargoError("SC_CONTAINER_INVALID", `invalid container id : ${id}`);
  }
}
