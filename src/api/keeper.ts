/** What the services need of whoever keeps the containers and images; the manager and the image room are such. */

import type { TerminalSize } from "../engine/exec.ts";
import type { InputClient } from "../logs/input-share.ts";
import type { LogQuery, Output } from "../logs/logs.ts";
import type { Container, Resources, RestartPolicy, StopOptions } from "../model/container.ts";
import type { ContainerWish } from "../model/defaults.ts";
import type { ContainerDetails } from "../model/details.ts";
import type { ExecWish } from "../model/exec.ts";
import type { LiveLimits } from "../model/extras-rules.ts";
import type { ReplaceOptions, ReplaceOutcome } from "../model/replace.ts";

/** Names of changes, spec/engine.md §21, and ours: `replaced`. */
export type ChangeAction =
  | "created"
  | "running"
  | "paused"
  | "resumed"
  | "stopped"
  | "exited"
  | "removed"
  | "renamed"
  | "updated"
  | "replaced"
  | "health";

export interface ContainerChange {
  readonly action: ChangeAction;
  readonly container: Container;
  /** Grows by one with every change; begins anew with the daemon. */
  readonly sequence: number;
  /** RFC 3339, UTC. */
  readonly time: string;
}

/** What a listener of changes gets; `overflowed` says that it was too slow and must look at everything anew. */
export type ChangeListener = (change: ContainerChange | "overflowed") => void;

/** A command that runs in a container. */
export interface ExecutedProcess {
  /** What it writes, until its end; to be iterated once. A reader that does not read makes it wait. */
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  readonly exitCode: Promise<number>;
  write(data: Uint8Array, signal: AbortSignal): Promise<void>;
  endInput(signal: AbortSignal): Promise<void>;
  resize(size: { readonly columns: number; readonly rows: number }, signal: AbortSignal): Promise<void>;
  kill(signalNumber: number, signal: AbortSignal): Promise<void>;
}

/** What an attached client has of a container; good for one run. */
export interface AttachedContainer {
  readonly output: Output;
  readonly input: InputClient | undefined;
  /** Sets the size of the container's terminal, for this run and the next; nothing happens when it has none. */
  resize(size: TerminalSize): Promise<void>;
}

export interface ContainerKeeper {
  list(): readonly Container[];
  get(id: string): Container | undefined;
  create(wish: ContainerWish, origin: string, signal: AbortSignal): Promise<Container>;
  start(id: string, signal: AbortSignal): Promise<void>;
  stop(id: string, options: StopOptions, signal: AbortSignal): Promise<void>;
  restart(id: string, signal: AbortSignal): Promise<void>;
  pause(id: string, signal: AbortSignal): Promise<void>;
  unpause(id: string, signal: AbortSignal): Promise<void>;
  rename(id: string, name: string, signal: AbortSignal): Promise<void>;
  update(
    id: string,
    policy: RestartPolicy | undefined,
    resources: Resources | undefined,
    signal: AbortSignal,
    limits?: LiveLimits,
  ): Promise<void>;
  /** `stop` undefined: the daemon's defaults, forced when `force` is (spec/engine.md §14). */
  remove(id: string, force: boolean, stop: StopOptions | undefined, signal: AbortSignal): Promise<void>;
  replace(
    id: string,
    wish: ContainerWish,
    options: ReplaceOptions,
    signal: AbortSignal,
    origin?: string,
  ): Promise<ReplaceOutcome>;
  /** Resolves when the command runs; it is killed when the signal aborts. */
  exec(id: string, wish: ExecWish, signal: AbortSignal): Promise<ExecutedProcess>;
  /** Never waits. SC_CONTAINER_NOT_FOUND. */
  details(id: string): ContainerDetails;
  /** Names this life of the daemon; sequence numbers mean something only together with it. */
  readonly run: string;
  /** Of the container's run, or of its next one; `input` when it is wanted and the container reads. */
  attach(id: string, wantsInput: boolean, signal: AbortSignal): Promise<AttachedContainer>;
  readLogs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<string>;
  /** Sequence number of the last change. */
  readonly sequence: number;
  /** All changes after that number, oldest first; undefined when some of them are not kept any more. */
  changesSince(sequence: number): readonly ContainerChange[] | undefined;
  subscribe(listener: ChangeListener): () => void;
}
