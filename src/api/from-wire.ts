/** Messages of the API to the vocabulary of the house. Spelling and units of the wire end here (spec/grpc-api.md §4). */

import { SupercargoError } from "../errors/error.ts";
import type {
  Container,
  Hook,
  HookType,
  Image,
  NetworkSettings,
  Resources,
  RestartPolicy,
  State,
  Status,
  StopOptions,
} from "../model/container.ts";
import { STATUSES } from "../model/container.ts";
import { type ContainerWish, fillDefaults, type HostConfigWish } from "../model/defaults.ts";
import type { Container as WireContainer } from "./gen/api/types/containers/container.ts";
import type { Hook as WireHook } from "./gen/api/types/containers/hook.ts";
import type { HostConfig as WireHostConfig } from "./gen/api/types/containers/host_config.ts";
import type { Image as WireImage } from "./gen/api/types/containers/image.ts";
import type { NetworkSettings as WireNetworkSettings } from "./gen/api/types/containers/network_settings.ts";
import type { Resources as WireResources } from "./gen/api/types/containers/resources.ts";
import type { RestartPolicy as WireRestartPolicy } from "./gen/api/types/containers/restart_policy.ts";
import type { State as WireState } from "./gen/api/types/containers/state.ts";
import type { StopOptions as WireStopOptions } from "./gen/api/types/containers/stop_options.ts";

const NANOS_PER_SECOND = 1_000_000_000n;

/** Seconds and counts of the wire are 64 bits wide; what does not fit a number exactly is held at its limit. */
function bounded(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  if (value < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER;
  return Number(value);
}

function hookType(text: string): HookType {
  return text === "Prestart" || text === "Poststart" || text === "Poststop" ? text : "Unknown";
}

function hook(wire: WireHook): Hook {
  return {
    path: wire.path,
    args: wire.args,
    env: wire.env,
    timeoutSeconds: wire.timeout,
    type: hookType(wire.type),
  };
}

function image(wire: WireImage): Image {
  const decrypt = wire.decryptConfig;
  return {
    name: wire.name,
    ...(decrypt === undefined
      ? {}
      : { decryptConfig: { keys: decrypt.keys, recipients: decrypt.recipients } }),
  };
}

export function restartPolicyFromWire(wire: WireRestartPolicy): RestartPolicy {
  return {
    type: wire.type,
    maximumRetryCount: bounded(wire.maximumRetryCount),
    retryTimeoutNanos: wire.retryTimeout * NANOS_PER_SECOND,
  };
}

export function resourcesFromWire(wire: WireResources): Resources {
  return { memory: wire.memory, memoryReservation: wire.memoryReservation, memorySwap: wire.memorySwap };
}

export function stopOptionsFromWire(wire: WireStopOptions | undefined): StopOptions | undefined {
  return wire === undefined
    ? undefined
    : { timeoutSeconds: bounded(wire.timeout), force: wire.force, signal: wire.signal };
}

function hostConfig(wire: WireHostConfig): HostConfigWish {
  const { driverConfig: driver, modeConfig: mode } = wire.logConfig ?? {};
  return {
    devices: wire.devices,
    networkMode: wire.networkMode,
    privileged: wire.privileged,
    restartPolicy: wire.restartPolicy && restartPolicyFromWire(wire.restartPolicy),
    runtime: wire.runtime,
    extraHosts: wire.extraHosts,
    extraCapabilities: wire.extraCapabilities,
    portMappings: wire.portMappings.map((mapping) => ({
      protocol: mapping.protocol,
      hostIp: mapping.hostIp,
      hostPort: bounded(mapping.hostPort),
      hostPortEnd: bounded(mapping.hostPortEnd),
      containerPort: bounded(mapping.containerPort),
    })),
    logConfig: {
      driver: driver && {
        type: driver.type,
        maxFiles: bounded(driver.maxFiles),
        maxSize: driver.maxSize,
        rootDir: driver.rootDir,
      },
      mode,
    },
    resources: wire.resources && resourcesFromWire(wire.resources),
  };
}

/** What a client may say of a container that shall be made; paths, state and counts that it sends are not taken over. */
export function wishFromWire(wire: WireContainer): ContainerWish {
  return {
    id: wire.id,
    name: wire.name,
    image: wire.image && image(wire.image),
    hostName: wire.hostName,
    domainName: wire.domainName,
    mounts: wire.mounts,
    hooks: wire.hooks.map(hook),
    hostConfig: wire.hostConfig && hostConfig(wire.hostConfig),
    ioConfig: wire.ioConfig,
    config: wire.config,
  };
}

function isStatus(text: string): text is Status {
  return (STATUSES as readonly string[]).includes(text);
}

function state(wire: WireState | undefined): State {
  const status = wire?.status ?? "";
  return {
    status: isStatus(status) ? status : "Unknown",
    pid: wire === undefined ? -1 : bounded(wire.pid),
    startedAt: wire?.startedAt ?? "",
    finishedAt: wire?.finishedAt ?? "",
    exitCode: bounded(wire?.exitCode ?? 0n),
    error: wire?.error ?? "",
    oomKilled: wire?.oomKilled ?? false,
  };
}

function networkSettings(wire: WireNetworkSettings): NetworkSettings {
  return {
    networks: wire.networks,
    sandboxId: wire.sandboxId,
    sandboxKey: wire.sandboxKey,
    networkControllerId: wire.networkControllerId,
  };
}

/** A container as a daemon answers it; `startedSuccessfullyBefore` is not on the wire and false here. */
export function containerFromWire(wire: WireContainer): Container {
  const desired = fillDefaults(wishFromWire(wire));
  return {
    ...desired,
    id: wire.id,
    name: wire.name,
    resolvConfPath: wire.resolvConfPath,
    hostsPath: wire.hostsPath,
    hostnamePath: wire.hostnamePath,
    ...(wire.networkSettings === undefined ? {} : { networkSettings: networkSettings(wire.networkSettings) }),
    state: state(wire.state),
    created: wire.created,
    manuallyStopped: wire.manuallyStopped,
    restartCount: bounded(wire.restartCount),
    startedSuccessfullyBefore: false,
  };
}

/** The container of an answer; a daemon that answers well sends one. */
export function answeredContainer(container: WireContainer | undefined, address: string): Container {
  if (container !== undefined) return containerFromWire(container);
  throw new SupercargoError("SC_CALL_FAILED", `${address} answered without a container`);
}
