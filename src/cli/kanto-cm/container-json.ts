/** Containers as JSON for programs: what `list --json` and its kin print. Keys are only added, never renamed. */

import type { ContainerDetails } from "../../api/gen/supercargo/v1/details.ts";
import type { Container } from "../../model/container.ts";
import { healthText } from "./details.ts";

/** `details` undefined: Kanto's daemon, which does not know them; those keys are null then. */
export function containerJson(container: Container, details: ContainerDetails | undefined): object {
  const { state } = container;
  return {
    id: container.id,
    name: container.name,
    image: container.image.name,
    status: state.status,
    exit_code: state.exitCode,
    error: state.error,
    oom_killed: state.oomKilled,
    pid: state.pid,
    created: container.created,
    started_at: state.startedAt,
    finished_at: state.finishedAt,
    restart_count: container.restartCount,
    manually_stopped: container.manuallyStopped,
    ports:
      details === undefined
        ? container.hostConfig.portMappings.map(({ protocol, hostIp, hostPort, containerPort }) => ({
            ...{ protocol, host_ip: hostIp, host_port: hostPort, container_port: containerPort },
          }))
        : details.published.map(({ protocol, hostIp, hostPort, containerPort }) => ({
            ...{ protocol, host_ip: hostIp, host_port: hostPort, container_port: containerPort },
          })),
    health: details === undefined ? null : healthText(details),
    origin: details?.origin ?? null,
    image_digest: details?.imageDigest ?? null,
    labels: details?.labels ?? null,
    next_start:
      details?.restart === undefined
        ? null
        : {
            at: details.restart.nextTry,
            in_ms: Number(details.restart.inMs),
            reason: details.restart.reason,
          },
    blocked: details?.blocked ?? null,
  };
}
