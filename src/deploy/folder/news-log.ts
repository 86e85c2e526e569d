/** What a folder that the daemon itself keeps deployed has to say: lines in the daemon's log, and problems in its status. */

import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import type { ErrorCode } from "../../errors/catalogue.ts";
import { SupercargoError } from "../../errors/error.ts";
import { describeNote } from "../../manifest/note.ts";
import type { Problem } from "../../model/problem.ts";
import type { RunnerNews } from "../runner-news.ts";
import type { FolderNews } from "./deployment.ts";
import type { ManifestFile } from "./read-file.ts";

/** Problems that are kept; a folder of ten thousand broken files is named by its first ones. */
const PROBLEM_LIMIT = 50;

export class NewsLog {
  readonly #problems = new Map<string, Problem>();

  constructor(
    private readonly log: Log,
    private readonly folder: string,
  ) {}

  get problems(): readonly Problem[] {
    return [...this.#problems.values()].slice(0, PROBLEM_LIMIT);
  }

  readonly tellFolder = (news: FolderNews): void => {
    switch (news.kind) {
      case "read":
        this.#tellRead(news.file);
        return;
      case "invalid":
        this.#tellInvalid(news.file);
        return;
      case "rival":
        this.#note(
          news.name,
          "SC_MANIFEST_INVALID",
          news.reason,
          "give each container a name and an id of its own",
        );
        this.log.error("a container is described twice", {
          file: join(this.folder, news.name),
          reason: news.reason,
        });
        return;
      case "forgotten":
        this.#problems.delete(news.name);
        return;
      case "gone":
        this.#problems.delete(news.name);
        this.log.info("a descriptor is gone; its container stays as it is", {
          file: join(this.folder, news.name),
          container: news.container,
        });
        return;
      case "lost":
        this.trouble(
          `${this.folder} cannot be read: ${news.reason}`,
          "containers stay as they are meanwhile",
        );
        return;
      case "back":
        this.#problems.delete("");
        this.log.info("the deployment folder can be read again", { folder: this.folder });
    }
  };

  readonly tellRunner = (news: RunnerNews): void => {
    if (news.kind === "pruned" || news.kind === "prune-failed") {
      this.#tellPruned(news);
      return;
    }
    const { wish } = news;
    const about = { container: wish.name, file: join(this.folder, wish.source) };
    switch (news.kind) {
      case "planned": {
        const { kind, reasons } = news.step;
        const changes = kind === "create" || kind === "recreate" || kind === "update";
        const line = `deployment: ${kind}`;
        if (changes) this.log.info(line, { ...about, reason: reasons.join(", ") });
        else this.log.debug(line, { ...about, reason: reasons.join(", ") });
        return;
      }
      case "progress":
        this.log.debug(`deployment: ${news.progress}`, about);
        return;
      case "warning":
        this.log.warn(news.message, about);
        return;
      case "done":
        this.#problems.delete(wish.source);
        this.log.info("deployed", { ...about, did: news.step.kind });
        return;
      case "failed": {
        const { failure, retryInMs } = news;
        const next =
          retryInMs === undefined ? "not tried again until the file changes" : "tried again by itself";
        const cause = failure.cause instanceof SupercargoError ? failure.cause : undefined;
        this.#note(wish.source, cause?.code ?? "SC_CALL_FAILED", `${wish.name}: ${failure.message}`, next);
        const line = "could not be deployed";
        const fields = { ...about, reason: failure.message, next, inMs: retryInMs && Math.round(retryInMs) };
        // The same again is said once.
        if (news.isRepeated) this.log.debug(line, fields);
        else this.log.error(line, fields);
      }
    }
  };

  /** Something about the folder as a whole; told once as long as it stays the same. */
  trouble(message: string, hint: string): void {
    if (this.#problems.get("")?.message === message) return;
    this.#note("", "SC_CONFIG_INVALID", message, hint);
    this.log.error(message, { hint });
  }

  /** The folder as a whole is well again. */
  noTrouble(): void {
    this.#problems.delete("");
  }

  #tellPruned(news: Extract<RunnerNews, { readonly source: string }>): void {
    const about = { container: news.name, file: join(this.folder, news.source) };
    if (news.kind === "pruned") this.log.info("a container was removed, for its file is gone", about);
    else this.log.error("could not be removed", { ...about, reason: news.message });
  }

  #tellRead(file: ManifestFile): void {
    if (file.valid !== undefined) this.#problems.delete(file.name);
    for (const warning of file.warnings) this.log.warn(describeNote(warning));
  }

  #tellInvalid({ name, problems }: ManifestFile): void {
    const [first = "cannot be read", ...rest] = problems.map(describeNote);
    const others = rest.length > 0 ? ` (and ${rest.length} more)` : "";
    this.#note(name, "SC_MANIFEST_INVALID", `${first}${others}`, "mend the file");
    for (const problem of problems) this.log.error(describeNote(problem));
  }

  #note(name: string, code: ErrorCode, message: string, hint: string): void {
    if (this.#problems.size >= 2 * PROBLEM_LIMIT && !this.#problems.has(name)) return;
    this.#problems.set(name, { code, message, hint, subject: join(this.folder, name) });
  }
}
