/** What is lost with a container that is replaced: its own layers, where it wrote what no mount keeps. */

import { describeError, SupercargoError } from "../errors/error.ts";
import type { WrittenLayers } from "../model/replace.ts";
import type { Context } from "./context.ts";
import { type Entry, snapshotKey } from "./entry.ts";

/** Of a container that has been stopped. undefined when it cannot be told, which is no reason to fail. */
export async function writtenBy(ctx: Context, entry: Entry): Promise<WrittenLayers | undefined> {
  const { engine, log } = ctx.parts;
  try {
    return await engine.writtenLayers(snapshotKey(entry.id), entry.savedSnapshots.size + 1, ctx.lifetime);
  } catch (thrown) {
    if (!(thrown instanceof SupercargoError)) throw thrown;
    log.debug("what a container has written cannot be told", {
      container: entry.id,
      reason: describeError(thrown),
    });
    return undefined;
  }
}
