/** What the manager can tell of a container beyond its stored form. */

import type { ContainerDetails, DueRestart, PublishedPort } from "../model/details.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";
import { isRecord, storedImage } from "./stored-image.ts";

export function detailsOf(ctx: Context, entry: Entry): ContainerDetails {
  const { container, additions, blocked } = entry;
  const restart = dueRestart(ctx, entry);
  const health = ctx.health.get(entry.id);
  return {
    container,
    origin: additions.origin,
    imageDigest: storedImage(additions)?.digest ?? "",
    published: entry.run === undefined ? [] : publishedPorts(additions.values["published"]),
    ...(restart === undefined ? {} : { restart }),
    ...(health === undefined ? {} : { health }),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

function dueRestart(ctx: Context, { restart }: Entry): DueRestart | undefined {
  if (restart === undefined) return undefined;
  const { reason, waitMs, dueAtMs } = restart;
  return { reason, waitMs, inMs: Math.max(0, Math.round(dueAtMs - ctx.parts.clock.nowMs())) };
}

/** As the network room gave them; what a stored file holds instead is left out. */
function publishedPorts(value: unknown): readonly PublishedPort[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((port: unknown) => {
    if (!isRecord(port)) return [];
    const { protocol, hostIp, hostPort, containerPort } = port;
    if (typeof protocol !== "string" || typeof hostIp !== "string") return [];
    if (typeof hostPort !== "number" || typeof containerPort !== "number") return [];
    return [{ protocol, hostIp, hostPort, containerPort }];
  });
}
