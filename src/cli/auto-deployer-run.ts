/** One run of the auto deployer over a folder that is there: owning it, the first pass, and in daemon mode what follows. */

import { FolderWatch } from "#folder-watch";
import type { Clock } from "../base/clock.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import type { SupervisorNews } from "../base/sd-notify.ts";
import type { Containers } from "../deploy/containers.ts";
import { FolderDeployment } from "../deploy/folder/deployment.ts";
import { FolderFollower } from "../deploy/folder/follow.ts";
import { type FileState, listManifests, listPassedOver } from "../deploy/folder/listing.ts";
import type { StatusBook } from "../deploy/folder/status-book.ts";
import { Runner } from "../deploy/runner.ts";
import { describeError } from "../errors/error.ts";
import { type Keeping, keepFolder } from "./auto-deployer-keeping.ts";
import { AutoDeployerLines } from "./auto-deployer-lines.ts";
import { quoted } from "./auto-deployer-log.ts";
import type { AutoDeployerOptions } from "./auto-deployer-options.ts";
import { awaitTakeOver } from "./auto-deployer-take-over.ts";

/** Steps at a time (spec/pitfalls.md §4: 4 to 6 is best). */
const PARALLEL = 4;
/** A slow look at the whole folder, for what the kernel does not tell (DESIGN §5). */
const RESCAN_MS = 10_000;
/** The same while the kernel does not watch at all. */
const BLIND_RESCAN_MS = 1000;
/** What is in hand when the end is asked for may take this long; systemd's own limit is 90 s. */
const END_LIMIT_MS = 20_000;
const DAEMON_PROBATION_SECONDS = 10;
const SINGLE_PROBATION_SECONDS = 3;

export interface AutoDeployerRunDeps {
  readonly options: AutoDeployerOptions;
  /** Real path. */
  readonly folder: string;
  readonly containers: Containers;
  readonly log: Log;
  readonly clock: Clock;
  readonly notify: (news: SupervisorNews) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export class AutoDeployerRun {
  readonly #fault = Promise.withResolvers<never>();
  readonly #lines: AutoDeployerLines;

  constructor(private readonly deps: AutoDeployerRunDeps) {
    this.#lines = new AutoDeployerLines(deps.log, deps.folder, !deps.options.daemon);
    // Somebody waits for it only in daemon mode; a fault of ours must reach whoever waits, and nobody else.
    this.#fault.promise.catch(() => {});
  }

  /** Answers the exit code: when all is done, or in daemon mode after `stop` has aborted. */
  async run(stop: AbortSignal): Promise<number> {
    using keeping = await keepFolder(this.deps, stop);
    if (keeping === undefined) return stop.aborted ? 0 : 1;
    return await this.#deploy(keeping, stop);
  }

  async #deploy(keeping: Keeping, stop: AbortSignal): Promise<number> {
    const { options, folder, containers, clock } = this.deps;
    const runner = new Runner(
      containers,
      keeping.memory,
      clock,
      {
        parallel: PARALLEL,
        retries: options.daemon,
        stop: { timeoutSeconds: options.stopTimeoutSeconds, force: true, signal: "SIGTERM" },
        probationMs: 1000 * this.#probationSeconds(),
        respectStopped: options.respectStopped,
        canChange: keeping.ownsFolder,
      },
      (news) => {
        this.#lines.tellRunner(news);
        keeping.book.tellRunner(news);
      },
    );
    const deployment = new FolderDeployment({
      folder,
      runner,
      memory: keeping.memory,
      clock,
      holdsBroken: options.daemon,
      prunes: options.prune && keeping.ownsFolder,
      tell: (news) => {
        this.#lines.tellFolder(news);
        keeping.book.tellFolder(news);
      },
      supervise: (work) => this.#supervise(work),
    });
    const follower = new FolderFollower(folder, clock, (change) =>
      this.#supervise(deployment.change(change)),
    );
    using watch = options.daemon ? this.#watch(follower) : undefined;
    try {
      return await Promise.race([
        this.#fault.promise,
        this.#work(deployment, follower, keeping.book, watch !== undefined, stop),
      ]);
    } finally {
      follower.end();
      deployment.end();
      await runner.stop(END_LIMIT_MS);
    }
  }

  async #work(
    deployment: FolderDeployment,
    follower: FolderFollower,
    book: StatusBook,
    isWatching: boolean,
    stop: AbortSignal,
  ): Promise<number> {
    const { folder, log, notify } = this.deps;
    const stopped = new Promise<"stopped">((resolve) => {
      if (stop.aborted) resolve("stopped");
      else stop.addEventListener("abort", () => resolve("stopped"), { once: true });
    });
    log.info(`Running initial deployment of "${quoted(folder)}"`);
    log.info(`Reading manifests from [${folder}]`);
    const files = this.#list();
    follower.begin(files);
    // Whoever waits for us need not wait for images: from now on no change is missed.
    if (isWatching) notify({ ready: true, status: `deploying ${files.size} manifests` });
    if (files.size === 0) log.error(`Failed to deploy directory: No manifests found in ${folder}`);
    const results = await Promise.race([stopped, deployment.deployAll(files)]);
    if (results === "stopped") {
      if (isWatching) return 0;
      log.error("Failed to deploy directory: asked to end before every manifest was deployed");
      return 1;
    }
    for (const result of results) if (result.kind !== "wish") book.tellFolder(result);
    const failed = this.#lines.summary(results) + (await deployment.prune());
    if (!isWatching) return failed > 0 ? 1 : 0;
    log.info(`Running in daemon mode. Continuously monitoring "${quoted(folder)}"`);
    notify({
      status: `${results.length - failed} of ${files.size} manifests were deployed; watching ${folder}`,
    });
    await this.#untilEnd(stopped);
    notify({ stopping: true });
    return 0;
  }

  /** Until somebody asks for it, or the update agent has taken over. */
  async #untilEnd(stopped: Promise<"stopped">): Promise<void> {
    const { options, environment, clock, log } = this.deps;
    const takeOver = options.mqtt
      ? await awaitTakeOver({ options: options.broker, environment, clock, log })
      : undefined;
    if (takeOver === undefined) {
      await stopped;
      return;
    }
    try {
      if ((await Promise.race([stopped, takeOver.happened])) === "stopped") return;
      log.module("kanto_auto_deployer::fs_watcher").warn("Getting terminated from MQTT!");
    } finally {
      await takeOver.end();
    }
  }

  #list(): ReadonlyMap<string, FileState> {
    const { folder, log } = this.deps;
    try {
      for (const name of listPassedOver(folder)) {
        log.warn(`The manifests in [${folder}/${name}] are not deployed: sub-folders are not read`);
      }
      return listManifests(folder);
    } catch (thrown) {
      const reason = errnoName(thrown);
      if (reason === undefined) throw thrown;
      log.error(`Failed to deploy directory: ${folder} cannot be read: ${reason}`);
      return new Map();
    }
  }

  #watch(follower: FolderFollower): FolderWatch {
    const { folder, log, clock } = this.deps;
    return new FolderWatch(folder, {
      clock,
      rescanMs: RESCAN_MS,
      blindMs: BLIND_RESCAN_MS,
      onHint: (name) => follower.hint(name),
      onBlind: (reason) =>
        log
          .module("kanto_auto_deployer::fs_watcher")
          .warn(`The system does not tell of changes (${reason}); looking by ourselves every few seconds`),
    });
  }

  #supervise(work: Promise<void>): void {
    work.catch((thrown: unknown) => {
      this.deps.log.error(`Error: ${describeError(thrown)}`);
      this.#fault.reject(thrown);
    });
  }

  #probationSeconds(): number {
    const { probationSeconds, daemon } = this.deps.options;
    return probationSeconds ?? (daemon ? DAEMON_PROBATION_SECONDS : SINGLE_PROBATION_SECONDS);
  }
}
