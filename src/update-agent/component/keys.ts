/** The key-value pairs of a component's configuration (spec/update-agent.md §5), and where in the model each one ends. */

/** Given twice: the last counts. */
export const SINGLE_KEYS = [
  "image",
  "domainName",
  "hostName",
  "network",
  "terminal",
  "interactive",
  "privileged",
  "restartPolicy",
  "restartMaxRetries",
  "restartTimeout",
  "logDriver",
  "logMaxFiles",
  "logMaxSize",
  "logPath",
  "logMode",
  "logMaxBufferSize",
  "memory",
  "memoryReservation",
  "memorySwap",
  // Ours.
  "healthcheck",
] as const;
export type SingleKey = (typeof SINGLE_KEYS)[number];

/** In order. */
export const LIST_KEYS = [
  "env",
  "cmd",
  "device",
  "port",
  "host",
  "mount",
  // Ours.
  "extraCapability",
  "dependsOn",
] as const;
export type ListKey = (typeof LIST_KEYS)[number];

/** What an inventory says of a container's state: passed over, so that an inventory can be sent back. */
export const STATE_KEYS: ReadonlySet<string> = new Set([
  "status",
  "finishedAt",
  "exitCode",
  "created",
  "restartCount",
  "manuallyStopped",
  "startedSuccessfullyBefore",
]);

const OF_PATH: readonly (readonly [path: string, key: SingleKey | ListKey])[] = [
  ["image.name", "image"],
  ["domainName", "domainName"],
  ["hostName", "hostName"],
  ["mounts", "mount"],
  ["config.env", "env"],
  ["config.cmd", "cmd"],
  ["healthcheck", "healthcheck"],
  ["hostConfig.networkMode", "network"],
  ["hostConfig.devices", "device"],
  ["hostConfig.extraHosts", "host"],
  ["hostConfig.portMappings", "port"],
  ["hostConfig.extraCapabilities", "extraCapability"],
  ["hostConfig.privileged", "privileged"],
  ["hostConfig.restartPolicy.type", "restartPolicy"],
  ["hostConfig.restartPolicy.maximumRetryCount", "restartMaxRetries"],
  ["hostConfig.restartPolicy.retryTimeoutNanos", "restartTimeout"],
  ["hostConfig.logConfig.driver.type", "logDriver"],
  ["hostConfig.logConfig.driver.maxFiles", "logMaxFiles"],
  ["hostConfig.logConfig.driver.maxSize", "logMaxSize"],
  ["hostConfig.logConfig.driver.rootDir", "logPath"],
  ["hostConfig.logConfig.mode.maxBufferSize", "logMaxBufferSize"],
  ["hostConfig.logConfig.mode", "logMode"],
  ["hostConfig.resources.memoryReservation", "memoryReservation"],
  ["hostConfig.resources.memorySwap", "memorySwap"],
  ["hostConfig.resources.memory", "memory"],
];

/** The key that a path of the model comes from, and which of several; undefined: none, or all of them. */
export function keyOfPath(
  path: string,
): { readonly key: SingleKey | ListKey; readonly index: number | undefined } | undefined {
  const found = OF_PATH.find(
    ([start]) => path === start || path.startsWith(`${start}.`) || path.startsWith(`${start}[`),
  );
  if (found === undefined) return undefined;
  const index = /^\[(\d+)\]/.exec(path.slice(found[0].length))?.[1];
  return { key: found[1], index: index === undefined ? undefined : Number(index) };
}
