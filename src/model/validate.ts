/**
 * What a container may ask for, in the peer's order and with its texts (spec/grpc-api.md §7), and checks of our own
 * for what the peer let through at Create and which never worked afterwards (spec/engine.md §22.14, §22.17).
 */

import { isCapability } from "./capabilities.ts";
import type { DesiredContainer, HostConfig } from "./container.ts";
import { clip, type Fault } from "./fault.ts";
import { HOST_NAME_LIMIT, ID_RULE, isContainerId, isContainerName, NAME_RULE } from "./names.ts";
import { extrasFaults } from "./validate-extras.ts";
import { logFaults, policyFaults, resourcesFaults } from "./validate-limits.ts";
import { deviceFaults, networkFaults } from "./validate-network.ts";

const PROPAGATION_RULE = "rprivate, private, rshared, shared, rslave or slave";
const PROPAGATION_MODES: ReadonlySet<string> = new Set([
  "rprivate",
  "private",
  "rshared",
  "shared",
  "rslave",
  "slave",
]);
const ENV = /^[a-zA-Z_]([a-zA-Z0-9_]*)(|=(.*))$/;

/** Everything wrong with a wish whose defaults are filled, first the peer's first. An empty id is one that the daemon makes. */
export function* faultsOf(desired: DesiredContainer): Generator<Fault, void, undefined> {
  if (desired.id !== "" && !isContainerId(desired.id)) {
    yield { path: "id", message: `invalid container id format : ${clip(desired.id)}`, expected: ID_RULE };
  }
  if (desired.image.name === "") {
    const message = "the containers image configuration is invalid";
    yield { path: "image.name", message, expected: "the full reference of an image, host[:port]/path:tag" };
  }
  if (desired.name !== "") yield* nameFaults(desired.name);
  yield* mountFaults(desired);
  yield* hostConfigFaults(desired.hostConfig);
  yield* envFaults(desired);
  yield* hostNameFaults(desired);
  yield* hookFaults(desired);
  yield* extrasFaults(desired);
  yield* nulFaults(desired);
}

/** The first fault, or undefined. */
export function firstFault(desired: DesiredContainer): Fault | undefined {
  const first = faultsOf(desired).next();
  return first.done === true ? undefined : first.value;
}

/** Faults of a name that is given (Create, Rename). */
export function* nameFaults(name: string): Generator<Fault, void, undefined> {
  if (isContainerName(name)) return;
  yield { path: "name", message: `invalid container name format : ${clip(name)}`, expected: NAME_RULE };
}

function* mountFaults(desired: DesiredContainer): Generator<Fault, void, undefined> {
  for (const [index, mount] of desired.mounts.entries()) {
    const path = `mounts[${index}]`;
    if (mount.source === "" || mount.destination === "") {
      yield {
        path: mount.source === "" ? `${path}.source` : `${path}.destination`,
        message: "source and destination must be set for a mount point",
        expected: "a path",
      };
    }
    if (!PROPAGATION_MODES.has(mount.propagationMode)) {
      yield {
        path: `${path}.propagationMode`,
        message: "propagation mode must be set to one of the supported modes",
        expected: PROPAGATION_RULE,
      };
    }
  }
}

function* hostConfigFaults(config: HostConfig): Generator<Fault, void, undefined> {
  // An empty list together with privileged is accepted, as over the peer's gRPC; its file reader refuses it.
  const both = (what: string) =>
    `cannot create the container as privileged and with ${what} at the same time - choose one of the options`;
  if (config.privileged && config.devices.length > 0) {
    yield { path: "hostConfig.devices", message: both("specified devices"), expected: "no devices" };
  }
  if (config.privileged && config.extraCapabilities.length > 0) {
    const path = "hostConfig.extraCapabilities";
    yield { path, message: both("extra capabilities"), expected: "no extra capabilities" };
  }
  yield* networkFaults(config);
  yield* deviceFaults(config);
  yield* capabilityFaults(config);
  yield* logFaults(config.logConfig);
  yield* policyFaults(config.restartPolicy);
  if (config.resources !== undefined) yield* resourcesFaults(config.resources);
}

/** The runtime passes over names that it does not know: the container would run without the right it was given. */
function* capabilityFaults(config: HostConfig): Generator<Fault, void, undefined> {
  for (const [index, name] of config.extraCapabilities.entries()) {
    if (isCapability(name)) continue;
    const path = `hostConfig.extraCapabilities[${index}]`;
    const message = `unknown capability ${clip(name)}`;
    yield { path, message, expected: "a name such as CAP_NET_ADMIN" };
  }
}

/** The peer leaves a hook of another type out in silence, and fails at start for the rest. */
function* hookFaults(desired: DesiredContainer): Generator<Fault, void, undefined> {
  for (const [index, hook] of desired.hooks.entries()) {
    const path = `hooks[${index}]`;
    if (hook.type === "Unknown") {
      const message = `the type of the hook ${clip(hook.path)} is not supported`;
      yield { path: `${path}.type`, message, expected: "Prestart, Poststart or Poststop" };
    }
    if (hook.path === "") {
      yield { path: `${path}.path`, message: "the path of a hook must be set", expected: "a program" };
    } else if (!hook.path.startsWith("/")) {
      const message = `the path of the hook ${clip(hook.path)} must be absolute`;
      yield { path: `${path}.path`, message, expected: "a program" };
    }
    if (hook.timeoutSeconds < 0) {
      const message = `the timeout = ${hook.timeoutSeconds} shouldn't be negative`;
      yield { path: `${path}.timeoutSeconds`, message, expected: "0 (no limit) or more seconds" };
    }
  }
}

function* envFaults(desired: DesiredContainer): Generator<Fault, void, undefined> {
  for (const [index, entry] of (desired.config?.env ?? []).entries()) {
    if (ENV.test(entry)) continue;
    yield {
      path: `config.env[${index}]`,
      message: `invalid environmental variable declaration provided : ${clip(entry)}`,
      expected: "NAME=value, NAME= or NAME, the name of letters, digits and _, on one line",
    };
  }
}

/** The kernel refuses longer ones at start. In host mode the name is replaced by the machine's. */
function* hostNameFaults(desired: DesiredContainer): Generator<Fault, void, undefined> {
  if (desired.hostConfig.networkMode === "host") return;
  const bytes = new TextEncoder().encode(desired.hostName).length;
  if (bytes <= HOST_NAME_LIMIT) return;
  yield {
    path: "hostName",
    message: `the host name has ${bytes} bytes`,
    expected: `at most ${HOST_NAME_LIMIT} bytes`,
  };
}

/** A NUL ends texts early in every call of the kernel. */
function* nulFaults(desired: DesiredContainer): Generator<Fault, void, undefined> {
  for (const [path, text] of kernelTexts(desired)) {
    if (!text.includes("\0")) continue;
    yield { path, message: "the text holds a NUL character", expected: "text without NUL" };
  }
}

function* kernelTexts(desired: DesiredContainer): Generator<readonly [string, string], void, undefined> {
  yield ["image.name", desired.image.name];
  yield ["hostName", desired.hostName];
  yield ["domainName", desired.domainName];
  for (const [index, mount] of desired.mounts.entries()) {
    yield [`mounts[${index}].source`, mount.source];
    yield [`mounts[${index}].destination`, mount.destination];
  }
  for (const [index, device] of desired.hostConfig.devices.entries()) {
    yield [`hostConfig.devices[${index}].pathOnHost`, device.pathOnHost];
    yield [`hostConfig.devices[${index}].pathInContainer`, device.pathInContainer];
  }
  for (const [index, hook] of desired.hooks.entries()) {
    yield [`hooks[${index}].path`, hook.path];
    for (const [at, text] of hook.args.entries()) yield [`hooks[${index}].args[${at}]`, text];
    for (const [at, text] of hook.env.entries()) yield [`hooks[${index}].env[${at}]`, text];
  }
  for (const [index, text] of (desired.config?.env ?? []).entries()) yield [`config.env[${index}]`, text];
  for (const [index, text] of (desired.config?.cmd ?? []).entries()) yield [`config.cmd[${index}]`, text];
  yield ["hostConfig.logConfig.driver.rootDir", desired.hostConfig.logConfig.driver.rootDir];
  yield ["hostConfig.runtime", desired.hostConfig.runtime];
}
