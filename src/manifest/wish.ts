/** From the values of a manifest to a wish with defaults filled in. */

import type { DesiredContainer, HostConfig, Image } from "../model/container.ts";
import { type ContainerWish, fillDefaults, type HostConfigWish } from "../model/defaults.ts";
import type { PullPolicy } from "../model/extras.ts";
import { tidyExtras } from "../model/extras-rules.ts";
import type { ManifestValues } from "./fields.ts";

/** Who reads the manifest; decides what leaving out means where the peers differ (spec/manifest.md §5). */
export type ManifestSource = "folder" | "init-dir" | "create";

const FOLDER_LOG_SIZE = "1M";
/** Nobody waits eleven days between restarts, and nobody means less than a millisecond (DESIGN §5). */
const SECONDS_BELOW = 1_000_000n;

/** `retry_timeout` is documented in seconds and read in nanoseconds by the peer: small numbers are seconds. */
export function retryTimeoutNanos(value: bigint): bigint {
  return value < SECONDS_BELOW ? value * 1_000_000_000n : value;
}

/** `fallbackName` stands in when a nameless manifest is allowed; `smallLogs` is the folder deployer's default size. */
export function wishOf(values: ManifestValues, fallbackName: string, smallLogs: boolean): DesiredContainer {
  const id = values.id ?? "";
  const givenName = values.name ?? "";
  return fillDefaults({
    id,
    name: givenName === "" && id === "" ? fallbackName : givenName,
    image: imageOf(values),
    domainName: values.domainName,
    hostName: values.hostName,
    mounts: (values.mounts ?? []).map((mount) => ({
      source: mount.source ?? "",
      destination: mount.destination ?? "",
      propagationMode: mount.propagationMode ?? "",
    })),
    hooks: (values.hooks ?? []).map((hook) => ({
      path: hook.path ?? "",
      args: hook.args ?? [],
      env: hook.env ?? [],
      timeoutSeconds: hook.timeoutSeconds ?? 0,
      type: hook.type ?? "Prestart",
    })),
    config: configOf(values.config),
    ioConfig: values.ioConfig,
    hostConfig: hostConfigOf(values.hostConfig, smallLogs),
    extras: extrasOf(values),
  });
}

/** A `config` that holds nothing of Kanto's is none of Kanto's. */
function configOf(config: ManifestValues["config"]): ContainerWish["config"] {
  if (config === undefined) return undefined;
  const { env, cmd, ...ours } = config;
  if (env === undefined && cmd === undefined && Object.keys(ours).length > 0) return undefined;
  return { env, cmd };
}

function extrasOf(values: ManifestValues): ContainerWish["extras"] {
  const { config, hostConfig: host } = values;
  return tidyExtras({
    readOnlyRoot: host?.readOnlyRootfs,
    readOnlyMounts: (values.mounts ?? []).flatMap(({ readOnly, destination }) =>
      readOnly === true && destination !== undefined ? [destination] : [],
    ),
    user: config?.user,
    workingDir: config?.workingDir,
    entrypoint: config?.entrypoint,
    cpus: host?.resources?.cpus,
    pidsLimit: host?.resources?.pidsLimit,
    sysctls: host?.sysctls,
    ulimits: host?.ulimits,
    seccompProfile: host?.seccompProfile,
    apparmorProfile: host?.apparmorProfile,
    noNewPrivileges: host?.noNewPrivileges,
    labels: values.labels,
    // Another word goes on to the rules, which refuse it.
    pullPolicy:
      values.image?.pullPolicy === "" ? undefined : (values.image?.pullPolicy as PullPolicy | undefined),
    healthcheck: values.healthcheck,
  });
}

function imageOf(values: ManifestValues): Image {
  const decrypt = values.image?.decryptConfig;
  const name = values.image?.name ?? "";
  if (decrypt === undefined) return { name };
  return { name, decryptConfig: { keys: decrypt.keys ?? [], recipients: decrypt.recipients ?? [] } };
}

function hostConfigOf(host: ManifestValues["hostConfig"], smallLogs: boolean): HostConfigWish {
  const driver = host?.logConfig?.driver;
  const policy = host?.restartPolicy;
  const limits = host?.resources;
  return {
    networkMode: host?.networkMode,
    privileged: host?.privileged,
    runtime: host?.runtime,
    extraHosts: host?.extraHosts,
    extraCapabilities: host?.extraCapabilities,
    devices: (host?.devices ?? []).map((device) => ({
      pathOnHost: device.pathOnHost ?? "",
      pathInContainer: device.pathInContainer ?? "",
      cgroupPermissions: device.cgroupPermissions ?? "",
    })),
    portMappings: portsOf(host),
    restartPolicy:
      policy === undefined
        ? undefined
        : {
            type: policy.type ?? "unless-stopped",
            maximumRetryCount: policy.maximumRetryCount ?? 0,
            retryTimeoutNanos: retryTimeoutNanos(policy.retryTimeoutNanos ?? 0n),
          },
    logConfig: {
      driver: { ...driver, maxSize: driver?.maxSize ?? (smallLogs ? FOLDER_LOG_SIZE : undefined) },
      mode: host?.logConfig?.mode,
    },
    resources:
      limits === undefined
        ? undefined
        : {
            memory: limits.memory ?? "",
            memoryReservation: limits.memoryReservation ?? "",
            memorySwap: limits.memorySwap ?? "",
          },
  };
}

function portsOf(host: ManifestValues["hostConfig"]): HostConfig["portMappings"] {
  return (host?.portMappings ?? []).map((port) => ({
    protocol: port.protocol ?? "",
    hostIp: port.hostIp ?? "",
    hostPort: port.hostPort ?? 0,
    hostPortEnd: port.hostPortEnd ?? 0,
    containerPort: port.containerPort ?? 0,
  }));
}
