/** Describes a further process of a container: as its main one, with what the wish changes; pure. */

import { SupercargoError } from "../../errors/error.ts";
import type { ExecWish } from "../../model/exec.ts";
import { capabilitySets } from "./capabilities.ts";
import type { OciProcess } from "./oci.ts";
import type { ResolvedUser } from "./users.ts";

export interface ExecProcessInput {
  /** The container's main process. */
  readonly main: OciProcess;
  readonly wish: ExecWish;
  /** undefined: the main process's own. */
  readonly user: ResolvedUser | undefined;
  /** Capabilities that a privileged process gets. */
  readonly allCapabilities: readonly string[];
}

/** SC_CONTAINER_INVALID for a wish that no process can be made of. */
export function execProcess({ main, wish, user, allCapabilities }: ExecProcessInput): OciProcess {
  refuseInvalid(wish);
  const { terminal: _, apparmorProfile, ...rest } = main;
  return {
    ...rest,
    ...(apparmorProfile === undefined || wish.privileged ? {} : { apparmorProfile }),
    ...(wish.tty ? { terminal: true } : {}),
    args: [...wish.command],
    env: environment(main.env, wish, user !== undefined),
    cwd: wish.workingDir === "" ? main.cwd : wish.workingDir,
    ...(user === undefined
      ? {}
      : { user: { uid: user.uid, gid: user.gid, additionalGids: [...user.additionalGids] } }),
    ...(wish.privileged ? { capabilities: capabilitySets(allCapabilities), noNewPrivileges: false } : {}),
  };
}

function refuseInvalid(wish: ExecWish): void {
  const refuse = (text: string, hint: string) => new SupercargoError("SC_CONTAINER_INVALID", text, { hint });
  const [program] = wish.command;
  if (program === undefined || program === "")
    throw refuse("the command to execute is missing", "name a program of the container");
  if ([...wish.command, ...wish.env, wish.workingDir, wish.user].some((text) => text.includes("\0")))
    throw refuse("a text of the command holds a zero byte", "no text of a process can hold one");
  if (wish.workingDir !== "" && !wish.workingDir.startsWith("/"))
    throw refuse(`the working directory ${wish.workingDir} is not absolute`, "begin it with /");
  for (const entry of wish.env) {
    if (!/^[^=]+=/.test(entry))
      throw refuse(`the environment variable ${JSON.stringify(entry)} has no value`, "write NAME=value");
  }
}

/** Later ones win. Another user gets a home of its own: the runtime looks it up when none is set. */
function environment(own: readonly string[], wish: ExecWish, isOtherUser: boolean): string[] {
  const merged = new Map<string, string>();
  const set = (entry: string) => merged.set(entry.slice(0, entry.indexOf("=")), entry);
  for (const entry of own) if (entry.includes("=")) set(entry);
  if (isOtherUser) merged.delete("HOME");
  if (wish.tty && !merged.has("TERM")) set("TERM=xterm");
  for (const entry of wish.env) set(entry);
  return [...merged.values()];
}
