/**
 * How a wish differs from a container that is there, and what follows: nothing, a change in place, or a new container.
 *
 * `compareAsPeer` looks at what the peer looks at (spec/engine.md §18, spec/update-agent.md §6.2) and is the whole
 * comparison for a desired state; `compareWhole` looks at everything a manifest can say, for folders (DESIGN §2).
 * Against the peer: an empty `config` equals an absent one, sizes are compared in bytes, and the swap that creation
 * fills in is no difference (spec/engine.md §22.24).
 */

import type { Container, DesiredContainer, LogConfig, Resources } from "./container.ts";
import { withoutPassword } from "./decrypt-key.ts";
import { fillDefaults, withSwapRule } from "./defaults.ts";
import { EXTRAS_PATHS, outlineOfExtras, UPDATABLE_EXTRAS } from "./extras-rules.ts";
import { parseSizeBytes } from "./size.ts";

export type Verdict = "same" | "update" | "recreate";

export interface Comparison {
  readonly verdict: Verdict;
  /** Paths in the words of the model, such as `image.name`, in a fixed order. */
  readonly differences: readonly string[];
}

/** Everything that a wish says, one comparable text per path; lists whose order has no effect are sorted. */
export type Outline = ReadonlyMap<string, string>;

/** Paths of what is changed in a living container; a change of anything else needs a new one. */
export const UPDATABLE_PATHS: ReadonlySet<string> = new Set([
  "hostConfig.resources",
  "hostConfig.restartPolicy",
  ...UPDATABLE_EXTRAS.map((key) => EXTRAS_PATHS[key]),
]);

/** What the peer compares; `update` keys included. */
const PEER_KEYS: ReadonlySet<string> = new Set([
  "image.name",
  "mounts",
  "config.env",
  "config.cmd",
  "ioConfig.openStdin",
  "ioConfig.tty",
  "hostConfig.privileged",
  "hostConfig.networkMode",
  "hostConfig.devices",
  "hostConfig.extraHosts",
  "hostConfig.extraCapabilities",
  "hostConfig.portMappings",
  "hostConfig.logConfig.driver.type",
  "hostConfig.logConfig.driver.maxFiles",
  "hostConfig.logConfig.driver.maxSize",
  "hostConfig.logConfig.driver.rootDir",
  "hostConfig.logConfig.mode",
  "hostConfig.resources",
  "hostConfig.restartPolicy",
]);

const RUNC_RUNTIMES: ReadonlySet<string> = new Set([
  "io.containerd.runtime.v1.linux",
  "io.containerd.runc.v1",
  "io.containerd.runc.v2",
]);

function size(text: string): string {
  const bytes = parseSizeBytes(text);
  return bytes === undefined ? text : String(bytes);
}

function mountItems(desired: DesiredContainer): readonly (readonly string[])[] {
  return desired.mounts.map((one) => [one.source, one.destination, one.propagationMode]);
}

function set(items: readonly (readonly (string | number)[])[]): string {
  return JSON.stringify(items.map((item) => JSON.stringify(item)).sort());
}

/** The order of variables matters only when one is set twice: the last wins. */
function environment(entries: readonly string[]): string {
  const byName = new Map<string, string>();
  for (const entry of entries) byName.set(entry.split("=", 1)[0] ?? entry, entry);
  return JSON.stringify([...byName.values()].sort());
}

/** `-1` and an empty swap beside a memory limit both mean: no limit for swap. */
function resourceTexts(resources: Resources | undefined): string {
  if (resources === undefined) return "";
  const swap = resources.memorySwap === "-1" ? "" : size(resources.memorySwap);
  const texts = [size(resources.memory), size(resources.memoryReservation), swap];
  return texts.every((text) => text === "") ? "" : JSON.stringify(texts);
}

function logEntries(config: LogConfig): readonly (readonly [string, string])[] {
  const path = "hostConfig.logConfig";
  return [
    [`${path}.driver.type`, config.driver.type],
    [`${path}.driver.maxFiles`, String(config.driver.maxFiles)],
    [`${path}.driver.maxSize`, size(config.driver.maxSize)],
    [`${path}.driver.rootDir`, config.driver.rootDir],
    [`${path}.mode`, JSON.stringify([config.mode.mode, size(config.mode.maxBufferSize)])],
  ];
}

/** Outline of a wish after the swap rule, or of a stored container. The id stands in it as given. */
export function outlineOf(desired: DesiredContainer): Outline {
  const { hostConfig: host, ioConfig: io } = desired;
  const decrypt = desired.image.decryptConfig;
  return new Map<string, string>([
    ["id", desired.id],
    ["name", desired.name],
    ["image.name", desired.image.name],
    [
      "image.decryptConfig",
      // What is there is told without passwords.
      decrypt === undefined ? "" : JSON.stringify([decrypt.keys.map(withoutPassword), decrypt.recipients]),
    ],
    // In host mode the machine's name takes its place at start (spec/engine.md §6).
    ["hostName", host.networkMode === "host" ? "" : desired.hostName],
    ["domainName", desired.domainName],
    ["mounts", JSON.stringify(mountItems(desired))],
    [
      "hooks",
      JSON.stringify(desired.hooks.map((one) => [one.path, one.args, one.env, one.timeoutSeconds, one.type])),
    ],
    [
      "hostConfig.devices",
      set(
        host.devices.map((one) => [
          one.pathOnHost,
          one.pathInContainer,
          [...one.cgroupPermissions].sort().join(""),
        ]),
      ),
    ],
    ["hostConfig.networkMode", host.networkMode],
    ["hostConfig.privileged", String(host.privileged)],
    [
      "hostConfig.restartPolicy",
      JSON.stringify([
        host.restartPolicy.type,
        host.restartPolicy.maximumRetryCount,
        // The wire carries whole seconds: what is below them must not look like a change for ever.
        String(host.restartPolicy.retryTimeoutNanos / 1_000_000_000n),
      ]),
    ],
    // Any of the runc names is replaced by the configured one at start.
    ["hostConfig.runtime", RUNC_RUNTIMES.has(host.runtime) ? "runc" : host.runtime],
    ["hostConfig.extraHosts", set(host.extraHosts.map((one) => [one]))],
    ["hostConfig.extraCapabilities", set(host.extraCapabilities.map((one) => [one]))],
    [
      "hostConfig.portMappings",
      set(
        host.portMappings.map((one) => [
          one.protocol.toLowerCase(),
          one.hostIp,
          one.hostPort,
          one.hostPortEnd,
          one.containerPort,
        ]),
      ),
    ],
    ...logEntries(host.logConfig),
    ["hostConfig.resources", resourceTexts(host.resources)],
    ["ioConfig.attachStderr", String(io.attachStderr)],
    ["ioConfig.attachStdin", String(io.attachStdin)],
    ["ioConfig.attachStdout", String(io.attachStdout)],
    ["ioConfig.openStdin", String(io.openStdin)],
    ["ioConfig.stdinOnce", String(io.stdinOnce)],
    ["ioConfig.tty", String(io.tty)],
    ["config.env", environment(desired.config?.env ?? [])],
    ["config.cmd", JSON.stringify(desired.config?.cmd ?? [])],
    ...outlineOfExtras(desired.extras),
  ]);
}

/** Outline of a wish as its source gave it: defaults and swap rule applied, so that leaving out equals writing out. */
export function outlineOfWish(desired: DesiredContainer): Outline {
  return outlineOf(withSwapRule(fillDefaults(desired)));
}

function verdictOf(differences: readonly string[]): Verdict {
  if (differences.length === 0) return "same";
  return differences.every((path) => UPDATABLE_PATHS.has(path)) ? "update" : "recreate";
}

/** The peer's view: the order of mounts does not count. */
function peerOutline(desired: DesiredContainer): Outline {
  return new Map(outlineOf(desired)).set("mounts", set(mountItems(desired)));
}

/**
 * The peer's comparison: a desired state, and update against recreate. A wish that says something about extras means them;
 * one that cannot say anything about them leaves those of the container alone.
 */
export function compareAsPeer(desired: DesiredContainer, container: Container): Comparison {
  const wanted = peerOutline(withSwapRule(fillDefaults(desired)));
  const present = peerOutline(fillDefaults(container));
  const paths = [...PEER_KEYS, ...(desired.extras === undefined ? [] : Object.values(EXTRAS_PATHS))];
  const differences = paths.filter((path) => wanted.get(path) !== present.get(path));
  return { verdict: verdictOf(differences), differences };
}

/** Every difference in the normalised wish counts; an id only when the wish has one. */
export function compareWhole(desired: DesiredContainer, container: Container): Comparison {
  const wanted = outlineOfWish(desired);
  const present = outlineOf(fillDefaults(container));
  const differences: string[] = [];
  for (const [path, text] of wanted) {
    if (path === "id" && text === "") continue;
    if (present.get(path) !== text) differences.push(path);
  }
  return { verdict: verdictOf(differences), differences };
}
