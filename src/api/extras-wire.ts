/** Extras between the vocabulary of the house and the messages of our extension service. */

import { SupercargoError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import type { Extras, Healthcheck, Probe, PullPolicy } from "../model/extras.ts";
import { type LiveLimits, tidyExtras } from "../model/extras-rules.ts";
import type {
  Extras as WireExtras,
  Healthcheck as WireHealthcheck,
  LiveLimits as WireLimits,
} from "./gen/supercargo/v1/extras.ts";

/** What does not fit a number exactly is held at its limit, which no rule allows. */
function bounded(value: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > most ? most : value < -most ? -most : value);
}

export function extrasToWire(extras: Extras): WireExtras {
  const { entrypoint, healthcheck } = extras;
  return {
    readOnlyRoot: extras.readOnlyRoot ?? false,
    readOnlyMounts: [...(extras.readOnlyMounts ?? [])],
    user: extras.user ?? "",
    workingDir: extras.workingDir ?? "",
    entrypoint: entrypoint && { args: [...entrypoint] },
    cpus: extras.cpus ?? 0,
    pidsLimit: BigInt(extras.pidsLimit ?? 0),
    sysctls: { ...extras.sysctls },
    ulimits: (extras.ulimits ?? []).map(({ name, soft, hard }) => ({
      name,
      soft: BigInt(soft),
      hard: BigInt(hard),
    })),
    seccompProfile: extras.seccompProfile ?? "",
    apparmorProfile: extras.apparmorProfile ?? "",
    noNewPrivileges: extras.noNewPrivileges,
    labels: { ...extras.labels },
    pullPolicy: extras.pullPolicy ?? "",
    healthcheck: healthcheck && healthcheckToWire(healthcheck),
  };
}

/** A container of the peer's form as our daemon knows it. */
export function withExtras(container: Container, extras: Extras | undefined): Container {
  return extras === undefined ? container : { ...container, extras };
}

/** Values are not checked here: unknown words go on to the rules, which refuse them with their own text. */
export function extrasFromWire(wire: WireExtras | undefined): Extras | undefined {
  if (wire === undefined) return undefined;
  return tidyExtras({
    readOnlyRoot: wire.readOnlyRoot,
    readOnlyMounts: wire.readOnlyMounts,
    user: wire.user,
    workingDir: wire.workingDir,
    entrypoint: wire.entrypoint?.args,
    cpus: wire.cpus,
    pidsLimit: bounded(wire.pidsLimit),
    sysctls: wire.sysctls,
    ulimits: wire.ulimits.map(({ name, soft, hard }) => ({ name, soft: bounded(soft), hard: bounded(hard) })),
    seccompProfile: wire.seccompProfile,
    apparmorProfile: wire.apparmorProfile,
    noNewPrivileges: wire.noNewPrivileges,
    labels: wire.labels,
    pullPolicy: wire.pullPolicy === "" ? undefined : (wire.pullPolicy as PullPolicy),
    healthcheck: wire.healthcheck && healthcheckFromWire(wire.healthcheck),
  });
}

function healthcheckToWire({ probe, ...rest }: Healthcheck): WireHealthcheck {
  return {
    exec: probe.kind === "exec" ? { command: [...probe.command] } : undefined,
    http: probe.kind === "http" ? { port: probe.port, path: probe.path } : undefined,
    tcp: probe.kind === "tcp" ? { port: probe.port } : undefined,
    intervalMs: BigInt(Math.round(rest.intervalMs)),
    timeoutMs: BigInt(Math.round(rest.timeoutMs)),
    retries: rest.retries,
    startPeriodMs: BigInt(Math.round(rest.startPeriodMs)),
    onUnhealthy: rest.onUnhealthy,
  };
}

function healthcheckFromWire(wire: WireHealthcheck): Healthcheck {
  return {
    probe: probeFromWire(wire),
    intervalMs: bounded(wire.intervalMs),
    timeoutMs: bounded(wire.timeoutMs),
    retries: wire.retries,
    startPeriodMs: bounded(wire.startPeriodMs),
    onUnhealthy: wire.onUnhealthy === "" ? "none" : (wire.onUnhealthy as Healthcheck["onUnhealthy"]),
  };
}

function probeFromWire({ exec, http, tcp }: WireHealthcheck): Probe {
  if (exec !== undefined) return { kind: "exec", command: exec.command };
  if (http !== undefined) return { kind: "http", port: http.port, path: http.path };
  if (tcp !== undefined) return { kind: "tcp", port: tcp.port };
  throw new SupercargoError("SC_CONTAINER_INVALID", "the healthcheck has no probe", {
    hint: "give one of exec, http and tcp",
    fields: { key: "healthcheck" },
  });
}

export function limitsToWire({ cpus, pidsLimit }: LiveLimits): WireLimits {
  return { cpus: cpus ?? 0, pidsLimit: BigInt(pidsLimit ?? 0) };
}

export function limitsFromWire({ cpus, pidsLimit }: WireLimits): LiveLimits {
  const tidy = tidyExtras({ cpus, pidsLimit: bounded(pidsLimit) });
  return { cpus: tidy?.cpus, pidsLimit: tidy?.pidsLimit };
}
