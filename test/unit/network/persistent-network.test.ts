/** A network whose set-up the disk refuses: what happens meanwhile is in the record when there is room again. */

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { settle, VirtualClock } from "../../../src/base/virtual-clock.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { Ledger } from "../../../src/network/ledger.ts";
import { inherit } from "../../../src/network/libnetwork.ts";
import type { NetworkRequest, RunningContainer } from "../../../src/network/network.ts";
import { newEntry } from "../../../src/network/new-entry.ts";
import type { NetworkOptions } from "../../../src/network/options.ts";
import { PersistentNetwork } from "../../../src/network/persistent-network.ts";
import { type Entry, parseRecord } from "../../../src/network/record.ts";
import { FakeNetwork } from "../manager/support/fake-rooms.ts";

/** R6: healed so long after there is room again. */
const HEALED_WITHIN_MS = 30_000;
const forever = new AbortController().signal;

let folder: string;
let clock: VirtualClock;
let logged: LogRecord[];
let disk: NetworkOnDisk;
let network: PersistentNetwork;

/** The record and who is taken over into it are real; what the kernel would do is not. */
class NetworkOnDisk extends FakeNetwork {
  isFull = true;
  opened = 0;
  tries = 0;
  /** A try to set up waits for it. */
  untilTried: Promise<void> = Promise.resolve();

  constructor(private readonly options: NetworkOptions) {
    super();
  }

  override async open(
    keep: ReadonlySet<string>,
    signal: AbortSignal = forever,
    running: readonly RunningContainer[] = [],
  ): Promise<void> {
    this.tries++;
    const wanted = new Set(keep);
    await this.untilTried;
    this.#write();
    this.opened++;
    const ledger = Ledger.open(this.options.stateDir, this.options.log);
    await inherit(this.options, ledger, running, this.options.log, signal);
    for (const { id } of ledger.entries()) if (!wanted.has(id)) ledger.remove(id);
  }

  override rename(): void {
    this.#write();
  }

  #write(): void {
    if (this.isFull) throw new SupercargoError("SC_DISK_FULL", "state cannot be saved: ENOSPC");
  }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supercargo-persistent-"));
  clock = new VirtualClock();
  logged = [];
  const log = createLog("test", (record) => {
    logged.push(record);
  });
  const options: NetworkOptions = {
    bridgeName: "sct-none0",
    address: "",
    fixedCidr: "",
    gateway: "",
    mtu: 1500,
    icc: true,
    ipTables: true,
    ipForward: true,
    ipMasq: true,
    enableIp6: false,
    localhost: "all",
    stateDir: join(folder, "home/supercargo/network"),
    execDir: join(folder, "exec"),
    cniBinDirs: [],
    log,
    clock,
  };
  disk = new NetworkOnDisk(options);
  network = new PersistentNetwork(disk, options);
});
afterEach(() => rmSync(folder, { recursive: true }));

function request(id: string, mode: NetworkRequest["mode"] = "host"): NetworkRequest {
  const filesDir = join(folder, "containers", id);
  mkdirSync(filesDir, { recursive: true });
  return { id, name: id, mode, hostName: id, domainName: "", extraHosts: [], portMappings: [], filesDir };
}

function ledger(): Ledger {
  return Ledger.open(
    join(folder, "home/supercargo/network"),
    createLog("test", () => undefined),
  );
}

function recorded(): readonly Entry[] {
  return parseRecord(readFileSync(join(folder, "home/supercargo/network/record.json"), "utf8")).entries;
}

test("what started in host mode while the disk was full is in the record within half a minute of room, as it was told", async () => {
  await network.open(new Set(), forever);
  const told = await network.attach(request("a"), forever);
  await network.attach(request("gone"), forever);
  await network.release("gone");
  // Long enough for the longest pause between two tries.
  await clock.advance(600_000);
  disk.isFull = false;
  await clock.advance(HEALED_WITHIN_MS);
  expect(network.problems()).toEqual([]);
  expect(recorded().map(({ id, mode, phase }) => `${id} ${mode} ${phase}`)).toEqual(["a host attached"]);
  expect(recorded()[0]).toMatchObject({
    endpointId: told.settings.networks["host"]?.id ?? "",
    sandboxId: told.settings.sandboxId,
  });
  expect(network.attached("a")).toEqual(told);
});

test("what the record has of an earlier run gives way to the run in host mode that is going on", async () => {
  const before = ledger();
  before.put({ ...newEntry(request("a", "bridge")), phase: "attached", address: "172.20.0.2" });
  before.put({ ...newEntry(request("b")), phase: "attached" });
  await network.open(new Set(["a", "b"]), forever);
  const told = [await network.attach(request("a"), forever), await network.attach(request("b"), forever)];
  disk.isFull = false;
  await clock.advance(HEALED_WITHIN_MS);
  expect(recorded().map(({ id, mode, address }) => `${id} ${mode} ${address}`)).toEqual([
    "a host ",
    "b host ",
  ]);
  expect(recorded().map(({ endpointId }) => endpointId)).toEqual(
    told.map(({ settings }) => settings.networks["host"]?.id ?? ""),
  );
});

test("a start in host mode during the set-up waits for what becomes of it, so that it is in the record either way", async () => {
  await network.open(new Set(), forever);
  const { promise, resolve } = Promise.withResolvers<void>();
  disk.untilTried = promise;
  await clock.advance(5_000);
  expect(disk.tries).toBe(2);
  const attaching = network.attach(request("a"), forever);
  disk.isFull = false;
  await settle();
  resolve();
  await attaching;
  // By the network that is set up now.
  expect([...disk.attachments.keys()]).toEqual(["a"]);
});

test("a new name that the full disk refuses after the set-up does not lead to a second set-up", async () => {
  await network.open(new Set(["a"]), forever);
  network.rename("a", "web");
  disk.rename = () => {
    throw new SupercargoError("SC_DISK_FULL", "state cannot be saved: ENOSPC");
  };
  disk.isFull = false;
  await clock.advance(120_000);
  expect(disk.opened).toBe(1);
  expect(network.problems()).toEqual([]);
  expect(logged.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("new name of container a"),
  );
});
