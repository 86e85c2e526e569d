/** Stored output of containers for those who read or follow it. */

import { SupercargoError } from "../errors/error.ts";
import type { LogQuery } from "../logs/logs.ts";
import type { LogConfig } from "../model/container.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";
import { logFolder } from "./folders.ts";

/**
 * Texts of spec/grpc-api.md §8 (Logs). A following goes on over ends and starts of the container, and over a replacement that
 * moves its log; it ends with the removal. One of a container that was never started waits for its first output.
 */
export async function* readLogs(
  ctx: Context,
  id: string,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const entry = ctx.roster.require(id);
  if (query.followUntil !== undefined) {
    yield* follow(ctx, entry, { ...query, followUntil: query.followUntil }, signal);
    return;
  }
  if (entry.container.state.status === "Created") {
    throw new SupercargoError("SC_CONTAINER_STATE", `there are no logs for container with status "Created"`, {
      fields: { container: id },
    });
  }
  yield* read(ctx, entry, query, signal);
}

function read(ctx: Context, { id, container }: Entry, query: LogQuery, signal: AbortSignal) {
  return ctx.parts.logs.read(id, container.hostConfig.logConfig, logFolder(ctx, id), query, signal);
}

async function* follow(
  ctx: Context,
  entry: Entry,
  query: LogQuery & { readonly followUntil: AbortSignal },
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let { tail } = query;
  const isThere = () => ctx.roster.get(entry.id) === entry;
  while (isThere() && !query.followUntil.aborted) {
    const moved = new AbortController();
    const place = placeOf(entry.container.hostConfig.logConfig);
    const forget = ctx.hub.subscribe(() => {
      if (!isThere() || placeOf(entry.container.hostConfig.logConfig) !== place) moved.abort();
    });
    try {
      const followUntil = AbortSignal.any([moved.signal, query.followUntil]);
      yield* read(ctx, entry, { ...query, tail, followUntil }, signal);
    } finally {
      forget();
    }
    tail = -1;
  }
}

/** What decides in which file the output lies. */
function placeOf({ driver }: LogConfig): string {
  return `${driver.type} ${driver.rootDir}`;
}
