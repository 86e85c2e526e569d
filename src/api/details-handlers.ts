/** What our daemon knows of containers beyond the form of the peer. */

import { formatStamp } from "../base/clock.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import type { ContainerDetails, DueRestart } from "../model/details.ts";
import type { Health } from "../model/extras.ts";
import type { HealthReport } from "../model/health.ts";
import { answering } from "./answering.ts";
import { extrasToWire } from "./extras-wire.ts";
import { type ContainerDetails as WireDetails, Health as WireHealth } from "./gen/supercargo/v1/details.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import type { ServiceParts } from "./service-parts.ts";
import { containerToWire } from "./to-wire.ts";

const HEALTHS: Readonly<Record<Health, WireHealth>> = {
  starting: WireHealth.STARTING,
  healthy: WireHealth.HEALTHY,
  unhealthy: WireHealth.UNHEALTHY,
};

function restartToWire({ reason, inMs, waitMs }: DueRestart) {
  const nextTry = formatStamp(BigInt(Date.now() + inMs) * 1_000_000n);
  return { reason, inMs: BigInt(inMs), nextTry, waitMs: BigInt(waitMs) };
}

function reportToWire({ since, failingStreak, lastProbe }: HealthReport) {
  const probe = lastProbe && {
    time: lastProbe.at,
    tookMs: BigInt(lastProbe.tookMs),
    success: lastProbe.isSuccess,
    output: lastProbe.output,
  };
  return { since, failingStreak, lastProbe: probe };
}

function detailsToWire(details: ContainerDetails): WireDetails {
  const { container, origin, imageDigest, published, restart, blocked, health } = details;
  return {
    container: containerToWire(container),
    origin,
    imageDigest,
    published: published.map((port) => ({ ...port })),
    restart: restart && restartToWire(restart),
    blocked: blocked ?? "",
    health: health === undefined ? WireHealth.HEALTH_UNSPECIFIED : HEALTHS[health.status],
    healthReport: health && reportToWire(health),
    labels: { ...container.extras?.labels },
    extras: container.extras && extrasToWire(container.extras),
  };
}

export function detailsHandlers({
  keeper,
  whenReady,
}: Pick<ServiceParts, "keeper" | "whenReady">): Pick<HandlersOf<typeof SupercargoDefinition>, "details"> {
  return {
    details: ({ ids }, { signal }) =>
      answering(async () => {
        await whenReady(signal);
        const wanted = ids.length === 0 ? keeper.list().map(({ id }) => id) : ids;
        return { containers: wanted.map((id) => detailsToWire(keeper.details(id))) };
      }),
  };
}
