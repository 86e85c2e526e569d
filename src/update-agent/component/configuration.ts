/** From a component of a desired state to a typed wish (spec/update-agent.md §5); what is malformed is refused with component, key and value. */

import { nearestWord } from "../../base/json/nearest.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { DesiredContainer, Resources, RestartPolicy } from "../../model/container.ts";
import {
  DEFAULT_RESTART_POLICY,
  fillDefaults,
  type HostConfigWish,
  type LogConfigWish,
} from "../../model/defaults.ts";
import { clip, type Fault } from "../../model/fault.ts";
import { firstFault } from "../../model/validate.ts";
import type { ConfiguredComponent, KeyValue } from "../messages/payloads.ts";
import { readHealthcheck } from "./healthcheck-value.ts";
import { keyOfPath, LIST_KEYS, type ListKey, SINGLE_KEYS, type SingleKey, STATE_KEYS } from "./keys.ts";
import { EXPECTED, readDevice, readFlag, readMount, readPort, readSeconds, readWhole } from "./values.ts";

export interface ReadComponent {
  readonly desired: DesiredContainer;
  readonly dependsOn: readonly string[];
  /** Keys without a meaning, each with the known one that was most likely meant. */
  readonly unknown: readonly { readonly key: string; readonly nearest: string | undefined }[];
}

const WHERE =
  "cannot convert desired state components to container configurations: invalid configuration for container";

/** SC_DESIRED_STATE_INVALID. The container's name is the component's id. */
export function readComponent({ id, version, config }: ConfiguredComponent): ReadComponent {
  const pairs = new Pairs(id, config);
  const healthcheck = pairs.single("healthcheck", (text) => healthcheckOf(pairs, text));
  const desired = fillDefaults({
    name: id,
    image: { name: pairs.given("image") ?? `${id}:${version}` },
    domainName: pairs.given("domainName"),
    hostName: pairs.given("hostName"),
    config: { env: pairs.all("env"), cmd: pairs.all("cmd") },
    ioConfig: { tty: pairs.flag("terminal"), openStdin: pairs.flag("interactive") },
    mounts: pairs.each("mount", readMount, EXPECTED.mount),
    hostConfig: hostConfigOf(pairs),
    ...(healthcheck === undefined ? {} : { extras: { healthcheck } }),
  });
  const fault = firstFault(desired);
  if (fault !== undefined) throw pairs.refuse(withPair(fault, pairs));
  return { desired, dependsOn: pairs.all("dependsOn"), unknown: pairs.unknown };
}

function healthcheckOf(pairs: Pairs, text: string) {
  const read = readHealthcheck(text);
  if ("fault" in read)
    throw pairs.malformed("healthcheck", text, `the manifest's object as JSON (${read.fault})`);
  return read;
}

function hostConfigOf(pairs: Pairs): HostConfigWish {
  return {
    privileged: pairs.flag("privileged"),
    networkMode: pairs.text("network"),
    extraHosts: pairs.all("host"),
    extraCapabilities: pairs.all("extraCapability"),
    devices: pairs.each("device", readDevice, EXPECTED.device),
    portMappings: pairs.each("port", readPort, EXPECTED.port),
    restartPolicy: policyOf(pairs),
    resources: resourcesOf(pairs),
    logConfig: logConfigOf(pairs),
  };
}

/** The number of restarts counts with `on-failure` alone, as in the peer; the time caps the back-off of every policy (spec/engine.md §11). */
function policyOf(pairs: Pairs): RestartPolicy {
  const type = pairs.text("restartPolicy") ?? DEFAULT_RESTART_POLICY.type;
  const count = pairs.whole("restartMaxRetries") ?? 0;
  return {
    type,
    maximumRetryCount: type === "on-failure" ? count : 0,
    retryTimeoutNanos: pairs.value("restartTimeout", readSeconds, EXPECTED.seconds) ?? 0n,
  };
}

function resourcesOf(pairs: Pairs): Resources {
  return {
    memory: pairs.text("memory") ?? "",
    memoryReservation: pairs.text("memoryReservation") ?? "",
    memorySwap: pairs.text("memorySwap") ?? "",
  };
}

function logConfigOf(pairs: Pairs): LogConfigWish {
  return {
    driver: {
      type: pairs.text("logDriver"),
      maxFiles: pairs.whole("logMaxFiles"),
      maxSize: pairs.text("logMaxSize"),
      rootDir: pairs.text("logPath"),
    },
    mode: { mode: pairs.text("logMode"), maxBufferSize: pairs.text("logMaxBufferSize") },
  };
}

/** Names key and value where the rule's own words do not. */
function withPair({ path, message }: Fault, pairs: Pairs): string {
  const found = keyOfPath(path);
  if (found === undefined) return message;
  const { key, index } = found;
  const value = index === undefined ? pairs.given(key) : pairs.all(key)[index];
  if (value === undefined || (value !== "" && message.includes(clip(value)))) return message;
  return `${message} (${key} ${JSON.stringify(clip(value))})`;
}

class Pairs {
  readonly #values = new Map<string, string[]>();
  readonly unknown: { readonly key: string; readonly nearest: string | undefined }[] = [];

  constructor(
    private readonly component: string,
    config: readonly KeyValue[],
  ) {
    const known = new Set<string>([...SINGLE_KEYS, ...LIST_KEYS]);
    for (const { key, value } of config) {
      const values = this.#values.get(key);
      if (!known.has(key)) {
        if (!STATE_KEYS.has(key)) this.unknown.push({ key, nearest: nearestWord(key, known) });
      } else if (values === undefined) this.#values.set(key, [value]);
      else values.push(value);
    }
  }

  /** The last one, as it is; undefined when the key is not there. */
  given(key: SingleKey | ListKey): string | undefined {
    return this.#values.get(key)?.at(-1);
  }

  all(key: SingleKey | ListKey): readonly string[] {
    return this.#values.get(key) ?? [];
  }

  /** An empty one counts as not given. */
  text(key: SingleKey): string | undefined {
    return this.given(key) || undefined;
  }

  single<T>(key: SingleKey, read: (text: string) => T): T | undefined {
    const text = this.text(key);
    return text === undefined ? undefined : read(text);
  }

  value<T>(key: SingleKey, read: (text: string) => T | undefined, expected: string): T | undefined {
    return this.single(key, (text) => this.#read(key, text, read, expected));
  }

  each<T>(key: ListKey, read: (text: string) => T | undefined, expected: string): readonly T[] {
    return this.all(key).map((text) => this.#read(key, text, read, expected));
  }

  flag(key: SingleKey): boolean | undefined {
    return this.value(key, readFlag, EXPECTED.flag);
  }

  whole(key: SingleKey): number | undefined {
    return this.value(key, readWhole, EXPECTED.whole);
  }

  malformed(key: string, value: string, expected: string): SupercargoError {
    return this.refuse(`${key} ${JSON.stringify(clip(value))} is malformed, expected is ${expected}`);
  }

  refuse(reason: string): SupercargoError {
    return new SupercargoError("SC_DESIRED_STATE_INVALID", `${WHERE} ${clip(this.component)}: ${reason}`);
  }

  #read<T>(key: string, text: string, read: (text: string) => T | undefined, expected: string): T {
    const value = read(text);
    if (value === undefined) throw this.malformed(key, text, expected);
    return value;
  }
}
