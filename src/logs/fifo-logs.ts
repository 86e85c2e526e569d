/** The daemon's `Logs`: FIFOs made, found again, swept and held; each with its sink into the container's log. */

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { FifoBell } from "../base/fifo-bell.ts";
import { FifoPeek } from "../base/fifo-peek.ts";
import { errnoName } from "../base/libc.ts";
import type { Log } from "../base/log.ts";
import { Turns } from "../base/turns.ts";
import type { TaskStdio } from "../engine/engine.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { LogConfig } from "../model/container.ts";
import { parseSizeBytes } from "../model/size.ts";
import { BlockingWriter } from "./blocking-writer.ts";
import { folderOf, listFolders, makeFifos, removeFolder } from "./fifo-folder.ts";
import { followLog } from "./follow-log.ts";
import { IntakeJournal } from "./intake-journal.ts";
import { RecordBuffer } from "./json-lines.ts";
import { LineSink, noSink, type Sink } from "./line-sink.ts";
import { LogFile, type LogLimits } from "./log-file.ts";
import { LogHolder } from "./log-holder.ts";
import { LogNews } from "./log-news.ts";
import type { LogWriter } from "./log-writer.ts";
import type { LogQuery, Logs, Output, OutputRequest } from "./logs.ts";
import { NonBlockingWriter } from "./non-blocking-writer.ts";
import { readLog } from "./read-log.ts";
import { journalPath, TaskOutput } from "./task-output.ts";

/** Used when a stored size text is none (spec/grpc-api.md §6, §7: defaults and checks come long before). */
const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;
const DEFAULT_BUFFER_BYTES = 1024 * 1024;

export interface FifoLogsParts {
  /** `containers.exec_root_dir`; FIFOs lie in `fifo/` below it. */
  readonly execRoot: string;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a container waits for a disk that refuses; for tests. */
  readonly holdMs?: number;
}

export class FifoLogs implements Logs {
  readonly #root: string;
  readonly #buffer = new RecordBuffer();
  readonly #turns = new Turns();
  readonly #bell = new FifoBell((thrown) =>
    this.#log.warn("the kernel gives no watch on container output, it is looked at every 20 ms", {
      error: String(thrown),
    }),
  );
  readonly #outputs = new Map<TaskOutput, string>();
  readonly #peek = new FifoPeek();
  readonly #news = new LogNews();
  readonly #holder: LogHolder;
  readonly #log: Log;

  constructor(private readonly parts: FifoLogsParts) {
    this.#root = join(parts.execRoot, "fifo");
    this.#log = parts.log.module("logs");
    this.#holder = new LogHolder({
      root: this.#root,
      clock: parts.clock,
      log: this.#log,
      descriptors: () => [...this.#outputs.keys()].flatMap((output) => output.descriptors),
    });
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
    this.#holder.open();
  }

  async create(request: OutputRequest): Promise<Output> {
    const stdio = makeFifos(this.#root, request.id, request.tty, request.openStdin);
    try {
      return await this.#openOutput(request, stdio, false);
    } catch (thrown) {
      this.#removeFifos(stdio);
      throw thrown;
    }
  }

  async reattach(request: OutputRequest, stdio: TaskStdio): Promise<Output> {
    for (const path of [stdio.stdout, stdio.stderr]) {
      if (path !== "" && !existsSync(path))
        throw new SupercargoError(
          "SC_IO",
          `output of container ${request.id} cannot be read: ${path} is gone`,
        );
    }
    // The same container closed with its FIFOs kept: the new readers are open before the old ones go.
    const before = [...this.#outputs].filter(([output, id]) => id === request.id && output.isClosed);
    const output = await this.#openOutput(request, stdio, true);
    for (const [old] of before) {
      old.release();
      this.#outputs.delete(old);
    }
    return output;
  }

  async sweep(keep: ReadonlySet<string>): Promise<void> {
    const openFolders = new Set<string | undefined>();
    for (const output of this.#outputs.keys()) openFolders.add(folderOf(this.#root, output.stdio));
    const openIds = new Set(this.#outputs.values());
    for (const folder of listFolders(this.#root)) {
      if (openFolders.has(folder.path)) continue;
      const isWanted = [...folder.ids].some((id) => keep.has(id) && !openIds.has(id));
      if (!isWanted) removeFolder(folder.path);
    }
    this.#holder.releaseInherited();
  }

  async close(keepFifos: boolean): Promise<void> {
    // All descriptors are open still: what is held from now on is complete.
    if (keepFifos) this.#holder.close(true);
    const outputs = [...this.#outputs.keys()];
    await Promise.all(outputs.map((output) => output.close(keepFifos)));
    for (const output of outputs) output.release();
    this.#outputs.clear();
    await this.#bell.close();
    this.#peek.close();
    if (!keepFifos) this.#holder.close(false);
  }

  read(
    id: string,
    logConfig: LogConfig,
    logDir: string,
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncIterable<string> {
    const { type } = logConfig.driver;
    if (type === "none") return refuse(`there are not any logs for container ${id} with log type none`);
    if (type !== "json-file") return refuse(`unknown log type ${type}`);
    const folder = folderOfLog(id, logConfig, logDir);
    const { followUntil } = query;
    if (followUntil === undefined) return readLog(folder, query, signal);
    const stamp = () => this.parts.clock.stamp();
    return followLog({ folder, news: this.#news, stamp }, { ...query, followUntil }, signal);
  }

  async #openOutput(request: OutputRequest, stdio: TaskStdio, isReattached: boolean): Promise<TaskOutput> {
    const sink = this.#openSink(request, stdio, isReattached);
    try {
      const output: TaskOutput = new TaskOutput({
        id: request.id,
        stdio,
        sink,
        log: this.#log,
        bell: this.#bell,
        peek: this.#peek,
        turns: this.#turns,
        isReattached,
        onGone: () => {
          this.#outputs.delete(output);
          this.#removeFifos(stdio);
          this.#holder.change();
        },
      });
      this.#outputs.set(output, request.id);
      this.#holder.change();
      return output;
    } catch (thrown) {
      await sink.close(false);
      throw thrown;
    }
  }

  #openSink(request: OutputRequest, stdio: TaskStdio, isReattached: boolean): Sink {
    const { driver, mode } = request.logConfig;
    if (driver.type !== "json-file") {
      if (driver.type !== "none")
        this.#log.warn("unknown log driver, output is not kept", {
          container: request.id,
          type: driver.type,
        });
      return noSink;
    }
    const { clock } = this.parts;
    const folder = folderOfLog(request.id, request.logConfig, request.logDir);
    const file = new LogFile(folder, limitsOf(request.logConfig), () => clock.nowMs(), this.#news);
    const journal = new IntakeJournal(journalPath(folderOf(this.#root, stdio) ?? folder));
    const isTornKnown = isReattached && journal.load() !== undefined;
    this.#openFile(file, request.id, isReattached, isTornKnown);
    return new LineSink({
      file,
      writer: this.#openWriter(file, request),
      journal,
      keepEach: mode.mode !== "non-blocking",
      buffer: this.#buffer,
      clock,
      log: this.#log,
    });
  }

  #openWriter(file: LogFile, request: OutputRequest): LogWriter {
    const { clock, holdMs } = this.parts;
    const { mode, maxBufferSize } = request.logConfig.mode;
    if (mode === "non-blocking") {
      const limitBytes = parseSizeBytes(maxBufferSize) ?? DEFAULT_BUFFER_BYTES;
      return new NonBlockingWriter({ file, clock, log: this.#log, limitBytes });
    }
    return new BlockingWriter({ file, clock, log: this.#log, ...(holdMs === undefined ? {} : { holdMs }) });
  }

  /** A new container is refused when its log cannot be opened, unless the disk is full: that passes. One that runs goes on. */
  #openFile(file: LogFile, id: string, isReattached: boolean, isTornKnown: boolean): void {
    try {
      const repair = file.open(this.parts.clock.stamp(), isTornKnown);
      if (repair !== undefined)
        this.#log.warn("the log ended in the middle of a line", {
          container: id,
          cutBytes: repair.cutBytes,
          textKept: repair.completed,
        });
    } catch (cause) {
      const name = errnoName(cause);
      const message = `the log ${file.path} of container ${id} cannot be opened: ${toError(cause).message}`;
      if (!isReattached && name !== "ENOSPC" && name !== "EDQUOT")
        throw new SupercargoError("SC_IO", message, {
          cause,
          hint: "is the log's folder there and writable?",
        });
      this.#log.warn(message, { container: id });
    }
  }

  #removeFifos(stdio: TaskStdio): void {
    const folder = folderOf(this.#root, stdio);
    if (folder !== undefined) removeFolder(folder);
  }
}

/** `<root_dir>/<id>` or the container's own folder (spec/engine.md §15). */
function folderOfLog(id: string, logConfig: LogConfig, logDir: string): string {
  return logConfig.driver.rootDir === "" ? logDir : join(logConfig.driver.rootDir, id);
}

function limitsOf(logConfig: LogConfig): LogLimits {
  const { maxSize, maxFiles } = logConfig.driver;
  return {
    maxBytes: Math.max(1, parseSizeBytes(maxSize) ?? DEFAULT_MAX_BYTES),
    maxFiles: Math.max(1, maxFiles),
  };
}

async function* refuse(message: string): AsyncGenerator<string, void, undefined> {
  yield* [];
  throw new SupercargoError("SC_LOG_UNAVAILABLE", message);
}
