/** What the auto deployer shows instead of deploying: its plan (`--dry-run`), and what became of each manifest (`--status`). */

import type { Clock } from "../base/clock.ts";
import { withLimit } from "../deploy/bounded-calls.ts";
import type { Containers } from "../deploy/containers.ts";
import { isOwned, loadMemory, memoryPlace } from "../deploy/folder/memory-file.ts";
import { previewFolder } from "../deploy/folder/preview.ts";
import { type FolderStatus, type ManifestStatus, readStatus } from "../deploy/folder/status-file.ts";
import { describeError } from "../errors/error.ts";
import { describeNote } from "../manifest/note.ts";
import type { AutoDeployerOptions } from "./auto-deployer-options.ts";
import { isHindered, plannedJson, plannedText } from "./planned-changes.ts";
import { textTable } from "./text-table.ts";

export interface ShowDeps {
  readonly options: AutoDeployerOptions;
  /** Real path. */
  readonly folder: string;
  readonly containers: Pick<Containers, "list">;
  readonly clock: Clock;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Container Management is asked for so long; who has it not running still wants to see the rest. */
const LOOK_MS = 2000;
const PLAN_LOOK_MS = 10_000;

export async function showPlan(deps: ShowDeps, signal: AbortSignal): Promise<number> {
  const { options, folder, containers, clock, stdout, stderr } = deps;
  const { entries, problem } = loadMemory(memoryPlace(options.stateDir, folder).statePath, false);
  if (problem !== undefined) stderr(`warning: ${problem}\n`);
  try {
    const limited: Pick<Containers, "list"> = {
      list: () =>
        withLimit("the list of containers", PLAN_LOOK_MS, clock, signal, (own) => containers.list(own)),
    };
    const { respectStopped, prune } = options;
    const preview = { remembered: entries, respectStopped, prune, describe: describeNote };
    const changes = await previewFolder(folder, limited, preview, signal);
    stdout(options.json ? plannedJson(folder, changes) : plannedText(changes));
    return isHindered(changes) ? 1 : 0;
  } catch (thrown) {
    stderr(`Error: ${describeError(thrown)}\n`);
    return 1;
  }
}

export async function showStatus(deps: ShowDeps, signal: AbortSignal): Promise<number> {
  const { options, folder, stdout } = deps;
  const place = memoryPlace(options.stateDir, folder);
  const status = readStatus(place.statusPath);
  const isAtWork = isOwned(place);
  const running = await containerStates(deps, signal);
  const isGood =
    status !== undefined && status.problem === "" && status.manifests.every(({ state }) => state === "done");
  if (options.json) {
    const manifests = status?.manifests.map((one) => ({
      ...one,
      containerStatus: running?.get(one.container) ?? null,
    }));
    stdout(`${JSON.stringify({ folder, isAtWork, ...status, manifests: manifests ?? [] }, undefined, 2)}\n`);
  } else {
    stdout(statusText(folder, status, isAtWork, running));
  }
  return isGood ? 0 : 1;
}

/** Status by name of container; undefined when Container Management does not answer. */
async function containerStates(
  { containers, clock }: ShowDeps,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const list = await withLimit("the list of containers", LOOK_MS, clock, signal, (own) =>
      containers.list(own),
    );
    return new Map(list.map(({ name, state }) => [name, state.status]));
  } catch {
    signal.throwIfAborted();
    return undefined; // The table says that it does not answer.
  }
}

function statusText(
  folder: string,
  status: FolderStatus | undefined,
  isAtWork: boolean,
  running: ReadonlyMap<string, string> | undefined,
): string {
  const owner = isAtWork ? "is kept deployed" : "no deployer is at work on it";
  if (status === undefined) return `${folder}: ${owner}; nothing is known of its manifests\n`;
  const lines = [`${folder}: ${owner}; as of ${status.updated}`];
  if (status.problem !== "") lines.push(status.problem);
  if (running === undefined) lines.push("Container Management does not answer");
  const row = ({ file, container, state, since, reason, nextTry }: ManifestStatus) => [
    file,
    container === "" ? "-" : container,
    state,
    running?.get(container) ?? "-",
    seconds(since),
    nextTry === "" ? "-" : seconds(nextTry),
    reason === "" ? "-" : reason.replaceAll("\n", "; "),
  ];
  const head = ["FILE", "CONTAINER", "STATE", "RUNS AS", "SINCE", "NEXT TRY", "REASON"];
  return `${lines.join("\n")}\n${textTable([head, ...status.manifests.map(row)])}`;
}

function seconds(stamp: string): string {
  return stamp.replace(/\.\d+Z$/, "Z");
}
