/**
 * Files from a container to a place here: tar in the container, tar here, by way of a hidden folder beside the place, so that
 * nothing half-copied is ever in it. What comes from a container is not trusted: no device, no owner, no setuid.
 */

import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { ContainersClient } from "../../../api/containers-client.ts";
import { type PipedProgram, startPiped } from "../../../base/piped-program.ts";
import { plainExec } from "../../../model/exec.ts";
import { CommandError } from "../../command-error.ts";
import { splitPath } from "./place.ts";

const NOT_FOUND_CODES = [126, 127];

/** Where the copy goes: into a folder that is there, or under the name itself. */
function targetOf(name: string, place: string): string {
  const path = resolve(place);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  const target = isFolder ? join(path, name) : path;
  const { folder } = splitPath(target);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new CommandError(`${folder} is no folder`);
  if (existsSync(target) && lstatSync(target).isDirectory()) {
    throw new CommandError(`${target} is there already; name another place or remove it first`);
  }
  return target;
}

/** Takes away what must not come out of a container; answers what was left out. */
function defuse(path: string): string[] {
  const entry = lstatSync(path);
  if (entry.isSymbolicLink()) return [];
  if (!entry.isFile() && !entry.isDirectory()) {
    rmSync(path);
    return [path];
  }
  chmodSync(path, entry.mode & 0o777);
  return entry.isFile() ? [] : readdirSync(path).flatMap((name) => defuse(join(path, name)));
}

/** @returns what was left out, by its path in the hidden folder without that. */
export async function copyOut(
  client: ContainersClient,
  id: string,
  source: string,
  place: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { folder, name } = splitPath(source);
  if (name === "" || name === "." || name === "..")
    throw new CommandError(`${source}: name a file or folder in it`);
  const target = targetOf(name, place);
  const hidden = mkdtempSync(join(splitPath(target).folder, ".kanto-cm-cp-"));
  try {
    await extract(client, id, ["tar", "-C", folder, "-cf", "-", "--", name], hidden, signal);
    const copy = join(hidden, name);
    if (!existsSync(copy) && !isLink(copy))
      throw new CommandError(`${source} did not come out of the container`);
    const leftOut = defuse(copy).map((path) => path.slice(hidden.length + 1));
    if (leftOut[0] === name) throw new CommandError(`${source} is neither file nor folder nor link`);
    renameSync(copy, target);
    return leftOut;
  } finally {
    rmSync(hidden, { recursive: true, force: true });
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

async function extract(
  client: ContainersClient,
  id: string,
  command: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const remote = await client.exec(
    id,
    { ...plainExec(command), user: "0:0" },
    undefined,
    AbortSignal.any([signal, over.signal]),
  );
  using local = startPiped(["tar", "-C", folder, "--no-same-owner", "--no-same-permissions", "-xf", "-"]);
  let complaint = "";
  let isReading = true;
  try {
    for await (const { stream, data } of remote.output) {
      if (stream === "stderr") complaint += Buffer.from(data).toString("utf8").slice(0, 4096);
      else if (isReading) isReading = await isTaken(local, data);
    }
    if (isReading) await local.endInput();
  } finally {
    over.abort(new Error("copied"));
  }
  checkRemoteTar(await remote.exitCode, complaint);
  const ended = await local.ended;
  if (ended.exitCode !== 0) throw new CommandError(`tar here: ${ended.stderr.trim()}`);
}

/** Whether tar here goes on reading: at the end of the archive it does not wait for the padding behind it. */
async function isTaken(local: PipedProgram, data: Uint8Array): Promise<boolean> {
  try {
    await local.write(data);
    return true;
  } catch (cause) {
    const { exitCode, stderr } = await local.ended;
    if (exitCode !== 0) throw new CommandError(`tar here: ${stderr.trim()}`, { cause });
    return false;
  }
}

/** Throws what tar in the container complained of. */
export function checkRemoteTar(exitCode: number, complaint: string): void {
  if (exitCode === 0) return;
  if (NOT_FOUND_CODES.includes(exitCode) && complaint.trim() === "") {
    throw new CommandError("the container has no tar, which copying needs");
  }
  throw new CommandError(`in the container: ${complaint.trim() || `exit code ${exitCode}`}`);
}
