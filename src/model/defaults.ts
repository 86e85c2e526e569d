/**
 * What is filled in when a wish leaves it out (spec/grpc-api.md §6).
 *
 * `fillDefaults` (steps 2-12) may run any number of times. `withDefaults` adds the id and the swap rule (step 13) and
 * must run exactly once, by whoever makes the container: a swap of `-1` is stored as empty, and empty is doubled memory.
 */

import type {
  ContainerConfig,
  DesiredContainer,
  HostConfig,
  Image,
  IoConfig,
  LogConfig,
  LogDriver,
  LogModeConfig,
  Resources,
  RestartPolicy,
} from "./container.ts";
import { tidyExtras } from "./extras-rules.ts";
import { defaultHostName } from "./names.ts";
import { doubledSize } from "./size.ts";

export const DEFAULT_RUNTIME = "io.containerd.runc.v2";
export const DEFAULT_LOG_SIZE = "100M";
export const DEFAULT_LOG_FILES = 2;
export const DEFAULT_LOG_BUFFER = "1M";
export const DEFAULT_RESTART_POLICY: RestartPolicy = {
  type: "unless-stopped",
  maximumRetryCount: 0,
  retryTimeoutNanos: 0n,
};
export const NO_IO: IoConfig = {
  attachStderr: false,
  attachStdin: false,
  attachStdout: false,
  openStdin: false,
  stdinOnce: false,
  tty: false,
};

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

export interface LogConfigWish {
  readonly driver?: Loose<LogDriver> | undefined;
  readonly mode?: Loose<LogModeConfig> | undefined;
}

/** `restartPolicy` present with an empty type is a mistake that validation names, absent is the default. */
export type HostConfigWish = Loose<Omit<HostConfig, "logConfig">> & {
  readonly logConfig?: LogConfigWish | undefined;
};

/** A wish in which anything but the image can be missing; empty texts count as missing. A DesiredContainer is one too. */
export type ContainerWish = Loose<Omit<DesiredContainer, "hostConfig" | "image" | "ioConfig" | "config">> & {
  readonly image?: Image | undefined;
  readonly hostConfig?: HostConfigWish | undefined;
  readonly ioConfig?: Loose<IoConfig> | undefined;
  readonly config?: Loose<ContainerConfig> | undefined;
};

function orElse(text: string | undefined, fallback: string): string {
  return text === undefined || text === "" ? fallback : text;
}

function logDriver(wish: Loose<LogDriver> | undefined): LogDriver {
  const type = orElse(wish?.type, "json-file");
  const rootDir = wish?.rootDir ?? "";
  if (type === "none") return { type, maxFiles: 0, maxSize: "", rootDir };
  const given = { type, maxFiles: wish?.maxFiles ?? 0, maxSize: wish?.maxSize ?? "", rootDir };
  // An unknown driver keeps what was given, so that validation refuses it and nothing else.
  if (type !== "json-file") return given;
  return {
    ...given,
    maxFiles: given.maxFiles === 0 ? DEFAULT_LOG_FILES : given.maxFiles,
    maxSize: orElse(given.maxSize, DEFAULT_LOG_SIZE),
  };
}

function logMode(wish: Loose<LogModeConfig> | undefined): LogModeConfig {
  const mode = orElse(wish?.mode, "blocking");
  const buffer = wish?.maxBufferSize ?? "";
  if (mode === "blocking") return { mode, maxBufferSize: "" };
  return { mode, maxBufferSize: mode === "non-blocking" ? orElse(buffer, DEFAULT_LOG_BUFFER) : buffer };
}

/** Step 5 alone. */
export function logConfigWithDefaults(wish: LogConfigWish | undefined): LogConfig {
  return { driver: logDriver(wish?.driver), mode: logMode(wish?.mode) };
}

/** All limits empty is the same as no limits. */
export function tidyResources(resources: Resources | undefined): Resources | undefined {
  if (resources === undefined) return undefined;
  const { memory, memoryReservation, memorySwap } = resources;
  return memory === "" && memoryReservation === "" && memorySwap === "" ? undefined : resources;
}

function hostConfig(wish: HostConfigWish | undefined): HostConfig {
  const resources = tidyResources(wish?.resources);
  return {
    devices: (wish?.devices ?? []).map((device) => ({
      pathOnHost: device.pathOnHost,
      pathInContainer: orElse(device.pathInContainer, device.pathOnHost),
      cgroupPermissions: orElse(device.cgroupPermissions, "rwm"),
    })),
    networkMode: orElse(wish?.networkMode, "bridge"),
    privileged: wish?.privileged ?? false,
    restartPolicy: wish?.restartPolicy ?? DEFAULT_RESTART_POLICY,
    runtime: orElse(wish?.runtime, DEFAULT_RUNTIME),
    extraHosts: wish?.extraHosts ?? [],
    extraCapabilities: wish?.extraCapabilities ?? [],
    portMappings: (wish?.portMappings ?? []).map((port) => ({
      protocol: orElse(port.protocol, "tcp"),
      hostIp: orElse(port.hostIp, "0.0.0.0"),
      hostPort: port.hostPort,
      hostPortEnd: port.hostPortEnd === 0 ? port.hostPort : port.hostPortEnd,
      containerPort: port.containerPort,
    })),
    logConfig: logConfigWithDefaults(wish?.logConfig),
    ...(resources === undefined ? {} : { resources }),
  };
}

function ioConfig(wish: Loose<IoConfig> | undefined): IoConfig {
  return {
    attachStderr: wish?.attachStderr ?? false,
    attachStdin: wish?.attachStdin ?? false,
    attachStdout: wish?.attachStdout ?? false,
    openStdin: wish?.openStdin ?? false,
    stdinOnce: wish?.stdinOnce ?? false,
    tty: wish?.tty ?? false,
  };
}

/** Steps 2-12: everything but the id and the swap rule. A wish without id and name keeps its names empty. */
export function fillDefaults(wish: ContainerWish): DesiredContainer {
  const id = wish.id ?? "";
  const name = orElse(wish.name, id);
  const named = name !== "";
  const extras = tidyExtras(wish.extras);
  return {
    id,
    name,
    image: wish.image ?? { name: "" },
    domainName: orElse(wish.domainName, named ? `${name}-domain` : ""),
    hostName: orElse(wish.hostName, named ? defaultHostName(name) : ""),
    mounts: (wish.mounts ?? []).map((mount) => ({
      source: mount.source,
      destination: mount.destination,
      propagationMode: orElse(mount.propagationMode, "rprivate"),
    })),
    hooks: wish.hooks ?? [],
    hostConfig: hostConfig(wish.hostConfig),
    ioConfig: ioConfig(wish.ioConfig),
    ...(wish.config === undefined
      ? {}
      : { config: { env: wish.config.env ?? [], cmd: wish.config.cmd ?? [] } }),
    ...(extras === undefined ? {} : { extras }),
  };
}

/** Step 13: memory without swap gets twice the memory, `-1` is stored as empty. A text that is no size stays for validation. */
export function applySwapRule(resources: Resources | undefined): Resources | undefined {
  if (resources === undefined) return undefined;
  if (resources.memorySwap === "-1") return tidyResources({ ...resources, memorySwap: "" });
  if (resources.memory === "" || resources.memorySwap !== "") return resources;
  return { ...resources, memorySwap: doubledSize(resources.memory) ?? "" };
}

function replaceResources(desired: DesiredContainer, resources: Resources | undefined): DesiredContainer {
  const { resources: _, ...rest } = desired.hostConfig;
  return { ...desired, hostConfig: resources === undefined ? rest : { ...rest, resources } };
}

/** Step 13 on a whole wish: what the stored container will hold. */
export function withSwapRule(desired: DesiredContainer): DesiredContainer {
  return replaceResources(desired, applySwapRule(desired.hostConfig.resources));
}

/** Steps 1-12 and 13, once, when a container is made. `newId` is asked only when the wish has no id. */
export function withDefaults(wish: ContainerWish, newId: () => string): DesiredContainer {
  const id = wish.id === undefined || wish.id === "" ? newId() : wish.id;
  return withSwapRule(fillDefaults({ ...wish, id }));
}

/** The wish that makes this container again: no swap limit is written as `-1`, so that step 13 does not double it. */
export function toWish(stored: DesiredContainer): DesiredContainer {
  const resources = stored.hostConfig.resources;
  const unlimited = resources !== undefined && resources.memory !== "" && resources.memorySwap === "";
  const desired: DesiredContainer = {
    id: stored.id,
    name: stored.name,
    image: stored.image,
    hostName: stored.hostName,
    domainName: stored.domainName,
    mounts: stored.mounts,
    hooks: stored.hooks,
    hostConfig: stored.hostConfig,
    ioConfig: stored.ioConfig,
    ...(stored.config === undefined ? {} : { config: stored.config }),
    ...(stored.extras === undefined ? {} : { extras: stored.extras }),
  };
  return unlimited ? replaceResources(desired, { ...resources, memorySwap: "-1" }) : desired;
}
