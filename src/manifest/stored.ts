/**
 * The stored form of a container: Kanto's `config.json` and the answer of `kanto-cm get` (spec/manifest.md §2).
 * Key order, what is left out when empty, and nulls are the peer's, so that its files come back byte for byte.
 */

import { type JsonValue, printJson } from "../base/json/print.ts";
import {
  type Container,
  type EndpointSettings,
  type HookType,
  type HostConfig,
  type NetworkSettings,
  type Resources,
  STATUSES,
  type State,
} from "../model/container.ts";
import { flagsOf } from "../model/state.ts";

type Values = { readonly [key: string]: JsonValue };

/** Numbers of hook types in the stored form and in manifests. */
export const HOOK_TYPES: readonly HookType[] = ["Prestart", "Poststart", "Poststop", "Unknown"];

/** Go's slices without entries are null in the peer's files. */
function orNull<T>(items: readonly T[], encode: (item: T) => JsonValue): JsonValue {
  return items.length === 0 ? null : items.map(encode);
}

/** A member that is left out when empty. */
function unlessEmpty(key: string, value: string | number | readonly string[]): Values {
  const isEmpty = value === 0 || (typeof value !== "number" && value.length === 0);
  return isEmpty ? {} : { [key]: value };
}

function same(text: string): JsonValue {
  return text;
}

function image(container: Container): Values {
  const decrypt = container.image.decryptConfig;
  if (decrypt === undefined) return { name: container.image.name };
  const decryptConfig = {
    ...unlessEmpty("keys", decrypt.keys),
    ...unlessEmpty("recipients", decrypt.recipients),
  };
  return { name: container.image.name, decrypt_config: decryptConfig };
}

function resources(limits: Resources | undefined): JsonValue {
  if (limits === undefined) return null;
  return {
    ...unlessEmpty("memory", limits.memory),
    ...unlessEmpty("memory_reservation", limits.memoryReservation),
    ...unlessEmpty("memory_swap", limits.memorySwap),
  };
}

function hostConfig(host: HostConfig): Values {
  const { driver, mode } = host.logConfig;
  return {
    devices: orNull(host.devices, (device) => ({
      path_on_host: device.pathOnHost,
      path_in_container: device.pathInContainer,
      cgroup_permissions: device.cgroupPermissions,
    })),
    network_mode: host.networkMode,
    privileged: host.privileged,
    restart_policy: {
      maximum_retry_count: host.restartPolicy.maximumRetryCount,
      retry_timeout: host.restartPolicy.retryTimeoutNanos,
      type: host.restartPolicy.type,
    },
    runtime: host.runtime,
    extra_hosts: orNull(host.extraHosts, same),
    extra_capabilities: orNull(host.extraCapabilities, same),
    port_mappings: orNull(host.portMappings, (port) => ({
      proto: port.protocol,
      container_port: port.containerPort,
      host_ip: port.hostIp,
      host_port: port.hostPort,
      host_port_end: port.hostPortEnd,
    })),
    log_config: {
      driver_config: {
        ...unlessEmpty("type", driver.type),
        ...unlessEmpty("max_files", driver.maxFiles),
        ...unlessEmpty("max_size", driver.maxSize),
        ...unlessEmpty("root_dir", driver.rootDir),
      },
      mode_config: {
        ...unlessEmpty("mode", mode.mode),
        ...unlessEmpty("max_buffer_size", mode.maxBufferSize),
      },
    },
    resources: resources(host.resources),
  };
}

function endpoint(settings: EndpointSettings): Values {
  return {
    ...unlessEmpty("id", settings.id),
    gateway: settings.gateway,
    ip_address: settings.ipAddress,
    mac_address: settings.macAddress,
    ...unlessEmpty("network_id", settings.networkId),
  };
}

function networkSettings(settings: NetworkSettings | undefined): JsonValue {
  if (settings === undefined) return null;
  const networks = Object.entries(settings.networks).map(([name, one]) => [name, endpoint(one)] as const);
  return {
    networks: Object.fromEntries(networks),
    ...unlessEmpty("sandbox_id", settings.sandboxId),
    ...unlessEmpty("sandbox_key", settings.sandboxKey),
    ...unlessEmpty("network_controller_id", settings.networkControllerId),
  };
}

function stateValues(state: State): Values {
  const flags = flagsOf(state.status);
  return {
    pid: state.pid,
    started_at: state.startedAt,
    error: state.error,
    exit_code: state.exitCode,
    finished_at: state.finishedAt,
    exited: flags.exited,
    dead: flags.dead,
    restarting: flags.restarting,
    paused: flags.paused,
    running: flags.running,
    oomKilled: state.oomKilled,
    status: STATUSES.indexOf(state.status),
  };
}

/** The container as the peer's JSON values, keys in its order. */
export function toStoredValues(container: Container): JsonValue {
  const { config, ioConfig: io } = container;
  return {
    container_id: container.id,
    container_name: container.name,
    image: image(container),
    domain_name: container.domainName,
    host_name: container.hostName,
    ...unlessEmpty("resolv_conf_path", container.resolvConfPath),
    ...unlessEmpty("hosts_path", container.hostsPath),
    ...unlessEmpty("hostname_path", container.hostnamePath),
    mount_points: orNull(container.mounts, (mount) => ({
      destination: mount.destination,
      source: mount.source,
      propagation_mode: mount.propagationMode,
    })),
    hooks: orNull(container.hooks, (hook) => ({
      path: hook.path,
      args: orNull(hook.args, same),
      env: orNull(hook.env, same),
      timeout: hook.timeoutSeconds,
      type: HOOK_TYPES.indexOf(hook.type),
    })),
    config:
      config === undefined ? null : { ...unlessEmpty("env", config.env), ...unlessEmpty("cmd", config.cmd) },
    host_config: hostConfig(container.hostConfig),
    io_config: {
      attach_stderr: io.attachStderr,
      attach_stdin: io.attachStdin,
      attach_stdout: io.attachStdout,
      open_stdin: io.openStdin,
      stdin_once: io.stdinOnce,
      tty: io.tty,
    },
    network_settings: networkSettings(container.networkSettings),
    state: stateValues(container.state),
    ...unlessEmpty("created", container.created),
    restart_count: container.restartCount,
    manually_stopped: container.manuallyStopped,
    started_successfully_before: container.startedSuccessfullyBefore,
  };
}

/** One line without `indent`; `kanto-cm get` prints with three blanks. No line end behind it. */
export function toStoredJson(container: Container, indent = ""): string {
  return printJson(toStoredValues(container), indent);
}
