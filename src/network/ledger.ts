/**
 * The record in memory and on disk. Each change is written before the act that it announces. Written without waiting for
 * the disk: after a power cut the machine's namespaces, rules and links are gone as well, so an old record does no harm.
 */

import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../base/atomic-file.ts";
import { unsyncedFileSystem } from "../base/file-system.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { hasCode } from "../errors/error.ts";
import { writingState } from "../store/write-failure.ts";
import { randomId } from "./id.ts";
import { type Ipv4, parseIpv4 } from "./ipv4.ts";
import { portsCollide } from "./published-ports.ts";
import { type Entry, formatRecord, type NetworkRecord, parseRecord } from "./record.ts";

/** How many addresses of containers that are not attached are remembered. */
const REMEMBERED_LIMIT = 256;

export class Ledger {
  readonly #path: string;
  readonly #entries = new Map<string, Entry>();
  /** Id to address, the one used last at the end. */
  readonly #addresses = new Map<string, string>();
  #head: Omit<NetworkRecord, "entries" | "addresses">;

  private constructor(path: string, record: NetworkRecord) {
    this.#path = path;
    const { entries, addresses, ...head } = record;
    this.#head = head;
    for (const entry of entries) this.#entries.set(entry.id, entry);
    for (const [id, address] of addresses) this.#addresses.set(id, address);
  }

  /**
   * Reads the record of `folder`, or begins a new one. One that cannot be read is put aside and reported; one of an
   * earlier boot keeps names and addresses only.
   */
  static open(folder: string, log: Log): Ledger {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, "record.json");
    const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const record = readRecord(path, log);
    if (record === undefined) return new Ledger(path, newRecord(bootId));
    if (record.bootId === bootId) return new Ledger(path, record);
    return new Ledger(path, { ...record, bootId, entries: [], settings: {}, forwardPolicy: "untouched" });
  }

  get head(): Omit<NetworkRecord, "entries" | "addresses"> {
    return this.#head;
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Adds or replaces an entry and remembers its address. */
  put(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    if (entry.address !== "") {
      this.#addresses.delete(entry.id);
      this.#addresses.set(entry.id, entry.address);
      this.#forgetOldest();
    }
    this.#save();
  }

  /** An entry that cannot be taken out on the disk stays in the memory too, so that the next try does it. */
  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    try {
      this.#save();
    } catch (thrown) {
      this.#entries.set(id, entry);
      throw thrown;
    }
  }

  change(
    head: Partial<
      Pick<NetworkRecord, "bridgeName" | "bridgeAddress" | "settings" | "forwardPolicy" | "libnetworkMark">
    >,
  ): void {
    this.#head = { ...this.#head, ...head };
    this.#save();
  }

  /** Takes the record itself away. */
  erase(): void {
    this.#entries.clear();
    rmSync(this.#path, { force: true });
  }

  addressesInUse(): Set<Ipv4> {
    return new Set(numbers(this.entries().map((entry) => entry.address)).values());
  }

  /** Which address each container had last. */
  rememberedAddresses(): Map<string, Ipv4> {
    const result = new Map<string, Ipv4>();
    for (const [id, text] of this.#addresses) {
      const address = parseIpv4(text);
      if (address !== undefined) result.set(id, address);
    }
    return result;
  }

  /** The container, not in `except`, that publishes this port on that address or on all. */
  portOwner(
    protocol: string,
    address: string,
    port: number,
    except: ReadonlySet<string>,
  ): string | undefined {
    for (const entry of this.#entries.values()) {
      if (except.has(entry.id)) continue;
      if (entry.ports.some((own) => portsCollide(own, protocol, address, port))) return entry.id;
    }
    return undefined;
  }

  #forgetOldest(): void {
    for (const id of this.#addresses.keys()) {
      if (this.#addresses.size <= REMEMBERED_LIMIT + this.#entries.size) return;
      if (!this.#entries.has(id)) this.#addresses.delete(id);
    }
  }

  #save(): void {
    const record = { ...this.#head, entries: this.entries(), addresses: [...this.#addresses] };
    writingState(dirname(this.#path), () =>
      writeFileAtomic(this.#path, formatRecord(record), 0o600, unsyncedFileSystem),
    );
  }
}

function numbers(texts: readonly string[]): Set<Ipv4> {
  return new Set(texts.map(parseIpv4).filter((address) => address !== undefined));
}

function readRecord(path: string, log: Log): NetworkRecord | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    if (errnoName(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
  try {
    return parseRecord(text);
  } catch (thrown) {
    if (!hasCode(thrown, "SC_STATE_UNREADABLE")) throw thrown;
    const aside = `${path}.unreadable`;
    renameSync(path, aside);
    log.error(
      `${thrown.message}; it was put aside and a new one begun: running containers are taken over with the address that they have and the ports that their state names`,
      {
        code: thrown.code,
        file: aside,
      },
    );
    return undefined;
  }
}

function newRecord(bootId: string): NetworkRecord {
  return {
    version: 1,
    bootId,
    networkId: randomId(),
    hostNetworkId: randomId(),
    controllerId: randomId(),
    bridgeName: "",
    bridgeAddress: "",
    settings: {},
    forwardPolicy: "untouched",
    libnetworkMark: "",
    entries: [],
    addresses: [],
  };
}
