/**
 * The deployment folder of the daemon itself (spec/engine.md §18): `init` deploys it once in a device's life, `update` once
 * at each daemon start, `watch` keeps it deployed as the auto deployer would. Runs in the background after the restore.
 * Whoever holds the lock of a folder's memory owns the folder: this, or the auto deployer (DESIGN §5).
 */

import { realpathSync, statSync } from "node:fs";
import { FolderWatch } from "#folder-watch";
import { type Clock, delay } from "../../base/clock.ts";
import { errnoName } from "../../base/libc.ts";
import type { Log } from "../../base/log.ts";
import { describeError } from "../../errors/error.ts";
import type { Container } from "../../model/container.ts";
import type { Problem } from "../../model/problem.ts";
import type { Containers } from "../containers.ts";
import { Runner } from "../runner.ts";
import { type Memory, volatileMemory } from "../wish.ts";
import { FolderDeployment } from "./deployment.ts";
import { listDescriptors } from "./descriptors.ts";
import { FolderFollower } from "./follow.ts";
import { InitMarker } from "./init-marker.ts";
import { type FileState, listManifests, listPassedOver } from "./listing.ts";
import { FileMemory, loadMemory, memoryPlace, ownFolder } from "./memory-file.ts";
import { nameNameless, nameOfFile } from "./nameless.ts";
import { NewsLog } from "./news-log.ts";
import { type FolderReading, WATCHED_FOLDER } from "./read-file.ts";

export type DeploymentMode = "init" | "update" | "watch";

export interface DeploymentFolderParts {
  readonly mode: DeploymentMode;
  /** The folder of descriptors; need not be there. */
  readonly folder: string;
  /** Where the marker of a first deployment lies. */
  readonly home: string;
  /** Where memories and locks of folders lie. */
  readonly stateDir: string;
  readonly containers: Containers;
  readonly clock: Clock;
  readonly log: Log;
}

/** Steps at a time (spec/pitfalls.md §4: 4 to 6 is best). */
const PARALLEL = 4;
const PROBATION_MS = 10_000;
const RESCAN_MS = 10_000;
const BLIND_RESCAN_MS = 1000;
/** Between two looks for what tells nobody that it has come: a folder that is missing, a lock that is held. */
const LOOK_EVERY_MS = 1000;
/** What is in hand when the daemon ends may take this long. */
const END_LIMIT_MS = 20_000;
/** 0 = the daemon's own default timeout. */
const STOP = { timeoutSeconds: 0, force: true, signal: "SIGTERM" } as const;

interface Keeping extends Disposable {
  readonly memory: Memory;
}

/** A failed look at the folder that somebody has to mend. */
class Trouble extends Error {}

export class DeploymentFolder {
  readonly #news: NewsLog;

  constructor(private readonly parts: DeploymentFolderParts) {
    this.#news = new NewsLog(parts.log, parts.folder);
  }

  get problems(): readonly Problem[] {
    return this.#news.problems;
  }

  /** Resolves when there is nothing more to do, or when `stop` aborts and what was in hand is finished. Never rejects. */
  async run(stop: AbortSignal): Promise<void> {
    try {
      await this.#run(stop);
    } catch (thrown) {
      if (stop.aborted) return;
      const hint = thrown instanceof Trouble ? "mend it and restart the daemon" : "";
      this.#news.trouble(`the deployment folder is not deployed: ${describeError(thrown)}`, hint);
    }
  }

  async #run(stop: AbortSignal): Promise<void> {
    const { mode, home, log } = this.parts;
    const marker = new InitMarker(home);
    if (mode === "init" && !(await this.#isFirst(marker, stop))) return;
    const folder = await this.#find(stop);
    if (folder === undefined) {
      log.debug("there is no deployment folder", { folder: this.parts.folder });
      return;
    }
    using keeping = await this.#own(folder, stop);
    if (keeping === undefined) return;
    if (mode === "init") marker.begin();
    else this.#tryToMark(marker);
    const isComplete = await this.#deploy(folder, keeping.memory, stop);
    if (mode === "init" && isComplete) marker.set();
  }

  /** Whether the device has never been deployed to: no marker, and no containers but those of a first run that was cut off. */
  async #isFirst(marker: InitMarker, stop: AbortSignal): Promise<boolean> {
    if (marker.isSet) return false;
    if (marker.hasBegun || (await this.parts.containers.list(stop)).length === 0) return true;
    marker.set();
    return false;
  }

  /** In update mode it only tells a peer that takes over; a disk that does not take it changes nothing. */
  #tryToMark(marker: InitMarker): void {
    try {
      marker.set();
    } catch (thrown) {
      if (errnoName(thrown) === undefined) throw thrown;
      this.parts.log.warn("the marker of the deployment cannot be set", { reason: describeError(thrown) });
    }
  }

  /** The folder's real path. One that is not there is waited for when watching, and otherwise nothing to do. */
  async #find(stop: AbortSignal): Promise<string | undefined> {
    const { folder, mode, clock, log } = this.parts;
    for (let isTold = false; ; isTold = true) {
      try {
        const real = realpathSync(folder);
        if (statSync(real).isDirectory()) return real;
        throw new Trouble(`${folder} is not a folder`);
      } catch (thrown) {
        const reason = errnoName(thrown);
        if (reason === undefined) throw thrown;
        if (reason !== "ENOENT") throw new Trouble(`${folder} cannot be read: ${reason}`);
      }
      if (mode !== "watch") return undefined;
      if (!isTold) log.warn("the deployment folder is not there; waiting for it", { folder });
      await delay(clock, LOOK_EVERY_MS, stop);
    }
  }

  /** Becomes the folder's owner; undefined when another deployer owns it and this one has no reason to wait. */
  async #own(folder: string, stop: AbortSignal): Promise<Keeping | undefined> {
    const { stateDir, mode, clock, log } = this.parts;
    const place = memoryPlace(stateDir, folder);
    for (let isTold = false; ; isTold = true) {
      const ownership = ownFolder(stateDir, place);
      if (ownership.kind === "owner") {
        this.#news.noTrouble();
        return this.#open(place.statePath, folder, ownership.release);
      }
      if (ownership.kind === "unavailable") {
        log.warn(
          "what is deployed cannot be remembered; descriptors that change while the daemon is away are not noticed",
          {
            folder: stateDir,
            reason: ownership.reason,
          },
        );
        return { memory: volatileMemory(), [Symbol.dispose]: () => {} };
      }
      const fields = { folder, process: ownership.owner };
      if (mode !== "watch") {
        log.info("another deployer keeps the deployment folder; it is left to it", fields);
        return undefined;
      }
      if (!isTold) {
        this.#news.trouble(
          `another deployer (process ${ownership.owner}) keeps ${folder} deployed`,
          "stop it, or set deployment.mode to update; the daemon takes over as soon as it ends",
        );
      }
      await delay(clock, LOOK_EVERY_MS, stop);
    }
  }

  #open(statePath: string, folder: string, release: () => void): Keeping {
    const { clock, log } = this.parts;
    const { entries, problem } = loadMemory(statePath, true);
    if (problem !== undefined) log.warn(problem);
    const memory = new FileMemory(statePath, folder, entries, clock, (reason) =>
      log.warn("what was deployed cannot be remembered", { folder, reason }),
    );
    return {
      memory,
      [Symbol.dispose]: () => {
        memory[Symbol.dispose]();
        release();
      },
    };
  }

  /** Answers whether every file has been deployed. */
  async #deploy(folder: string, memory: Memory, stop: AbortSignal): Promise<boolean> {
    const { mode, containers, clock, log } = this.parts;
    const isWatching = mode === "watch";
    const options = {
      parallel: PARALLEL,
      retries: true,
      stop: STOP,
      probationMs: PROBATION_MS,
      // Against the peer: what a user has stopped or paused stays so (spec/engine.md §22.5).
      respectStopped: true,
      canChange: true,
    };
    const runner = new Runner(containers, memory, clock, options, this.#news.tellRunner);
    const fault = Promise.withResolvers<never>();
    // Raced below; a fault after the end of the race has nobody to tell.
    fault.promise.catch(() => {});
    const supervise = (work: Promise<void>) => void work.catch(fault.reject);
    const present = isWatching ? [] : await containers.list(stop);
    const files = isWatching ? this.#manifests(folder) : this.#descriptors(folder, memory, present);
    const reading = isWatching ? WATCHED_FOLDER : initDirReading(folder, files, memory, present);
    const tell = this.#news.tellFolder;
    const deployment = new FolderDeployment({
      ...{ folder, runner, memory, clock, holdsBroken: isWatching, reading, tell, supervise },
    });
    const follower = new FolderFollower(folder, clock, (change) => supervise(deployment.change(change)));
    try {
      using _watch = isWatching ? this.#watch(folder, follower) : undefined;
      follower.begin(files);
      const stopped = whenAborted(stop);
      const all = deployment.deployAll(files);
      const results = await Promise.race([fault.promise, stopped, all]);
      if (results === "stopped") return false;
      let isComplete = true;
      for (const result of results) {
        if (result.kind === "wish") continue;
        isComplete = false;
        tell(result);
      }
      log.info("the deployment folder has been read", { folder, files: results.length });
      await Promise.race([fault.promise, stopped, isWatching ? stopped : runner.whenIdle()]);
      return isComplete && !stop.aborted && this.#news.problems.length === 0;
    } finally {
      follower.end();
      deployment.end();
      await runner.stop(END_LIMIT_MS);
    }
  }

  /** In a first run that goes on after an interruption, what somebody has removed since is not made again. */
  #descriptors(
    folder: string,
    memory: Memory,
    present: readonly Container[],
  ): ReadonlyMap<string, FileState> {
    const { files, unreadable } = listDescriptors(folder);
    for (const [name, reason] of unreadable) {
      this.#news.trouble(`${folder}/${name} cannot be read: ${reason}`, "");
    }
    if (this.parts.mode !== "init") return files;
    const ids = new Set(present.map(({ id }) => id));
    const made = [...memory.entries().values()].filter(({ containerId }) => !ids.has(containerId));
    const removed = new Set(made.map(({ source }) => source));
    return new Map([...files].filter(([name]) => !removed.has(name)));
  }

  #manifests(folder: string): ReadonlyMap<string, FileState> {
    for (const name of listPassedOver(folder)) {
      this.parts.log.warn("sub-folders are not read while watching", { folder: `${folder}/${name}` });
    }
    return listManifests(folder);
  }

  #watch(folder: string, follower: FolderFollower): FolderWatch {
    const { clock, log } = this.parts;
    return new FolderWatch(folder, {
      clock,
      rescanMs: RESCAN_MS,
      blindMs: BLIND_RESCAN_MS,
      onHint: (name) => follower.hint(name),
      onBlind: (reason) =>
        log.warn("the system does not tell of changes in the deployment folder; looking by ourselves", {
          reason,
        }),
    });
  }
}

function initDirReading(
  folder: string,
  files: ReadonlyMap<string, FileState>,
  memory: Memory,
  present: readonly Container[],
): FolderReading {
  const names = nameNameless(folder, files, memory.entries(), present);
  return { source: "init-dir", nameFor: (file) => names.get(file) ?? nameOfFile(file) };
}

function whenAborted(signal: AbortSignal): Promise<"stopped"> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve("stopped");
    else signal.addEventListener("abort", () => resolve("stopped"), { once: true });
  });
}
