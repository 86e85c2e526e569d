/** Files from here into a container: tar here, tar in the container, by way of a hidden folder beside the place. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ContainersClient } from "../../../api/containers-client.ts";
import { startPiped } from "../../../base/piped-program.ts";
import { plainExec } from "../../../model/exec.ts";
import { CommandError } from "../../command-error.ts";
import { checkRemoteTar } from "./out.ts";
import { splitPath } from "./place.ts";

/** $1 the place, $2 the name that comes, $3 the name of the hidden folder. Says where that is first. */
const TAKE = `
if [ -d "$1" ]; then folder=$1; name=$2; else folder=\${1%/*}; folder=\${folder:-/}; name=\${1##*/}; fi
[ -d "$folder" ] || { echo "$folder is no folder" >&2; exit 1; }
[ ! -d "$folder/$name" ] || { echo "$folder/$name is there already; name another place or remove it first" >&2; exit 1; }
hidden=$folder/$3
mkdir "$hidden" || exit 1
echo "$hidden"
tar -C "$hidden" -o -xf - && mv "$hidden/$2" "$folder/$name"
code=$?
rm -rf "$hidden"
exit $code
`;

/** Time for taking away what an interrupted copy left in the container. */
const CLEANING_LIMIT_MS = 10_000;

export async function copyIn(
  client: ContainersClient,
  id: string,
  source: string,
  place: string,
  signal: AbortSignal,
): Promise<void> {
  const path = resolve(source);
  if (!existsSync(path)) throw new CommandError(`${source}: no such file or folder`);
  const { folder, name } = splitPath(path);
  if (name === "") throw new CommandError(`${source}: name a file or folder in it`);
  const hiddenName = `.kanto-cm-cp-${process.pid}-${Date.now()}`;
  const wish = {
    ...plainExec(["sh", "-c", TAKE, "sh", place, name, hiddenName]),
    user: "0:0",
    openStdin: true,
  };
  const over = new AbortController();
  const remote = await client.exec(id, wish, undefined, AbortSignal.any([signal, over.signal]));
  let said = "";
  let complaint = "";
  const listening = (async () => {
    for await (const { stream, data } of remote.output) {
      const text = Buffer.from(data).toString("utf8").slice(0, 4096);
      if (stream === "stdout") said += text;
      else complaint += text;
    }
    return await remote.exitCode;
  })();
  try {
    using local = startPiped(["tar", "-C", folder, "-cf", "-", "--", name]);
    const sending = (async () => {
      for await (const data of local.stdout) await remote.write(data);
      await remote.endInput();
      return await local.ended;
    })();
    // When the other side ends first, its words are the reason.
    sending.catch(() => undefined);
    const exitCode = await Promise.race([listening, sending.then(() => listening)]);
    checkRemoteTar(exitCode, complaint);
    const ended = await sending;
    if (ended.exitCode !== 0) throw new CommandError(`tar here: ${ended.stderr.trim()}`);
  } catch (thrown) {
    listening.catch(() => undefined);
    over.abort(new Error("given up"));
    const hidden = said.trim();
    if (hidden !== "") await clean(client, id, hidden);
    throw thrown;
  }
}

/** The copy was interrupted; a container that has ended meanwhile keeps the folder. */
async function clean(client: ContainersClient, id: string, hidden: string): Promise<void> {
  const limit = AbortSignal.timeout(CLEANING_LIMIT_MS);
  try {
    const remote = await client.exec(
      id,
      { ...plainExec(["rm", "-rf", "--", hidden]), user: "0:0" },
      undefined,
      limit,
    );
    for await (const _ of remote.output);
  } catch (thrown) {
    throw new CommandError(`the copy was interrupted, and ${hidden} stays in the container`, {
      cause: thrown,
    });
  }
}
