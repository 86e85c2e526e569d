/** Makes the OCI runtime specification of a container from everything that was read before; pure (spec/engine.md §7). */

import { SupercargoError } from "../../errors/error.ts";
import type { Container, Hook } from "../../model/container.ts";
import { capabilitySets, DEFAULT_CAPABILITIES } from "./capabilities.ts";
import { ALLOW_ALL, deviceNode, type HostDevice, type MappedDevice, mappedRules } from "./devices.ts";
import { containerEnvironment } from "./environment.ts";
import { containerMounts, isShared, type NetworkFiles } from "./mounts.ts";
import type { OciHook, OciLinux, OciProcess, OciSpec } from "./oci.ts";
import { processLimits } from "./process-limits.ts";
import { limitsOf, missesSwapLimit, newLimits } from "./resources.ts";
import type { OciSeccomp } from "./seccomp.ts";
import type { ResolvedUser } from "./users.ts";

/** What a container takes over from its image. */
export interface ImageDefaults {
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
}

/** What the host gives to a privileged container. */
export interface HostPrivileges {
  readonly devices: readonly HostDevice[];
  /** Capabilities of the daemon. */
  readonly capabilities: readonly string[];
}

export interface SpecInput {
  readonly container: Container;
  /** Id in the engine; of a successor `<id>.next`. */
  readonly engineId: string;
  /** Namespace in containerd; part of the cgroup's path. */
  readonly namespace: string;
  readonly image: ImageDefaults;
  readonly user: ResolvedUser;
  /** Name inside; in host network mode that of the machine. */
  readonly hostName: string;
  /** Path of the network namespace; undefined = the host's own. */
  readonly networkNamespace: string | undefined;
  readonly files: NetworkFiles;
  /** The container's device mappings, read from the host; empty for a privileged one. */
  readonly devices: readonly MappedDevice[];
  /** Needed for a privileged container only. */
  readonly privileges: HostPrivileges | undefined;
  /** Whether cgroups are made through systemd. */
  readonly systemdCgroup: boolean;
  /** Filter for system calls; a privileged container never has one. */
  readonly seccomp: OciSeccomp | undefined;
  /** Whether the kernel counts swap. */
  readonly canLimitSwap: boolean;
}

export interface BuiltSpec {
  readonly spec: OciSpec;
  /** Parts of the wish that were left out, in words. */
  readonly warnings: readonly string[];
}

const MASKED_PATHS: readonly string[] = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
  "/proc/scsi",
];

const READ_ONLY_PATHS: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** SC_CONTAINER_INVALID when neither image nor container names a command, or a size text is wrong. */
export function buildSpec(input: SpecInput): BuiltSpec {
  const { container } = input;
  const { extras } = container;
  const { hooks, warnings } = hooksByType(container.hooks);
  if (missesSwapLimit(limitsOf(container), input.canLimitSwap)) {
    warnings.push("swap is not limited: this kernel does not count it");
  }
  const spec: OciSpec = {
    ociVersion: "1.1.0",
    process: processOf(input),
    root: { path: "rootfs", ...(extras?.readOnlyRoot === true ? { readonly: true } : {}) },
    hostname: input.hostName,
    mounts: containerMounts(container.mounts, input.files, container.hostConfig.privileged, {
      root: extras?.readOnlyRoot ?? false,
      destinations: extras?.readOnlyMounts ?? [],
    }),
    ...(hooks === undefined ? {} : { hooks }),
    linux: linuxOf(input),
  };
  return { spec, warnings };
}

/** `system.slice:<namespace>:<id>` through systemd, else `/<namespace>/<id>`. */
export function cgroupsPath(namespace: string, engineId: string, systemdCgroup: boolean): string {
  return systemdCgroup ? `system.slice:${namespace}:${engineId}` : `/${namespace}/${engineId}`;
}

/** What the process may at most get. */
export function containerCapabilities(
  container: Container,
  privileges: HostPrivileges | undefined,
): string[] {
  const { privileged, extraCapabilities } = container.hostConfig;
  const base = privileged ? (privileges?.capabilities ?? []) : DEFAULT_CAPABILITIES;
  return [...new Set([...base, ...extraCapabilities])];
}

function processOf(input: SpecInput): OciProcess {
  const { container, image, user } = input;
  const { ioConfig, extras } = container;
  const workingDir = extras?.workingDir ?? image.workingDir;
  const apparmor = extras?.apparmorProfile;
  return {
    ...(ioConfig.tty ? { terminal: true } : {}),
    user: { uid: user.uid, gid: user.gid, additionalGids: [...user.additionalGids] },
    args: argumentsOf(container, image),
    env: containerEnvironment(image.env, input.hostName, ioConfig.tty, container.config?.env ?? []),
    cwd: workingDir.startsWith("/") ? workingDir : `/${workingDir}`,
    capabilities: capabilitySets(containerCapabilities(container, input.privileges)),
    rlimits: processLimits(extras?.ulimits ?? []),
    noNewPrivileges: extras?.noNewPrivileges ?? true,
    ...(apparmor === undefined || apparmor === "unconfined" ? {} : { apparmorProfile: apparmor }),
  };
}

/** An entrypoint of the container's own goes without the image's CMD, which was written for the image's entrypoint. */
function argumentsOf(container: Container, image: ImageDefaults): string[] {
  const own = container.config?.cmd ?? [];
  const entrypoint = container.extras?.entrypoint;
  const imageCmd = entrypoint === undefined ? image.cmd : [];
  const args = [...(entrypoint ?? image.entrypoint), ...(own.length > 0 ? own : imageCmd)];
  if (args.length > 0) return args;
  throw new SupercargoError("SC_CONTAINER_INVALID", `no command for container ${container.name}`, {
    hint:
      entrypoint === undefined
        ? `image ${container.image.name} has neither ENTRYPOINT nor CMD: set config.cmd`
        : "config.entrypoint is empty: set config.cmd",
    fields: { container: container.id, image: container.image.name },
  });
}

function linuxOf(input: SpecInput): OciLinux {
  const { hostConfig, extras } = input.container;
  const isPrivileged = hostConfig.privileged;
  const nodes = isPrivileged ? (input.privileges?.devices ?? []) : input.devices;
  return {
    namespaces: [
      { type: "pid" },
      { type: "ipc" },
      { type: "uts" },
      { type: "mount" },
      ...(input.networkNamespace === undefined ? [] : [{ type: "network", path: input.networkNamespace }]),
    ],
    ...(nodes.length === 0 ? {} : { devices: nodes.map(deviceNode) }),
    resources: {
      devices: isPrivileged ? [ALLOW_ALL] : mappedRules(input.devices),
      ...newLimits(limitsOf(input.container), input.canLimitSwap),
    },
    cgroupsPath: cgroupsPath(input.namespace, input.engineId, input.systemdCgroup),
    maskedPaths: isPrivileged ? [] : [...MASKED_PATHS],
    readonlyPaths: isPrivileged ? [] : [...READ_ONLY_PATHS],
    ...(input.seccomp === undefined || isPrivileged ? {} : { seccomp: input.seccomp }),
    ...(input.container.mounts.some(isShared) ? { rootfsPropagation: "shared" } : {}),
    ...(extras?.sysctls === undefined ? {} : { sysctl: { ...extras.sysctls } }),
  };
}

function hooksByType(hooks: readonly Hook[]): { hooks: OciSpec["hooks"]; warnings: string[] } {
  const result: NonNullable<OciSpec["hooks"]> = {};
  const warnings: string[] = [];
  for (const hook of hooks) {
    const key = HOOK_KEYS[hook.type];
    if (key === undefined) warnings.push(`hook ${hook.path} is left out: its type is not known`);
    else result[key] = [...(result[key] ?? []), ociHook(hook)];
  }
  return { hooks: Object.keys(result).length === 0 ? undefined : result, warnings };
}

const HOOK_KEYS = {
  Prestart: "prestart",
  Poststart: "poststart",
  Poststop: "poststop",
  Unknown: undefined,
} as const;

function ociHook(hook: Hook): OciHook {
  return {
    path: hook.path,
    ...(hook.args.length > 0 ? { args: [...hook.args] } : {}),
    ...(hook.env.length > 0 ? { env: [...hook.env] } : {}),
    ...(hook.timeoutSeconds > 0 ? { timeout: hook.timeoutSeconds } : {}),
  };
}
