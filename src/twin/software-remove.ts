/** `remove` of SoftwareUpdatable: containers by their ids, always forced (spec/digital-twin.md §5.3). */

import { hasCode, toError } from "../errors/error.ts";
import type { Arguments } from "./arguments.ts";
import type { TwinContainers } from "./containers.ts";
import { invalid } from "./refusal.ts";
import { joinMessages, type SoftwareProgress } from "./software-progress.ts";

/** An entry as it was sent; its `name` is the container's id. */
export interface Software {
  readonly group: string;
  readonly name: string;
  readonly version: string;
  readonly type?: string;
}

/** Throws a refusal (400). */
export function readSoftware(request: Arguments): readonly Software[] {
  const software = request.objects("software").map((entry) => {
    const type = entry.text("type");
    return {
      group: entry.text("group"),
      name: entry.text("name"),
      version: entry.text("version"),
      ...(type === "" ? {} : { type }),
    };
  });
  if (software.length === 0) throw invalid("there are no DependencyDescriptions to be removed");
  return software;
}

async function removeOne(
  id: string,
  containers: TwinContainers,
  signal: AbortSignal,
): Promise<string | undefined> {
  const gone = `container with ID = ${id} does not exist`;
  if (containers.get(id) === undefined) return gone;
  try {
    await containers.remove(id, true, undefined, signal);
    return undefined;
  } catch (thrown) {
    return hasCode(thrown, "SC_CONTAINER_NOT_FOUND") ? gone : toError(thrown).message;
  }
}

/** After the first failure the rest is rejected, unless `isForced`. */
export async function remove(
  software: readonly Software[],
  isForced: boolean,
  progress: SoftwareProgress,
  containers: TwinContainers,
  caughtUp: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const removed: Software[] = [];
  const failed: Software[] = [];
  const rejected: Software[] = [];
  const messages: string[] = [];
  for (const entry of software) {
    if (failed.length > 0 && !isForced) {
      rejected.push(entry);
      continue;
    }
    progress.tell("REMOVING", { software: [entry] });
    const failure = await removeOne(entry.name, containers, signal);
    await caughtUp();
    if (failure === undefined) {
      removed.push(entry);
      progress.tell("REMOVED", { software: [entry] });
    } else {
      failed.push(entry);
      messages.push(failure);
    }
  }
  if (rejected.length > 0) progress.fail("FINISHED_REJECTED", { software: rejected });
  if (failed.length > 0) progress.fail("FINISHED_ERROR", { software: failed }, joinMessages(messages));
  if (removed.length > 0) progress.tell("FINISHED_SUCCESS", { software: removed });
}
