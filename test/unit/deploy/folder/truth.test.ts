/** Deployers and daemons are killed at random while a folder is edited: in the end it is what runs, whatever was cut off. */

import { expect, test } from "bun:test";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { FolderDeployment } from "../../../../src/deploy/folder/deployment.ts";
import { FolderFollower } from "../../../../src/deploy/folder/follow.ts";
import { listManifests } from "../../../../src/deploy/folder/listing.ts";
import { Runner } from "../../../../src/deploy/runner.ts";
import type { RunnerOptions } from "../../../../src/deploy/runner-news.ts";
import type { Memory } from "../../../../src/deploy/wish.ts";
import { seededRandom } from "../../../integration/support/seeded-random.ts";
import { STOP } from "../support/bench.ts";
import { manifestText, temporaryFolder } from "../support/folder.ts";
import { killableMemory } from "../support/killable-memory.ts";
import { OwnDaemon } from "../support/own-daemon.ts";

const SEEDS = Number(process.env["SUPERCARGO_TRUTH_SEEDS"] ?? 40);
const FIRST_SEED = Number(process.env["SUPERCARGO_SEED"] ?? 1);
const STEPS = 16;
/** Two with a fixed id, as most real manifests have one. */
const NAMES = ["fixed-a", "fixed-b", "free-a", "free-b"];
const SETTLES_WITHIN_MS = 180_000;
const LONGEST_PAUSE_MS = 2500;

interface Version {
  readonly text: string;
  readonly mark: string;
}

class Story {
  readonly clock = new VirtualClock();
  readonly folder = temporaryFolder();
  readonly daemon: OwnDaemon;
  readonly wished = new Map<string, Version>();
  readonly #former = new Map<string, Version>();
  readonly faults: unknown[] = [];
  readonly said: string[] = [];
  #kill: () => Memory | undefined = () => undefined;
  #serial = 0;

  constructor(
    private readonly random: () => number,
    private readonly isKanto: boolean,
  ) {
    this.daemon = new OwnDaemon(this.clock, random);
    // A folder in which nothing is left prunes nothing: one file stays.
    this.#put("stays", { text: manifestText("stays"), mark: "" });
  }

  #put(name: string, version: Version): void {
    const before = this.wished.get(name);
    if (before !== undefined) this.#former.set(name, before);
    this.wished.set(name, version);
    const path = join(this.folder.path, `${name}.json`);
    writeFileSync(path, version.text);
    const seconds = 1_800_000_000 + this.#serial++;
    utimesSync(path, seconds, seconds);
    this.said.push(`${this.#now()} write ${name} ${version.mark}`);
  }

  #now(): number {
    return Math.round(this.clock.nowMs());
  }

  #pick<T>(all: readonly T[]): T {
    const one = all[Math.floor(this.random() * all.length)];
    if (one === undefined) throw new Error("nothing to choose from");
    return one;
  }

  #change(): void {
    const name = this.#pick(NAMES);
    const chance = this.random();
    const former = this.#former.get(name);
    if (chance < 0.2 && this.wished.delete(name)) {
      rmSync(join(this.folder.path, `${name}.json`));
      this.said.push(`${this.#now()} remove ${name}`);
    } else if (chance < 0.5 && former !== undefined) this.#put(name, former);
    else {
      const mark = `V=${++this.#serial}`;
      const id = name.startsWith("fixed") ? { container_id: name } : {};
      const image = `host/web:${this.#serial % 3}`;
      this.#put(name, { mark, text: manifestText(name, image, { ...id, config: { env: [mark] } }) });
    }
  }

  async start(memory: Memory | undefined): Promise<void> {
    const { memory: kept, afterKill } = killableMemory(memory);
    const caller = this.daemon.connect(this.isKanto);
    const options: RunnerOptions = {
      ...{ parallel: 4, retries: true, stop: STOP, probationMs: 400 },
      ...{ respectStopped: false, canChange: true },
    };
    const runner = new Runner(caller.containers, kept, this.clock, options, () => {});
    const supervise = (work: Promise<void>) => void work.catch((thrown: unknown) => this.faults.push(thrown));
    const deployment = new FolderDeployment({
      folder: this.folder.path,
      runner,
      memory: kept,
      clock: this.clock,
      holdsBroken: true,
      prunes: true,
      tell: () => {},
      supervise,
    });
    const follower = new FolderFollower(this.folder.path, this.clock, (change) =>
      supervise(deployment.change(change)),
    );
    const files = listManifests(this.folder.path);
    follower.begin(files);
    supervise(deployment.deployAll(files).then(async () => void (await deployment.prune())));
    this.notice = () => follower.hint(undefined);
    this.#kill = () => {
      caller.kill();
      follower.end();
      deployment.end();
      // What was noted without haste may have come to the disk, or not.
      return this.random() < 0.5 ? afterKill() : kept;
    };
  }

  notice: () => void = () => {};

  async step(): Promise<void> {
    for (let more = Math.floor(this.random() * 3); more > 0; more--) this.#change();
    this.notice();
    await this.clock.advance(this.random() * this.random() * LONGEST_PAUSE_MS);
    const chance = this.random();
    if (chance < 0.45) {
      this.said.push(`${this.#now()} kill deployer`);
      await this.start(this.#kill());
    } else if (chance < 0.6) {
      this.said.push(`${this.#now()} kill daemon`);
      this.daemon.killAndRestart(this.random() * 500);
    }
    await this.clock.advance(this.random() * this.random() * LONGEST_PAUSE_MS);
  }

  end(): void {
    this.#kill();
    this.folder[Symbol.dispose]();
  }

  /** Names with what runs of them, as the folder says it and as it is. */
  get wanted(): readonly string[] {
    return [...this.wished].map(([name, { mark }]) => `${name} Running ${mark}`).sort();
  }

  get running(): readonly string[] {
    const all = [...this.daemon.kept.all.values()];
    return all.map(({ name, state, config }) => `${name} ${state.status} ${config?.env ?? ""}`).sort();
  }
}

test.each(["ours", "Kanto's"])(
  `${SEEDS} stories of edits, removals and kills, the daemon is %s`,
  async (whose) => {
    let kills = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const story = new Story(seededRandom(seed), whose !== "ours");
      try {
        await story.start(undefined);
        for (let step = 0; step < STEPS; step++) await story.step();
        await story.clock.advance(SETTLES_WITHIN_MS);
        const told = story.said.slice(-14);
        expect({ seed, told, runs: story.running, faults: story.faults }).toEqual({
          seed,
          told,
          runs: story.wanted,
          faults: [],
        });
        kills += story.said.filter((line) => line.includes(" kill ")).length;
      } finally {
        story.end();
      }
    }
    console.log(`${SEEDS} stories with a daemon of ${whose}, ${kills} kills`);
    expect(kills).toBeGreaterThan(SEEDS);
  },
  SEEDS * 1000,
);
