/** A device whose daemon can be started, ended and killed any number of times; engine, disk, network and FIFOs outlive it. */

import { expect } from "bun:test";
import { createLog, type LogRecord } from "../../../../src/base/log.ts";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { FakeEngine } from "../../../../src/engine/fake/fake-engine.ts";
import type { TaskBehaviour } from "../../../../src/engine/fake/task-behaviour.ts";
import { FakeWorld } from "../../../../src/engine/fake/world.ts";
import { Manager } from "../../../../src/manager/manager.ts";
import { DEFAULT_OPTIONS, type ManagerOptions } from "../../../../src/manager/parts.ts";
import type { Container } from "../../../../src/model/container.ts";
import type { ContainerWish } from "../../../../src/model/defaults.ts";
import { openContainerStore } from "../../../../src/store/container-files.ts";
import { openJournal } from "../../../../src/store/journal-files.ts";
import type { ContainerStore, Journal } from "../../../../src/store/store.ts";
import { brokenInvariants, type Held, storedSeen } from "../../../model/invariants.ts";
import type { MemoryDisk } from "../../store/memory-disk.ts";
import { FakeImages, FakeLogs, FakeNetwork, FakeSpecs } from "./fake-rooms.ts";
import { KillSwitch } from "./kill-switch.ts";
import { MemoryJournal, MemoryStore } from "./memory-store.ts";
import { RoomFaults } from "./room-faults.ts";

export const OLD_IMAGE = "registry.example/app:1";
export const NEW_IMAGE = "registry.example/app:2";
export const HOME = "/var/lib/home";
export const FOREVER = new AbortController().signal;

/** By the first word of the command. */
const BEHAVIOURS: Readonly<Record<string, TaskBehaviour>> = {
  runs: { exitCodeAfterSignal: 143 },
  missing: { failsToCreate: 'exec: "/missing": stat /missing: no such file or directory: unknown' },
  stubborn: { ignoresSignals: true },
  immortal: { ignoresSignals: true, ignoresKill: true },
  fails: { endsAfterMs: 500, exitCode: 1 },
  crashes: { endsAfterMs: 5, exitCode: 1 },
  done: { endsAfterMs: 500, exitCode: 0 },
  hungry: { endsAfterMs: 500, exitCode: 137, runsOutOfMemory: true },
  child: { endsAfterMs: 500, exitCode: 4, runsOutOfMemory: true },
  handles: { exitCodeAfterSignal: 7, endsAfterSignalMs: 50 },
  quiet: { writesNothing: true },
  "fails-quietly": { writesNothing: true, endsAfterMs: 500, exitCode: 1 },
};

export class Device {
  readonly clock = new VirtualClock();
  readonly world = new FakeWorld(this.clock);
  readonly store = new MemoryStore();
  readonly journal = new MemoryJournal();
  readonly images = new FakeImages();
  readonly network = new FakeNetwork();
  readonly logs = new FakeLogs();
  readonly specs = new FakeSpecs();
  readonly disk = { freeBytes: 1e9, freeInodes: 1e6, stateFreeBytes: 1e9 };
  readonly roomFaults = new RoomFaults(this.clock);
  engine = new FakeEngine(this.world);
  power = new KillSwitch();
  /** What the daemon says. */
  onLog: (record: LogRecord) => void = () => {};
  manager: Manager;
  #ids = 0;

  /** @param files the real store and journal on this disk; absent: both in memory, which is faster. */
  constructor(public files: MemoryDisk | undefined = undefined) {
    this.manager = this.#make({});
    this.world.behaviour = (request) => BEHAVIOURS[request.spec.process.args[0] ?? ""] ?? {};
  }

  /** A fresh process; a running one should be closed or killed before. */
  async boot(options: Partial<ManagerOptions> = {}): Promise<Manager> {
    this.manager = this.#make(options);
    await this.finish(this.manager.open(FOREVER));
    return this.manager;
  }

  /** A fresh process whose start is not waited for. */
  make(options: Partial<ManagerOptions> = {}): Manager {
    this.manager = this.#make(options);
    return this.manager;
  }

  /** kill -9. */
  kill(): void {
    this.power.isDead = true;
  }

  /** Power cut: daemon and tasks are gone, the disk stays. */
  cutPower(): void {
    this.kill();
    this.world.loseTasks();
    this.network.attachments.clear();
    this.network.ports.clear();
    this.logs.fifos.clear();
  }

  /** Moves time until the promise settles; fails after `limitMs` of virtual time. */
  async finish<T>(work: Promise<T>, limitMs = 300_000): Promise<T> {
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    work.then(settled, settled);
    const endMs = this.clock.nowMs() + limitMs;
    await this.clock.advance(0);
    while (!isSettled && this.clock.nowMs() < endMs) await this.clock.advance(10);
    if (!isSettled) throw new Error(`not settled within ${limitMs} ms of virtual time`);
    return await work;
  }

  /** Moves time until the condition holds. */
  async until(condition: () => boolean, limitMs = 120_000): Promise<void> {
    const endMs = this.clock.nowMs() + limitMs;
    await this.clock.advance(0);
    while (!condition()) {
      if (this.clock.nowMs() >= endMs) throw new Error(`condition did not hold within ${limitMs} ms`);
      await this.clock.advance(10);
    }
  }

  async create(wish: ContainerWish): Promise<Container> {
    return await this.finish(this.manager.create(wish, "test", FOREVER));
  }

  async createAndStart(wish: ContainerWish): Promise<Container> {
    const { id } = await this.create(wish);
    await this.finish(this.manager.start(id, FOREVER));
    return this.get(id);
  }

  get(id: string): Container {
    const container = this.manager.get(id);
    if (container === undefined) throw new Error(`no container ${id}`);
    return container;
  }

  /** Whether nothing is noted as under way. */
  get isSettled(): boolean {
    return this.held().notes.length === 0;
  }

  /** What disk, engine, network and output hold, past the manager. */
  held(): Held {
    const { world, network, logs } = this;
    const loaded = this.#openStore().load();
    const journal = this.#openJournal().entries();
    return {
      tasks: [...world.tasks.values()].map((task) => ({
        id: task.request.id,
        pid: task.pid,
        status: task.status,
      })),
      records: [...world.records],
      snapshots: [...world.snapshots].map(([key, { parent }]) => ({ key, parent })),
      networks: [...network.attachments.keys()],
      outputs: [...logs.fifos.values()],
      stored: loaded.containers.map(({ container }) => storedSeen(container)),
      folders: this.#stateFolders(),
      notes: [...journal.entries.keys()],
      other: [
        ...[...network.ports].flatMap(([port, id]) =>
          id === "other" || network.attachments.has(id) ? [] : [`port ${port} of ${id} has no owner`],
        ),
        ...[...loaded.problems, ...journal.problems].map(({ path, reason }) => `${path}: ${reason}`),
        ...(this.files?.files() ?? []).filter((path) => /\.tmp$|\/next\//.test(path)),
        ...world.execs.keeper.existing().map(({ id }) => `pipes of a process in ${id} have no owner`),
        ...[...world.tasks.values()].flatMap(({ request, execs }) =>
          [...execs.keys()].map(() => `a process in ${request.id} has no owner`),
        ),
      ],
    };
  }

  /** Whatever exists has exactly what belongs to it, anywhere; notes of what is under way are no leak. */
  expectNoLeaks(): void {
    expect(brokenInvariants(this.manager.list(), { ...this.held(), notes: [] })).toEqual([]);
  }

  #stateFolders(): readonly string[] {
    if (this.files === undefined) return [...this.store.saved.keys()];
    const folder = `${HOME}/containers/`;
    const below = this.files.files().filter((path) => path.startsWith(folder));
    return [...new Set(below.map((path) => path.slice(folder.length).split("/")[0] ?? ""))];
  }

  #openStore(): ContainerStore {
    return this.files === undefined ? this.store : openContainerStore(HOME, this.files);
  }

  #openJournal(): Journal {
    return this.files === undefined ? this.journal : openJournal(HOME, this.files);
  }

  #make(options: Partial<ManagerOptions>): Manager {
    this.engine = new FakeEngine(this.world);
    const power = new KillSwitch();
    const { roomFaults } = this;
    this.power = power;
    return new Manager({
      engine: power.guard(this.engine, "engine"),
      images: power.guard(roomFaults.guard(this.images, "images"), "images"),
      network: power.guard(roomFaults.guard(this.network, "network"), "network"),
      logs: power.guard(roomFaults.guard(this.logs, "logs"), "logs"),
      execPipes: this.world.execs.keeper,
      store: power.guard(this.#openStore(), "store"),
      journal: power.guard(this.#openJournal(), "journal"),
      specs: this.specs,
      disk: () => this.disk,
      clock: this.clock,
      log: createLog("manager", (record) => this.onLog(record)),
      options: { ...DEFAULT_OPTIONS, ...options },
      newId: () => `new-${++this.#ids}`,
    });
  }
}

/** A wish with the defaults of these tests. */
export function wish(name: string, command: string, more: ContainerWish = {}): ContainerWish {
  return { id: name, name, image: { name: OLD_IMAGE }, config: { cmd: [command] }, ...more };
}

export function policy(type: string, maximumRetryCount = 0) {
  return { restartPolicy: { type, maximumRetryCount, retryTimeoutNanos: 0n } };
}
