/** Keeps the status of each manifest while a folder is deployed, from the news of folder and runner, and has it written. */

import { type Clock, formatStamp, type Timer } from "../../base/clock.ts";
import { describeNote } from "../../manifest/note.ts";
import type { RunnerNews } from "../runner-news.ts";
import type { FolderNews } from "./deployment.ts";
import { byBytes } from "./listing.ts";
import type { FolderStatus, ManifestState, ManifestStatus } from "./status-file.ts";

/** Changes are gathered this long: a folder of a thousand files is written a few times, not a thousand. */
const GATHER_MS = 100;

export interface StatusBookOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Takes the status away, for instance into a file. Must not throw. */
  readonly write: (status: FolderStatus) => void;
}

export class StatusBook implements Disposable {
  readonly #manifests = new Map<string, ManifestStatus>();
  #problem = "";
  #timer: Timer | undefined;

  constructor(private readonly options: StatusBookOptions) {}

  get status(): FolderStatus {
    const manifests = [...this.#manifests.values()].sort((a, b) => byBytes(a.file, b.file));
    const { folder, clock } = this.options;
    return { folder, pid: process.pid, updated: clock.stamp(), problem: this.#problem, manifests };
  }

  tellFolder(news: FolderNews): void {
    switch (news.kind) {
      case "read": {
        const { name, valid } = news.file;
        // A broken one is told of as such when it stays broken.
        if (valid !== undefined) this.#set(name, valid.desired.name, "waiting");
        return;
      }
      case "invalid": {
        const { name, problems } = news.file;
        this.#set(
          name,
          this.#manifests.get(name)?.container ?? "",
          "invalid",
          problems.map(describeNote).join("\n"),
        );
        return;
      }
      case "rival":
        this.#set(news.name, this.#manifests.get(news.name)?.container ?? "", "rival", news.reason);
        return;
      case "forgotten":
      case "gone":
        this.#manifests.delete(news.name);
        this.#changed();
        return;
      case "lost":
        this.#manifests.clear();
        this.#problem = `the folder cannot be read: ${news.reason}`;
        this.#changed();
        return;
      case "back":
        this.#problem = "";
        this.#changed();
    }
  }

  tellRunner(news: RunnerNews): void {
    switch (news.kind) {
      case "planned":
        this.#set(news.wish.source, news.wish.name, "working", news.step.reasons.join(", "));
        return;
      case "done":
        this.#set(news.wish.source, news.wish.name, "done");
        return;
      case "failed": {
        const { wish, failure, retryInMs } = news;
        const state = retryInMs === undefined ? "refused" : "failed";
        const nextTry = retryInMs === undefined ? "" : this.#stampAfter(retryInMs);
        this.#set(wish.source, wish.name, state, failure.message, nextTry);
        return;
      }
      case "prune-failed":
        this.#set(
          news.source,
          news.name,
          "failed",
          `the file is gone, the container not yet: ${news.message}`,
        );
        return;
      case "pruned":
        this.#manifests.delete(news.source);
        this.#changed();
        return;
      case "progress":
      case "warning":
    }
  }

  /** Writes what is not written yet. */
  [Symbol.dispose](): void {
    if (this.#timer !== undefined) this.#write();
  }

  #set(file: string, container: string, state: ManifestState, reason = "", nextTry = ""): void {
    const before = this.#manifests.get(file);
    const isSame = before?.state === state && before.reason === reason && before.container === container;
    const since = isSame ? before.since : this.options.clock.stamp();
    this.#manifests.set(file, { file, container, state, since, reason, nextTry });
    this.#changed();
  }

  #stampAfter(delayMs: number): string {
    const nowMs = Date.parse(this.options.clock.stamp());
    return formatStamp(BigInt(Math.round(nowMs + delayMs)) * 1_000_000n);
  }

  #changed(): void {
    this.#timer ??= this.options.clock.after(GATHER_MS, () => this.#write());
  }

  #write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.options.write(this.status);
  }
}
