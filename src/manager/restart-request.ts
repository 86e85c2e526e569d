/**
 * A restart that somebody asks for, as one piece: no other request comes in between, a caller that leaves does not leave the
 * container down, and it is never noted as stopped by hand. The peer has only the empty rpc (spec/engine.md §22.8).
 */

import { isActive } from "../model/state.ts";
import type { Context } from "./context.ts";
import { type Endings, haltOptions } from "./ending.ts";
import type { Entry } from "./entry.ts";
import { checkStartable } from "./starter.ts";
import type { Starts } from "./starts.ts";

/** As a stop by default, and killed after the timeout. */
const STOP = { timeoutSeconds: 0, force: true, signal: "" } as const;

/** Inside a job of the id. One that does not run is started. Throws what the stop or the start throws. */
export async function restart(ctx: Context, endings: Endings, starts: Starts, entry: Entry): Promise<void> {
  const { run } = entry;
  if (run === undefined || !isActive(entry.container.state.status)) {
    checkStartable(entry.container);
    await starts.asked(entry);
    return;
  }
  await endings.halt(entry, run, haltOptions(ctx, STOP));
  entry.probation?.takenOver("restarted by a request");
  await starts.asked(entry, true);
}
