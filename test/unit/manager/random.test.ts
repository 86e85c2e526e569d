import { expect, test } from "bun:test";
import type { FakeFault } from "../../../src/engine/fake/fake-engine.ts";
import { Device, FOREVER, NEW_IMAGE, OLD_IMAGE, policy, wish } from "./support/device.ts";

/**
 * Random requests of several clients on a few containers, with outages, kills and power cuts in between. A model of what was
 * acknowledged says what must be true when everything has settled. The seed is in every failure.
 */

const SEEDS = Number(process.env["SUPERCARGO_RANDOM_SEEDS"] ?? 40);
const STEPS = 30;
const NAMES = ["a", "b", "c", "d"];
const STOP = { timeoutSeconds: 1, force: true, signal: "" };

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Round {
  readonly device = new Device();
  readonly random: () => number;
  readonly history: string[] = [];
  readonly open = new Set<Promise<void>>();
  /** Last acknowledged wish per container, while nothing else is under way for it: true = shall run. */
  readonly wanted = new Map<string, boolean | "unknown">();
  readonly busy = new Map<string, number>();

  constructor(seed: number) {
    this.random = generator(seed);
  }

  pick<T>(list: readonly T[]): T {
    const item = list[Math.floor(this.random() * list.length)];
    if (item === undefined) throw new Error("empty list");
    return item;
  }

  /** Sends a request; when it is answered and nothing else was under way the model follows. */
  send(id: string, what: string, work: Promise<unknown>, wanted: boolean | "gone" | undefined): void {
    const isAlone = (this.busy.get(id) ?? 0) === 0;
    this.busy.set(id, (this.busy.get(id) ?? 0) + 1);
    if (!isAlone) this.wanted.set(id, "unknown");
    const done = work.then(
      () => {
        this.history.push(`${what} ok`);
        if (isAlone && this.busy.get(id) === 1 && wanted !== undefined) {
          if (wanted === "gone") this.wanted.delete(id);
          else this.wanted.set(id, wanted);
        } else if (wanted !== undefined) this.wanted.set(id, "unknown");
      },
      (thrown) => {
        this.history.push(`${what} failed: ${String(thrown.message ?? thrown).slice(0, 60)}`);
        if (wanted !== undefined) this.wanted.set(id, "unknown");
      },
    );
    const tracked: Promise<void> = done.finally(() => {
      this.busy.set(id, (this.busy.get(id) ?? 1) - 1);
      this.open.delete(tracked);
    });
    this.open.add(tracked);
  }

  step() {
    const { manager } = this.device;
    const id = this.pick(NAMES);
    const command = this.pick(["runs", "runs", "runs", "stubborn", "fails", "done"]);
    const type = this.pick(["always", "unless-stopped", "on-failure", "no"]);
    const made = wish(id, "runs", { hostConfig: policy(type) });
    const isThere = manager.get(id) !== undefined;
    const requests = ["create", "start", "start", "stop", "remove", "replace", "pause", "unpause", "rename"];
    switch (isThere || this.random() < 0.1 ? this.pick(requests) : "create") {
      case "create":
        return this.send(id, `create ${id}`, manager.create(made, "test", FOREVER), undefined);
      case "start":
        return this.send(id, `start ${id}`, manager.start(id, FOREVER), true);
      case "stop":
        return this.send(id, `stop ${id}`, manager.stop(id, STOP, FOREVER), false);
      case "remove":
        return this.send(id, `remove ${id}`, manager.remove(id, true, STOP, FOREVER), "gone");
      case "replace": {
        const image = { name: this.pick([OLD_IMAGE, NEW_IMAGE]) };
        const next = wish(id, command, { image, hostConfig: policy("no") });
        const work = manager.replace(id, next, { stop: STOP, probationMs: 2_000 }, FOREVER);
        this.wanted.set(id, "unknown");
        return this.send(id, `replace ${id} by ${command}`, work, undefined);
      }
      case "pause":
        this.wanted.set(id, "unknown");
        return this.send(id, `pause ${id}`, manager.pause(id, FOREVER), undefined);
      case "unpause":
        return this.send(id, `unpause ${id}`, manager.unpause(id, FOREVER), undefined);
      default:
        return this.send(
          id,
          `rename ${id}`,
          manager.rename(id, `${id}${this.pick(["1", "2"])}`, FOREVER),
          undefined,
        );
    }
  }

  async disturb(): Promise<void> {
    const { device } = this;
    const quiet = Array.from({ length: 16 }, () => "none");
    const kind = this.pick([
      ...quiet,
      "fault",
      "fault",
      "fault",
      "outage",
      "outage",
      "kill",
      "kill",
      "power",
    ]);
    if (kind === "none") return;
    this.history.push(`-- ${kind}`);
    for (const id of NAMES) if ((this.busy.get(id) ?? 0) > 0) this.wanted.set(id, "unknown");
    if (kind === "fault") {
      const at = device.engine.calls + 1 + Math.floor(this.random() * 10);
      const fault: FakeFault = this.pick(["error", "hang", "drop", "drop-before"]);
      device.engine.faultAt = (call) => (call === at ? fault : undefined);
      for (const id of NAMES) this.wanted.set(id, "unknown");
    } else if (kind === "outage") {
      device.engine.disconnect();
      await device.clock.advance(Math.floor(this.random() * 3_000));
      device.engine.reconnect();
    } else {
      if (kind === "power") device.cutPower();
      else device.kill();
      // Nobody hears of what was asked of the dead process.
      this.open.clear();
      this.busy.clear();
      for (const id of NAMES) {
        // `always` means: also what a user had stopped, when the daemon starts (spec/engine.md §12).
        const isAlways = device.store.saved.get(id)?.container.hostConfig.restartPolicy.type === "always";
        if (kind === "power" || isAlways) this.wanted.set(id, "unknown");
      }
      await this.boot();
    }
  }

  async boot(): Promise<void> {
    const booting = this.device.boot();
    this.device.manager.subscribe((change) => {
      if (change === "overflowed") return;
      const { id, image, state } = change.container;
      this.history.push(`   ${id} ${change.action}: ${image.name.slice(-1)} ${state.status} ${state.error}`);
    });
    await booting;
  }

  check(): void {
    const { device } = this;
    device.expectNoLeaks();
    expect(device.journal.notes.size).toBe(0);
    for (const [id, wanted] of this.wanted) {
      if (wanted === "unknown") continue;
      const container = device.manager.get(id);
      const isRunning = container?.state.status === "Running";
      if (container?.state.status === "Paused") continue;
      if (wanted === false) expect(`${id} ${isRunning}`).toBe(`${id} false`);
      else if (container?.config?.cmd[0] === "runs") expect(`${id} ${isRunning}`).toBe(`${id} true`);
    }
  }
}

test(`random requests, faults, kills and power cuts: ${SEEDS} seeds`, async () => {
  const base = Number(process.env["SUPERCARGO_RANDOM_BASE"] ?? Date.now() % 1_000_000);
  console.log(`seeds ${base} to ${base + SEEDS - 1} (SUPERCARGO_RANDOM_BASE)`);
  for (let seed = base; seed < base + SEEDS; seed++) {
    const round = new Round(seed);
    await round.boot();
    try {
      for (let step = 0; step < STEPS; step++) {
        round.step();
        if (round.random() < 0.5) await round.device.clock.advance(Math.floor(round.random() * 1_500));
        await round.disturb();
      }
      round.device.engine.faultAt = () => undefined;
      await round.device.finish(Promise.all(round.open));
      await round.device.clock.advance(120_000);
      round.check();
    } catch (thrown) {
      throw new Error(`seed ${seed}: ${String(thrown)}\n${round.history.join("\n")}`);
    }
  }
}, 120_000);
