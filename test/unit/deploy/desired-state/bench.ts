/** A conductor over fake containers, a journal in memory that outlives it, and everything that it tells written down. */

import { silentLog } from "../../../../src/base/log.ts";
import { settle, VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { Conductor } from "../../../../src/deploy/desired-state/conductor.ts";
import type { ConductorOptions } from "../../../../src/deploy/desired-state/conductor-parts.ts";
import type { Device } from "../../../../src/deploy/desired-state/device.ts";
import type { ComponentWish, DesiredStateWish } from "../../../../src/deploy/desired-state/wish.ts";
import type { Command, Report } from "../../../../src/deploy/desired-state/words.ts";
import type { Container, DesiredContainer } from "../../../../src/model/container.ts";
import { type ContainerWish, fillDefaults } from "../../../../src/model/defaults.ts";
import type { Journal } from "../../../../src/store/store.ts";
import { FakeContainers } from "../support/fake-containers.ts";

export class MemoryJournal implements Journal {
  readonly notes = new Map<string, string>();
  /** Runs before each change; may throw. */
  onChange: ((what: string) => void) | undefined;

  write(key: string, entry: unknown): void {
    this.onChange?.(`write ${key}`);
    this.notes.set(key, JSON.stringify(entry));
  }

  remove(key: string): void {
    this.onChange?.(`remove ${key}`);
    this.notes.delete(key);
  }

  entries(): ReturnType<Journal["entries"]> {
    return { entries: new Map([...this.notes].map(([key, text]) => [key, JSON.parse(text)])), problems: [] };
  }
}

export interface BenchOptions {
  readonly containers?: FakeContainers;
  readonly clock?: VirtualClock;
  readonly journal?: MemoryJournal;
  readonly device?: Partial<Device>;
  readonly options?: Partial<ConductorOptions>;
  /** Whether reports are heard. */
  readonly isHeard?: () => boolean;
  readonly reports?: Report[];
  readonly onReport?: (report: Report) => void;
}

export class Bench {
  readonly clock: VirtualClock;
  readonly containers: FakeContainers;
  readonly journal: MemoryJournal;
  readonly reports: Report[];
  readonly conductor: Conductor;
  #ids = 0;

  constructor(setup: BenchOptions = {}) {
    this.clock = setup.clock ?? new VirtualClock();
    this.containers = setup.containers ?? new FakeContainers(this.clock, "ours");
    this.journal = setup.journal ?? new MemoryJournal();
    this.reports = setup.reports ?? [];
    const { containers } = this;
    const device: Device = {
      list: (signal) => containers.list(signal),
      create: (desired, signal) => containers.create(desired, signal),
      start: (id, signal) => containers.start(id, signal),
      stop: (id, options, signal) => containers.stop(id, options, signal),
      unpause: (id, signal) => containers.unpause(id, signal),
      remove: (id, force, stop, signal) => containers.remove(id, force, stop, signal),
      update: (id, policy, resources, signal, limits) =>
        containers.update(id, policy, resources, signal, limits),
      watch: (onChange, signal) => containers.watch?.(onChange, signal) ?? Promise.resolve(),
      ...setup.device,
    };
    const prefix = `new${this.journal.notes.size}${this.containers.calls.length}`;
    this.conductor = new Conductor({
      device,
      journal: this.journal,
      clock: this.clock,
      log: silentLog,
      options: {
        domain: "containers",
        systemContainers: [],
        isProtected: () => false,
        newId: () => `${prefix}-${++this.#ids}`,
        stop: { timeoutSeconds: 1, force: true, signal: "" },
        probationMs: 3000,
        silenceMs: 1_800_000,
        silenceAfterStartMs: 120_000,
        ...setup.options,
      },
      tell: async (report) => {
        setup.onReport?.(report);
        this.reports.push(report);
        if (setup.isHeard?.() === false) throw new Error("the broker is away");
      },
    });
  }

  put(name: string, change: ContainerWish = {}, isRunning = true): Container {
    return this.containers.put(desiredOf(name, change), isRunning ? {} : { status: "Stopped", pid: -1 });
  }

  /** Submits and waits until nothing is being done. */
  async submit(wish: Partial<DesiredStateWish>): Promise<void> {
    this.conductor.submit({
      activityId: "a",
      components: [],
      baselines: [],
      leadAfterMs: undefined,
      ...wish,
    });
    await settle();
  }

  async command(command: Command, baseline = "*", activityId = "a"): Promise<void> {
    this.conductor.command(activityId, command, baseline);
    await settle();
  }

  /** All phases in their order. */
  async lead(...commands: readonly Command[]): Promise<void> {
    for (const command of commands) await this.command(command);
  }

  /** `STATUS[action statuses]` per report since the last time. */
  lines(): readonly string[] {
    return this.reports.splice(0).map(lineOf);
  }

  /** `name image status`, sorted. */
  state(): readonly string[] {
    return [...this.containers.all.values()]
      .map(({ name, image, state }) => `${name} ${image.name} ${state.status}`)
      .sort();
  }
}

export function lineOf({ status, actions }: Report): string {
  const each = actions?.map((action) => action.status).join(" ");
  return each === undefined ? status : `${status} [${each}]`;
}

export function desiredOf(name: string, change: ContainerWish = {}): DesiredContainer {
  return fillDefaults({ image: { name: "app:1" }, ...change, name });
}

export function component(name: string, image = "app:1", change: Partial<ComponentWish> = {}): ComponentWish {
  const desired = desiredOf(name, { image: { name: image } });
  return { name, version: image.split(":")[1] ?? "", desired, dependsOn: [], ...change };
}

export const ALL_PHASES = ["DOWNLOAD", "UPDATE", "ACTIVATE", "CLEANUP"] as const;
