/** The vocabulary of the house to messages of the API (spec/grpc-api.md §4, §13). */

import type {
  Container,
  DesiredContainer,
  Resources,
  RestartPolicy,
  StopOptions,
} from "../model/container.ts";
import { withoutPassword } from "../model/decrypt-key.ts";
import { flagsOf } from "../model/state.ts";
import type { Container as WireContainer } from "./gen/api/types/containers/container.ts";
import type { HostConfig as WireHostConfig } from "./gen/api/types/containers/host_config.ts";
import type { Resources as WireResources } from "./gen/api/types/containers/resources.ts";
import type { RestartPolicy as WireRestartPolicy } from "./gen/api/types/containers/restart_policy.ts";
import type { State as WireState } from "./gen/api/types/containers/state.ts";
import type { StopOptions as WireStopOptions } from "./gen/api/types/containers/stop_options.ts";

const NANOS_PER_SECOND = 1_000_000_000n;

/** Parts of a second are cut, as the peer does. */
export function restartPolicyToWire(policy: RestartPolicy): WireRestartPolicy {
  return {
    type: policy.type,
    maximumRetryCount: BigInt(policy.maximumRetryCount),
    retryTimeout: policy.retryTimeoutNanos / NANOS_PER_SECOND,
  };
}

export function resourcesToWire(resources: Resources): WireResources {
  return { ...resources };
}

export function stopOptionsToWire(options: StopOptions): WireStopOptions {
  return { timeout: BigInt(options.timeoutSeconds), force: options.force, signal: options.signal };
}

function hostConfig(container: DesiredContainer): WireHostConfig {
  const { logConfig, restartPolicy, resources, ...rest } = container.hostConfig;
  return {
    networkMode: rest.networkMode,
    privileged: rest.privileged,
    runtime: rest.runtime,
    devices: rest.devices.map((device) => ({ ...device })),
    extraHosts: [...rest.extraHosts],
    extraCapabilities: [...rest.extraCapabilities],
    portMappings: rest.portMappings.map((mapping) => ({
      protocol: mapping.protocol,
      hostIp: mapping.hostIp,
      hostPort: BigInt(mapping.hostPort),
      hostPortEnd: BigInt(mapping.hostPortEnd),
      containerPort: BigInt(mapping.containerPort),
    })),
    restartPolicy: restartPolicyToWire(restartPolicy),
    logConfig: {
      driverConfig: { ...logConfig.driver, maxFiles: BigInt(logConfig.driver.maxFiles) },
      modeConfig: { ...logConfig.mode },
    },
    resources: resources && resourcesToWire(resources),
  };
}

/** A wish for Create and Replace: no state, no paths. */
export function desiredToWire(desired: DesiredContainer): WireContainer {
  const decrypt = desired.image.decryptConfig;
  return {
    id: desired.id,
    name: desired.name,
    image: {
      name: desired.image.name,
      decryptConfig: decrypt && { keys: [...decrypt.keys], recipients: [...decrypt.recipients] },
    },
    hostName: desired.hostName,
    domainName: desired.domainName,
    resolvConfPath: "",
    hostsPath: "",
    hostnamePath: "",
    mounts: desired.mounts.map((mount) => ({ ...mount })),
    hooks: desired.hooks.map((hook) => ({
      path: hook.path,
      args: [...hook.args],
      env: [...hook.env],
      timeout: hook.timeoutSeconds,
      type: hook.type,
    })),
    hostConfig: hostConfig(desired),
    ioConfig: { ...desired.ioConfig },
    config: desired.config && { env: [...desired.config.env], cmd: [...desired.config.cmd] },
    networkSettings: undefined,
    state: undefined,
    created: "",
    manuallyStopped: false,
    restartCount: 0n,
  };
}

function state(container: Container): WireState {
  const { status, pid, exitCode, startedAt, finishedAt, error, oomKilled } = container.state;
  return {
    ...flagsOf(status),
    status,
    pid: BigInt(pid),
    exitCode: BigInt(exitCode),
    startedAt,
    finishedAt,
    error,
    oomKilled,
  };
}

/** A container with everything set that the peer's clients read unchecked (spec/grpc-api.md §13.10). */
export function containerToWire(container: Container): WireContainer {
  const settings = container.networkSettings;
  const wish = desiredToWire(container);
  const { decryptConfig } = container.image;
  return {
    ...wish,
    image: {
      name: container.image.name,
      // Whoever may ask is not therefore told what opens a key.
      decryptConfig: decryptConfig && {
        keys: decryptConfig.keys.map(withoutPassword),
        recipients: [...decryptConfig.recipients],
      },
    },
    resolvConfPath: container.resolvConfPath,
    hostsPath: container.hostsPath,
    hostnamePath: container.hostnamePath,
    networkSettings: settings && {
      networks: Object.fromEntries(
        Object.entries(settings.networks).map(([name, value]) => [name, { ...value }]),
      ),
      sandboxId: settings.sandboxId,
      sandboxKey: settings.sandboxKey,
      networkControllerId: settings.networkControllerId,
    },
    state: state(container),
    created: container.created,
    manuallyStopped: container.manuallyStopped,
    restartCount: BigInt(container.restartCount),
  };
}
