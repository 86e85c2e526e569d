/**
 * Reading the stored form back: files of ours, of the peer, and of older versions of both. Keys may be missing (old
 * state), unknown ones are left out as the peer does; a wrong type makes the file unreadable.
 */

import {
  describeKind,
  type JsonNode,
  type JsonObject,
  memberOf,
  type Position,
  wholeNumber,
} from "../base/json/node.ts";
import { parseJson } from "../base/json/parse.ts";
import { SupercargoError } from "../errors/error.ts";
import { type Container, type NetworkSettings, STATUSES, type State } from "../model/container.ts";
import { type ContainerWish, fillDefaults, type HostConfigWish } from "../model/defaults.ts";
import { HOOK_TYPES } from "./stored.ts";

/** More than the largest container that a request of 4 MiB can carry becomes when every character is escaped. */
export const STATE_LIMIT_BYTES = 32 * 1024 * 1024;

/** One object of the file, read by key. */
class Section {
  constructor(
    private readonly node: JsonObject,
    private readonly at: (offset: number) => Position,
    private readonly path: string,
  ) {}

  static of(node: JsonNode, at: (offset: number) => Position, path: string): Section {
    if (node.kind !== "object") throw wrongType(node, at, path, "object");
    return new Section(node, at, path);
  }

  /** null is the same as absent, as in Go. */
  #value(key: string): JsonNode | undefined {
    const value = memberOf(this.node, key)?.value;
    return value === undefined || value.kind === "null" ? undefined : value;
  }

  #key(key: string): string {
    return this.path === "" ? key : `${this.path}.${key}`;
  }

  text(key: string): string {
    const value = this.#value(key);
    if (value === undefined) return "";
    if (value.kind !== "text") throw wrongType(value, this.at, this.#key(key), "text");
    return value.value;
  }

  flag(key: string): boolean {
    const value = this.#value(key);
    if (value === undefined) return false;
    if (value.kind !== "flag") throw wrongType(value, this.at, this.#key(key), "true or false");
    return value.value;
  }

  whole(key: string): bigint {
    const value = this.#value(key);
    const number = value?.kind === "number" ? wholeNumber(value) : undefined;
    if (value === undefined) return 0n;
    if (number === undefined) throw wrongType(value, this.at, this.#key(key), "whole number");
    return number;
  }

  number(key: string): number {
    return Number(this.whole(key));
  }

  child(key: string): Section | undefined {
    const value = this.#value(key);
    return value === undefined ? undefined : Section.of(value, this.at, this.#key(key));
  }

  list<T>(key: string, read: (item: JsonNode, path: string) => T): readonly T[] {
    const value = this.#value(key);
    if (value === undefined) return [];
    if (value.kind !== "list") throw wrongType(value, this.at, this.#key(key), "list");
    return value.items.map((item, index) => read(item, `${this.#key(key)}[${index}]`));
  }

  records<T>(key: string, read: (record: Section) => T): readonly T[] {
    return this.list(key, (item, path) => read(Section.of(item, this.at, path)));
  }

  texts(key: string): readonly string[] {
    return this.list(key, (item, path) => {
      if (item.kind !== "text") throw wrongType(item, this.at, path, "text");
      return item.value;
    });
  }

  /** Every member that is an object, in order. */
  entries<T>(read: (record: Section) => T): readonly (readonly [string, T])[] {
    return this.node.members
      .filter((member) => member.value.kind !== "null")
      .map((member) => [member.key, read(Section.of(member.value, this.at, this.#key(member.key)))] as const);
  }
}

function wrongType(
  node: JsonNode,
  at: (offset: number) => Position,
  path: string,
  expected: string,
): SupercargoError {
  const { line, column } = at(node.offset);
  const where = path === "" ? "the top level" : path;
  const message = `line ${line}, column ${column}: ${expected} expected at ${where}, ${describeKind(node)} found`;
  return new SupercargoError("SC_STATE_UNREADABLE", message, { fields: { line, column, key: path } });
}

/** Throws SC_STATE_UNREADABLE with line and column. Defaults are filled into old state; paths and ids are not checked here. */
export function fromStoredJson(input: Uint8Array | string): Container {
  const parsed = parseJson(input, { limitBytes: STATE_LIMIT_BYTES });
  if (!parsed.ok) {
    const { position, message } = parsed.faults[0];
    const { line, column } = position;
    const text = `line ${line}, column ${column}: ${message}`;
    throw new SupercargoError("SC_STATE_UNREADABLE", text, { fields: { line, column } });
  }
  return container(Section.of(parsed.root, parsed.at, ""));
}

function container(file: Section): Container {
  const settings = networkSettings(file.child("network_settings"));
  return {
    ...fillDefaults(wish(file)),
    resolvConfPath: file.text("resolv_conf_path"),
    hostsPath: file.text("hosts_path"),
    hostnamePath: file.text("hostname_path"),
    ...(settings === undefined ? {} : { networkSettings: settings }),
    state: state(file.child("state")),
    created: file.text("created"),
    restartCount: file.number("restart_count"),
    manuallyStopped: file.flag("manually_stopped"),
    startedSuccessfullyBefore: file.flag("started_successfully_before"),
  };
}

function wish(file: Section): ContainerWish {
  const image = file.child("image");
  const decrypt = image?.child("decrypt_config");
  const io = file.child("io_config");
  const config = file.child("config");
  return {
    id: file.text("container_id"),
    name: file.text("container_name"),
    image: {
      name: image?.text("name") ?? "",
      ...(decrypt === undefined
        ? {}
        : { decryptConfig: { keys: decrypt.texts("keys"), recipients: decrypt.texts("recipients") } }),
    },
    domainName: file.text("domain_name"),
    hostName: file.text("host_name"),
    mounts: file.records("mount_points", (mount) => ({
      source: mount.text("source"),
      destination: mount.text("destination"),
      propagationMode: mount.text("propagation_mode"),
    })),
    hooks: file.records("hooks", (hook) => ({
      path: hook.text("path"),
      args: hook.texts("args"),
      env: hook.texts("env"),
      timeoutSeconds: hook.number("timeout"),
      type: HOOK_TYPES[hook.number("type")] ?? "Unknown",
    })),
    config: config === undefined ? undefined : { env: config.texts("env"), cmd: config.texts("cmd") },
    hostConfig: hostConfig(file.child("host_config")),
    ioConfig: {
      attachStderr: io?.flag("attach_stderr"),
      attachStdin: io?.flag("attach_stdin"),
      attachStdout: io?.flag("attach_stdout"),
      openStdin: io?.flag("open_stdin"),
      stdinOnce: io?.flag("stdin_once"),
      tty: io?.flag("tty"),
    },
  };
}

function hostConfig(host: Section | undefined): HostConfigWish | undefined {
  if (host === undefined) return undefined;
  const policy = host.child("restart_policy");
  const log = host.child("log_config");
  const driver = log?.child("driver_config");
  const mode = log?.child("mode_config");
  const limits = host.child("resources");
  return {
    devices: host.records("devices", (device) => ({
      pathOnHost: device.text("path_on_host"),
      pathInContainer: device.text("path_in_container"),
      cgroupPermissions: device.text("cgroup_permissions"),
    })),
    networkMode: host.text("network_mode"),
    privileged: host.flag("privileged"),
    restartPolicy:
      policy === undefined
        ? undefined
        : {
            type: policy.text("type"),
            maximumRetryCount: policy.number("maximum_retry_count"),
            retryTimeoutNanos: policy.whole("retry_timeout"),
          },
    runtime: host.text("runtime"),
    extraHosts: host.texts("extra_hosts"),
    extraCapabilities: host.texts("extra_capabilities"),
    portMappings: host.records("port_mappings", (port) => ({
      protocol: port.text("proto"),
      hostIp: port.text("host_ip"),
      hostPort: port.number("host_port"),
      hostPortEnd: port.number("host_port_end"),
      containerPort: port.number("container_port"),
    })),
    logConfig: {
      driver: {
        type: driver?.text("type"),
        maxFiles: driver?.number("max_files"),
        maxSize: driver?.text("max_size"),
        rootDir: driver?.text("root_dir"),
      },
      mode: { mode: mode?.text("mode"), maxBufferSize: mode?.text("max_buffer_size") },
    },
    resources:
      limits === undefined
        ? undefined
        : {
            memory: limits.text("memory"),
            memoryReservation: limits.text("memory_reservation"),
            memorySwap: limits.text("memory_swap"),
          },
  };
}

function networkSettings(settings: Section | undefined): NetworkSettings | undefined {
  if (settings === undefined) return undefined;
  const networks = settings.child("networks")?.entries((one) => ({
    id: one.text("id"),
    gateway: one.text("gateway"),
    ipAddress: one.text("ip_address"),
    macAddress: one.text("mac_address"),
    networkId: one.text("network_id"),
  }));
  return {
    networks: Object.fromEntries(networks ?? []),
    sandboxId: settings.text("sandbox_id"),
    sandboxKey: settings.text("sandbox_key"),
    networkControllerId: settings.text("network_controller_id"),
  };
}

function state(record: Section | undefined): State {
  return {
    status: record === undefined ? "Unknown" : (STATUSES[record.number("status")] ?? "Unknown"),
    pid: record?.number("pid") ?? -1,
    startedAt: record?.text("started_at") ?? "",
    finishedAt: record?.text("finished_at") ?? "",
    exitCode: record?.number("exit_code") ?? 0,
    error: record?.text("error") ?? "",
    oomKilled: record?.flag("oomKilled") ?? false,
  };
}
