/** The twin's Configuration object, both ways (spec/digital-twin.md §5.1): spelling of the wire ends here. */

import { type Container, PROPAGATIONS, type Resources, type RestartPolicy } from "../model/container.ts";
import { withoutPassword } from "../model/decrypt-key.ts";
import type { ContainerWish, HostConfigWish } from "../model/defaults.ts";
import type { Arguments } from "./arguments.ts";
import { invalid } from "./refusal.ts";

const NANOS_PER_SECOND = 1_000_000_000;
const PORT_LIMIT = 65_535;
/** What 64 bits of nanoseconds hold. */
const LONGEST_SECONDS = 9_223_372_036;
/** Words of the wire that stand for internal ones. */
const WORDS: ReadonlySet<string> = new Set(
  "bridge host always on-failure unless-stopped no json-file none blocking non-blocking".split(" "),
);

/** `ON_FAILURE` for `on-failure`. */
function outWord(word: string): string {
  return word.toUpperCase().replaceAll("-", "_");
}

/** The internal word; an unknown one is handed on, so that validation refuses it in its own words. */
function inWord(word: string): string {
  const internal = word.toLowerCase().replaceAll("_", "-");
  return WORDS.has(internal) && outWord(internal) === word ? internal : word;
}

/** Only the upper-case words count; anything else becomes the default, as in the peer. */
function propagation(word: string): string {
  return PROPAGATIONS.find((mode) => mode.toUpperCase() === word) ?? "rprivate";
}

export function restartPolicyFrom(policy: Arguments | undefined): RestartPolicy | undefined {
  if (policy === undefined) return undefined;
  const seconds = Math.trunc(policy.number("retryTimeout"));
  if (Math.abs(seconds) > LONGEST_SECONDS) throw invalid(`json: retryTimeout is out of range: ${seconds}`);
  return {
    type: inWord(policy.text("type")),
    maximumRetryCount: policy.whole("maxRetryCount"),
    retryTimeoutNanos: BigInt(seconds) * BigInt(NANOS_PER_SECOND),
  };
}

export function resourcesFrom(resources: Arguments | undefined): Resources | undefined {
  return (
    resources && {
      memory: resources.text("memory"),
      memoryReservation: resources.text("memoryReservation"),
      memorySwap: resources.text("memorySwap"),
    }
  );
}

function hostConfigFrom(config: Arguments): HostConfigWish {
  const privileged = config.flag("privileged");
  const log = config.object("log");
  const port = (mapping: Arguments, name: string) => mapping.whole(name, 0, PORT_LIMIT);
  return {
    privileged,
    networkMode: inWord(config.text("networkMode")),
    extraHosts: config.texts("extraHosts"),
    extraCapabilities: privileged ? [] : config.texts("extraCapabilities"),
    devices: config.objects("devices").map((device) => ({
      pathOnHost: device.text("pathOnHost"),
      pathInContainer: device.text("pathInContainer"),
      cgroupPermissions: device.text("cgroupPermissions"),
    })),
    portMappings: config.objects("portMappings").map((mapping) => ({
      protocol: mapping.text("proto"),
      hostIp: mapping.text("hostIP"),
      hostPort: port(mapping, "hostPort"),
      hostPortEnd: port(mapping, "hostPortEnd"),
      containerPort: port(mapping, "containerPort"),
    })),
    restartPolicy: restartPolicyFrom(config.object("restartPolicy")),
    resources: resourcesFrom(config.object("resources")),
    logConfig: log && {
      driver: {
        type: inWord(log.text("type")),
        maxFiles: log.whole("maxFiles"),
        maxSize: log.text("maxSize"),
        rootDir: log.text("rootDir"),
      },
      mode: { mode: inWord(log.text("mode")), maxBufferSize: log.text("maxBufferSize") },
    },
  };
}

/** What `createWithConfig` asks for; `config` undefined: all defaults. Throws a refusal (400). */
export function wishFrom(imageRef: string, name: string, config: Arguments | undefined): ContainerWish {
  const decryption = config?.object("decryption");
  const image = {
    name: imageRef,
    ...(decryption && {
      decryptConfig: { keys: decryption.texts("keys"), recipients: decryption.texts("recipients") },
    }),
  };
  if (config === undefined) return { image, name };
  return {
    image,
    name,
    domainName: config.text("domainName"),
    hostName: config.text("hostName"),
    config: { env: config.texts("env"), cmd: config.texts("cmd") },
    ioConfig: { openStdin: config.flag("openStdin"), tty: config.flag("tty") },
    mounts: config.objects("mountPoints").map((mount) => ({
      source: mount.text("source"),
      destination: mount.text("destination"),
      propagationMode: propagation(mount.text("propagationMode")),
    })),
    hostConfig: hostConfigFrom(config),
  };
}

/** Leaves out what is empty, zero or false. */
function filled<T extends object>(members: T): Partial<T> {
  const isFilled = (value: unknown) =>
    !(value === "" || value === 0 || value === false || value === undefined) &&
    !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(members).filter(([, value]) => isFilled(value))) as Partial<T>;
}

/** `status.config` of a container. */
export function configurationOf(container: Container): object {
  const { hostConfig: host, ioConfig, image } = container;
  const { driver, mode } = host.logConfig;
  const resources = filled({ ...host.resources });
  return filled({
    domainName: container.domainName,
    hostName: container.hostName,
    env: container.config?.env,
    cmd: container.config?.cmd,
    privileged: host.privileged,
    restartPolicy: {
      ...filled({
        maxRetryCount: host.restartPolicy.maximumRetryCount,
        retryTimeout: Number(host.restartPolicy.retryTimeoutNanos) / NANOS_PER_SECOND,
      }),
      type: outWord(host.restartPolicy.type),
    },
    extraHosts: host.extraHosts,
    extraCapabilities: host.extraCapabilities,
    devices: host.devices.map((device) => filled({ ...device })),
    mountPoints: container.mounts.map(({ source, destination, propagationMode }) => ({
      destination,
      source,
      propagationMode: propagationMode.toUpperCase(),
    })),
    portMappings: host.portMappings.map((mapping) => ({
      ...filled({ proto: mapping.protocol, hostPortEnd: mapping.hostPortEnd, hostIP: mapping.hostIp }),
      hostPort: mapping.hostPort,
      containerPort: mapping.containerPort,
    })),
    openStdin: ioConfig.openStdin,
    tty: ioConfig.tty,
    networkMode: outWord(host.networkMode),
    log: filled({
      type: outWord(driver.type),
      maxFiles: driver.maxFiles,
      maxSize: driver.maxSize,
      rootDir: driver.rootDir,
      mode: outWord(mode.mode),
      maxBufferSize: mode.maxBufferSize,
    }),
    resources: Object.keys(resources).length === 0 ? undefined : resources,
    // It leaves the device.
    decryption:
      image.decryptConfig &&
      filled({ ...image.decryptConfig, keys: image.decryptConfig.keys.map(withoutPassword) }),
  });
}
