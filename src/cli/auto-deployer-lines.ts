/** What the auto deployer says: the news of folder and runner as the documented log lines (spec/kad.md §3). */

import { join } from "node:path";
import type { Log } from "../base/log.ts";
import type { StepFailure } from "../deploy/failure.ts";
import type { FileResult, FolderNews } from "../deploy/folder/deployment.ts";
import type { ManifestFile } from "../deploy/folder/read-file.ts";
import type { Step } from "../deploy/plan.ts";
import type { Progress } from "../deploy/replace.ts";
import type { RunnerNews } from "../deploy/runner-news.ts";
import type { Wish } from "../deploy/wish.ts";
import { describeNote } from "../manifest/note.ts";

const CONVERSION = "Failed to load manifest directly. Will attempt auto-conversion from init-dir format.";

/** Progress by level and word; the container's name follows in brackets. */
const PROGRESS: Readonly<Record<Progress, readonly ["info" | "debug", string]>> = {
  creating: ["info", "Creating"],
  created: ["info", "Created"],
  stopping: ["debug", "Stopping"],
  removing: ["info", "Removing"],
  starting: ["info", "Starting"],
  started: ["info", "Started"],
  updating: ["info", "Updating"],
  updated: ["info", "Updated"],
  unpausing: ["info", "Unpausing"],
};

export class AutoDeployerLines {
  /** Files whose conversion is still to be told, with the first thing that is done to their container. */
  readonly #converted = new Set<string>();
  readonly #parser: Log;
  /** By name the wish that has failed and is tried again by itself: what was said of it once is not said at each try. */
  readonly #tried = new Map<string, Wish>();
  #isAway = false;

  /** @param holdsFailures failures are told by `summary` only, as in a single run. */
  constructor(
    private readonly log: Log,
    private readonly folder: string,
    private readonly holdsFailures: boolean,
  ) {
    this.#parser = log.module("kanto_auto_deployer::manifest_parser");
  }

  tellFolder(news: FolderNews): void {
    switch (news.kind) {
      case "read":
        this.#tellRead(news.file);
        return;
      case "invalid":
        this.#tellInvalid(news.file);
        return;
      case "rival":
        this.log.error(`[CM error] ${this.#path(news.name)}: ${news.reason}`);
        return;
      case "gone":
        this.log.debug(`${this.#path(news.name)} is gone; [${news.container}] stays as it is`);
        return;
      case "forgotten":
        return;
      case "lost":
        this.log.warn(`"${this.folder}" cannot be read (${news.reason}); containers stay as they are`);
        return;
      case "back":
        this.log.info(`Reading manifests from [${this.folder}]`);
    }
  }

  tellRunner(news: RunnerNews): void {
    switch (news.kind) {
      case "planned":
        this.#tellPlan(news.wish, news.step);
        return;
      case "progress": {
        const [level, word] = PROGRESS[news.progress];
        if (news.progress !== "creating") this.#tried.delete(news.wish.name);
        this.log[this.#isToldAlready(news.wish) ? "debug" : level](`${word} [${news.wish.name}]`);
        return;
      }
      case "warning":
        this.log.warn(`[${news.wish.name}] ${news.message}`);
        return;
      case "done":
        this.#tried.delete(news.wish.name);
        return;
      case "pruned":
        this.log.info(`Removed [${news.name}]: ${this.#path(news.source)} is gone`);
        return;
      case "prune-failed":
        this.log.error(`[CM error] [${news.name}] could not be removed: ${news.message}`);
        return;
      case "failed":
        if (news.retryInMs === undefined) this.#tried.delete(news.wish.name);
        else if (news.failure.phase !== "look") this.#tried.set(news.wish.name, news.wish);
        if (!this.holdsFailures) this.#tellFailure(news.wish, news.failure, news.retryInMs, news.isRepeated);
    }
  }

  /** Tells what went wrong in the first pass, in the order of the files; answers how many files failed. */
  summary(results: readonly FileResult[]): number {
    let failed = 0;
    let onlyConnection = true;
    for (const result of results) {
      if (result.kind === "wish" && result.settled.kind !== "failed") continue;
      failed++;
      if (result.kind === "wish" && result.settled.kind === "failed") {
        if (result.settled.failure.phase !== "look") onlyConnection = false;
        if (this.holdsFailures) this.#tellFailure(result.wish, result.settled.failure, undefined, false);
      } else {
        onlyConnection = false;
        if (result.kind !== "wish") this.tellFolder(result);
      }
    }
    this.log.debug(
      `Successfully deployed ${results.length - failed}, Failed: ${failed}, Out of ${results.length}`,
    );
    if (failed > 0 && !onlyConnection) {
      this.log.error(
        "Failed to deploy directory: One or more deployments failed. Check the logs above for more information.",
      );
    }
    return failed;
  }

  #tellRead(file: ManifestFile): void {
    this.#converted.delete(file.name);
    if (file.valid !== undefined) {
      if (file.isConverted) this.#converted.add(file.name);
      else this.#parser.debug("Manifest is in auto-deployer format already. Deploying directly");
    }
    for (const warning of file.warnings) this.#parser.warn(describeNote(warning));
  }

  #tellInvalid(file: ManifestFile): void {
    for (const problem of file.problems) this.log.error(`[CM error] ${describeNote(problem)}`);
  }

  #tellPlan(wish: Wish, step: Step): void {
    if (this.#isAway) {
      this.#isAway = false;
      this.log.info("Container Management answers again");
    }
    if (this.#converted.delete(wish.source)) this.#parser.warn(CONVERSION);
    switch (step.kind) {
      case "create":
      case "refuse":
      case "restore":
        return;
      case "recreate":
      case "update":
        this.#tellPresent(wish);
        this.log.debug(`Changed in [${wish.name}]: ${step.reasons.join(", ")}`);
        return;
      case "check":
      case "nothing":
        this.#tellPresent(wish);
        if (step.kind === "nothing" || step.present.state.status === "Running") {
          this.log.debug(`Skipping ${wish.name}`);
        }
    }
  }

  #tellPresent(wish: Wish): void {
    this.log[this.#isToldAlready(wish) ? "debug" : "info"](`Already exists [${wish.name}]`);
  }

  #isToldAlready(wish: Wish): boolean {
    return this.#tried.get(wish.name) === wish;
  }

  #tellFailure(wish: Wish, failure: StepFailure, retryInMs: number | undefined, isRepeated: boolean): void {
    if (failure.phase === "look") {
      const pause = retryInMs === undefined ? "" : "; trying again until it answers";
      if (!this.#isAway) {
        this.log.error(`An error occurred when connecting to socket: ${failure.message}${pause}`);
      } else if (retryInMs !== undefined) {
        this.log.debug(`Retrying connection in ${Math.round(retryInMs)} ms`);
      }
      this.#isAway = true;
      return;
    }
    const next =
      retryInMs === undefined
        ? this.holdsFailures || failure.retry !== "never"
          ? ""
          : "; not tried again until the file changes"
        : `; next try in ${(retryInMs / 1000).toFixed(1)} s`;
    const isTakenBack = failure.isOldBack && (failure.phase === "exchange" || failure.phase === "probation");
    const back = isTakenBack ? "; the version before it is back" : "";
    const line = `[CM error] ${this.#path(wish.source)}: [${wish.name}]: ${failure.message}${back}${next}`;
    // The same again is said once; who wants to see each try can ask for debug.
    if (isRepeated) this.log.debug(line);
    else this.log.error(line);
  }

  #path(name: string): string {
    return join(this.folder, name);
  }
}
