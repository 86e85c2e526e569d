/** What the network room remembers on disk: who is attached and how, addresses given before, settings of the kernel. */

import { SupercargoError } from "../errors/error.ts";
import type { PublishedPort } from "./network.ts";

export interface RecordedPort extends PublishedPort {
  /** Addresses of the machine on which the port is published: `0.0.0.0`, or one or more single ones. */
  readonly addresses: readonly string[];
}

export interface Entry {
  readonly id: string;
  readonly name: string;
  /** `making` is written before the first act, so that an interrupted attach is known and taken away. */
  readonly phase: "making" | "attached";
  readonly mode: "bridge" | "host";
  readonly hostName: string;
  readonly domainName: string;
  readonly filesDir: string;
  readonly extraHosts: readonly string[];
  /** Addresses that `host_ip_<interface>` had at the start. */
  readonly interfaceAddresses: Readonly<Record<string, string>>;
  readonly endpointId: string;
  readonly sandboxId: string;
  /** Empty in host mode, as are the four after it. */
  readonly namespacePath: string;
  /** The kernel's number of the namespace, by which its processes are known; 0 when it is not known. */
  readonly namespaceNumber: number;
  /** The machine's end of the pair; empty until it is known. */
  readonly hostInterface: string;
  readonly address: string;
  readonly gateway: string;
  readonly macAddress: string;
  readonly ports: readonly RecordedPort[];
  readonly warnings: readonly string[];
}

/** A file below /proc/sys as it was before us and as we set it. */
export interface ChangedSetting {
  readonly before: string;
  readonly set: string;
}

export interface NetworkRecord {
  readonly version: 1;
  /** The boot to which entries and settings belong; after another boot none of it is true any more. */
  readonly bootId: string;
  readonly networkId: string;
  readonly hostNetworkId: string;
  readonly controllerId: string;
  /** Name of the bridge in the last run; empty when there was none. */
  readonly bridgeName: string;
  /** Address of the bridge with prefix length, as it was last. */
  readonly bridgeAddress: string;
  readonly settings: Readonly<Record<string, ChangedSetting>>;
  /** The forward policy was set to drop by us; `made` when the chain was made by us too. */
  readonly forwardPolicy: "untouched" | "changed" | "made";
  /** State of the store of Kanto's libnetwork when its rules were taken away; empty: never. */
  readonly libnetworkMark: string;
  readonly entries: readonly Entry[];
  /** Id and address, the one used last at the end. */
  readonly addresses: readonly (readonly [string, string])[];
}

/** Writes the record as text. */
export function formatRecord(record: NetworkRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** @throws SC_STATE_UNREADABLE when the text is not a record of ours */
export function parseRecord(text: string): NetworkRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SupercargoError("SC_STATE_UNREADABLE", "the network record is not JSON", { cause });
  }
  const top = new Reader(value, "record");
  if (top.field("version") !== 1) throw unreadable("version", "1");
  return {
    version: 1,
    bootId: top.text("bootId"),
    networkId: top.text("networkId"),
    hostNetworkId: top.text("hostNetworkId"),
    controllerId: top.text("controllerId"),
    bridgeName: top.text("bridgeName"),
    bridgeAddress: top.text("bridgeAddress"),
    settings: top.map("settings", (setting) => ({
      before: setting.text("before"),
      set: setting.text("set"),
    })),
    forwardPolicy: top.word("forwardPolicy", ["untouched", "changed", "made"]),
    // Absent in a record of a daemon that did not take over from Kanto yet.
    libnetworkMark: top.field("libnetworkMark") === undefined ? "" : top.text("libnetworkMark"),
    entries: top.list("entries", readEntry),
    addresses: top.list("addresses", (pair) => [pair.text("0"), pair.text("1")] as const),
  };
}

function readEntry(entry: Reader): Entry {
  return {
    id: entry.text("id"),
    // Absent in a record of a daemon that did not know names yet.
    name: entry.field("name") === undefined ? "" : entry.text("name"),
    phase: entry.word("phase", ["making", "attached"]),
    mode: entry.word("mode", ["bridge", "host"]),
    hostName: entry.text("hostName"),
    domainName: entry.text("domainName"),
    filesDir: entry.text("filesDir"),
    extraHosts: entry.texts("extraHosts"),
    interfaceAddresses: entry.map("interfaceAddresses", (address) => address.asText()),
    endpointId: entry.text("endpointId"),
    sandboxId: entry.text("sandboxId"),
    namespacePath: entry.text("namespacePath"),
    namespaceNumber: entry.field("namespaceNumber") === undefined ? 0 : entry.number("namespaceNumber"),
    hostInterface: entry.text("hostInterface"),
    address: entry.text("address"),
    gateway: entry.text("gateway"),
    macAddress: entry.text("macAddress"),
    ports: entry.list("ports", (port) => ({
      protocol: port.text("protocol"),
      hostIp: port.text("hostIp"),
      addresses: port.texts("addresses"),
      hostPort: port.number("hostPort"),
      containerPort: port.number("containerPort"),
    })),
    warnings: entry.texts("warnings"),
  };
}

function unreadable(place: string, expected: string): SupercargoError {
  return new SupercargoError("SC_STATE_UNREADABLE", `the network record: ${place} should be ${expected}`);
}

/** Takes a parsed JSON value apart and says where it is not what it should be. */
class Reader {
  constructor(
    private readonly value: unknown,
    private readonly place: string,
  ) {}

  field(name: string): unknown {
    const value = this.value;
    if (typeof value !== "object" || value === null) throw unreadable(this.place, "an object");
    return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }

  asText(): string {
    if (typeof this.value !== "string") throw unreadable(this.place, "a text");
    return this.value;
  }

  text(name: string): string {
    return this.child(name).asText();
  }

  number(name: string): number {
    const value = this.field(name);
    if (typeof value !== "number") throw unreadable(`${this.place}.${name}`, "a number");
    return value;
  }

  word<const T extends string>(name: string, words: readonly T[]): T {
    const text = this.text(name);
    const word = words.find((other) => other === text);
    if (word === undefined) throw unreadable(`${this.place}.${name}`, words.join(" or "));
    return word;
  }

  list<T>(name: string, read: (item: Reader) => T): T[] {
    const value = this.field(name);
    if (!Array.isArray(value)) throw unreadable(`${this.place}.${name}`, "a list");
    return value.map((item: unknown, at) => read(new Reader(item, `${this.place}.${name}[${at}]`)));
  }

  texts(name: string): string[] {
    return this.list(name, (item) => item.asText());
  }

  map<T>(name: string, read: (item: Reader) => T): Record<string, T> {
    const value = this.field(name);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw unreadable(`${this.place}.${name}`, "an object");
    const result: Record<string, T> = {};
    for (const [key, item] of Object.entries(value))
      result[key] = read(new Reader(item, `${this.place}.${name}.${key}`));
    return result;
  }

  private child(name: string): Reader {
    return new Reader(this.field(name), `${this.place}.${name}`);
  }
}
