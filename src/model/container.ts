/**
 * The vocabulary of a container: what is wanted, what is stored and what is true of it now.
 * Values are never changed in place; a change makes a new object. Wire and file spellings are translated at the edges
 * (`api/`, `manifest/`, `store/`). Facts: spec/grpc-api.md §4, §5.
 */

import type { Extras } from "./extras.ts";

/** Mount propagation as the kernel names it. */
export type Propagation = "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave";
export const PROPAGATIONS: readonly Propagation[] = [
  "rprivate",
  "private",
  "rshared",
  "shared",
  "rslave",
  "slave",
];

export type NetworkMode = "bridge" | "host";
export type RestartPolicyType = "no" | "always" | "unless-stopped" | "on-failure";
export type HookType = "Prestart" | "Poststart" | "Poststop" | "Unknown";
export type LogDriverType = "json-file" | "none";
export type LogMode = "blocking" | "non-blocking";

/** Status names in the order of their numbers in the stored JSON (0..7). */
export const STATUSES = [
  "Creating",
  "Created",
  "Running",
  "Stopped",
  "Paused",
  "Exited",
  "Dead",
  "Unknown",
] as const;
export type Status = (typeof STATUSES)[number];

export interface DecryptConfig {
  readonly keys: readonly string[];
  readonly recipients: readonly string[];
}

export interface Image {
  /** Full reference as given; nothing is added to it. */
  readonly name: string;
  /** Present, even empty: replaces the daemon-wide decryption settings. */
  readonly decryptConfig?: DecryptConfig;
}

export interface MountPoint {
  readonly source: string;
  readonly destination: string;
  readonly propagationMode: string;
}

export interface Hook {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly timeoutSeconds: number;
  readonly type: HookType;
}

export interface DeviceMapping {
  readonly pathOnHost: string;
  readonly pathInContainer: string;
  readonly cgroupPermissions: string;
}

export interface PortMapping {
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly hostPortEnd: number;
  readonly containerPort: number;
}

export interface RestartPolicy {
  /** Text as given, so that an unknown one can be refused with its own words. */
  readonly type: string;
  readonly maximumRetryCount: number;
  /** Cap of the back-off; 0 = one minute. The stored JSON and CM manifests hold nanoseconds, the wire seconds. */
  readonly retryTimeoutNanos: bigint;
}

export interface LogDriver {
  readonly type: string;
  readonly maxFiles: number;
  readonly maxSize: string;
  readonly rootDir: string;
}

export interface LogModeConfig {
  readonly mode: string;
  readonly maxBufferSize: string;
}

export interface LogConfig {
  readonly driver: LogDriver;
  readonly mode: LogModeConfig;
}

/** Size texts such as `64M`; an empty text is "no limit". */
export interface Resources {
  readonly memory: string;
  readonly memoryReservation: string;
  readonly memorySwap: string;
}

export interface HostConfig {
  readonly devices: readonly DeviceMapping[];
  readonly networkMode: string;
  readonly privileged: boolean;
  readonly restartPolicy: RestartPolicy;
  readonly runtime: string;
  readonly extraHosts: readonly string[];
  readonly extraCapabilities: readonly string[];
  readonly portMappings: readonly PortMapping[];
  readonly logConfig: LogConfig;
  readonly resources?: Resources;
}

export interface IoConfig {
  readonly attachStderr: boolean;
  readonly attachStdin: boolean;
  readonly attachStdout: boolean;
  readonly openStdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
}

export interface ContainerConfig {
  readonly env: readonly string[];
  readonly cmd: readonly string[];
}

/** What somebody wants to run; the part of a container that a manifest or a Create request carries, defaults filled. */
export interface DesiredContainer {
  /** Empty: the daemon makes one. */
  readonly id: string;
  readonly name: string;
  readonly image: Image;
  readonly hostName: string;
  readonly domainName: string;
  readonly mounts: readonly MountPoint[];
  readonly hooks: readonly Hook[];
  readonly hostConfig: HostConfig;
  readonly ioConfig: IoConfig;
  readonly config?: ContainerConfig;
  /** What Kanto's form has no place for; absent when there is nothing. */
  readonly extras?: Extras;
}

export interface EndpointSettings {
  readonly id: string;
  readonly gateway: string;
  readonly ipAddress: string;
  readonly macAddress: string;
  readonly networkId: string;
}

export interface NetworkSettings {
  /** By network name: `bridge` or `host`. */
  readonly networks: Readonly<Record<string, EndpointSettings>>;
  readonly sandboxId: string;
  /** Path of the network namespace file. */
  readonly sandboxKey: string;
  readonly networkControllerId: string;
}

export interface State {
  readonly status: Status;
  /** -1 when not running. */
  readonly pid: number;
  /** RFC 3339 with nanoseconds, UTC, trailing zeros cut; empty = never. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCode: number;
  readonly error: string;
  readonly oomKilled: boolean;
}

/** A container that the daemon knows. */
export interface Container extends DesiredContainer {
  readonly resolvConfPath: string;
  readonly hostsPath: string;
  readonly hostnamePath: string;
  readonly networkSettings?: NetworkSettings;
  readonly state: State;
  readonly created: string;
  readonly manuallyStopped: boolean;
  readonly restartCount: number;
  readonly startedSuccessfullyBefore: boolean;
}

export interface StopOptions {
  /** 0 = the daemon's default. */
  readonly timeoutSeconds: number;
  readonly force: boolean;
  /** Name such as `SIGTERM`, or a number; empty = SIGTERM. */
  readonly signal: string;
}
