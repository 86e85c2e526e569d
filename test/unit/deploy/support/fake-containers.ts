/** Containers in memory that behave as told: by image, by call, and with or without our daemon's additions. */

import { type Clock, delay } from "../../../../src/base/clock.ts";
import type { Containers } from "../../../../src/deploy/containers.ts";
import { SupercargoError } from "../../../../src/errors/error.ts";
import type { Container, DesiredContainer, State, StopOptions } from "../../../../src/model/container.ts";
import { withDefaults } from "../../../../src/model/defaults.ts";
import { withLiveLimits } from "../../../../src/model/extras-rules.ts";
import type { ReplaceOptions, ReplaceOutcome, WrittenLayers } from "../../../../src/model/replace.ts";

/** How containers of an image behave. */
export interface ImageScript {
  /** Create fails. */
  readonly createError?: Error;
  /** Create takes this long (a pull). */
  readonly createMs?: number;
  readonly startError?: Error;
  /** Ends by itself so long after each start. */
  readonly exit?: { readonly afterMs: number; readonly code: number };
  /** The daemon restarts it when it ends. */
  readonly isRestarted?: boolean;
}

export type FakeCall =
  | "list"
  | "create"
  | "start"
  | "stop"
  | "unpause"
  | "remove"
  | "update"
  | "replace"
  | "watch";

const BLANK: State = {
  status: "Created",
  pid: -1,
  startedAt: "",
  finishedAt: "",
  exitCode: 0,
  error: "",
  oomKilled: false,
};

export class FakeContainers implements Containers {
  readonly all = new Map<string, Container>();
  readonly images = new Map<string, ImageScript>();
  /** Every call as `method id-or-name`. */
  readonly calls: string[] = [];
  /** How each replacement was asked for. */
  readonly replacements: ReplaceOptions[] = [];
  /** What replaced containers had written, as our daemon tells it. */
  written: WrittenLayers | undefined;
  /** Our daemon tells of each failed exchange that its engine was away meanwhile. */
  isEngineUnsteady = false;
  /** All calls fail as if nobody listened. */
  isAway = false;
  /** Runs before each call; may throw. */
  onCall: ((call: FakeCall, subject: string) => void | Promise<void>) | undefined;
  /** Runs after a call has had its effect, before it answers; may throw: the answer is lost. */
  onAnswer: ((call: FakeCall, subject: string) => void | Promise<void>) | undefined;
  readonly replace?: Containers["replace"];
  readonly watch?: Containers["watch"];
  /** Set by tests of it. */
  settingsChange?: Containers["settingsChange"];
  readonly #listeners = new Set<(container: Container) => void>();
  #serial = 0;

  constructor(
    private readonly clock: Clock,
    readonly flavour: "ours" | "peer",
  ) {
    if (flavour === "ours") {
      this.replace = (id, desired, options, signal) => this.#replace(id, desired, options, signal);
      this.watch = (onChange, signal) => this.#watch(onChange, signal);
    }
  }

  /** The only container of a name; throws when there is none or more than one. */
  named(name: string): Container {
    const found = [...this.all.values()].filter((container) => container.name === name);
    const [first] = found;
    if (first === undefined || found.length > 1) throw new Error(`${found.length} containers named ${name}`);
    return first;
  }

  /** Puts a container there without a call, running unless said otherwise. */
  put(desired: DesiredContainer, state: Partial<State> = {}): Container {
    const container = this.#make(desired);
    const running = { status: "Running", pid: 1000 + this.#serial, startedAt: container.created } as const;
    return this.#set({ ...container, state: { ...container.state, ...running, ...state } });
  }

  change(id: string, change: Partial<Container>): void {
    this.#set({ ...this.#get(id), ...change });
  }

  async list(signal: AbortSignal): Promise<readonly Container[]> {
    await this.#enter("list", "", signal);
    const answer = [...this.all.values()];
    await this.onAnswer?.("list", "");
    return answer;
  }

  async create(desired: DesiredContainer, signal: AbortSignal): Promise<Container> {
    await this.#enter("create", desired.id === "" ? desired.name : desired.id, signal);
    await this.#pull(desired, signal);
    if (this.all.has(desired.id)) {
      throw new SupercargoError("SC_CONTAINER_EXISTS", `container with id = ${desired.id} already exists`);
    }
    const created = this.#set(this.#make(desired));
    await this.onAnswer?.("create", created.id);
    return created;
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    await this.#enter("start", id, signal);
    this.#start(id);
    await this.onAnswer?.("start", id);
  }

  async stop(id: string, _options: StopOptions, signal: AbortSignal): Promise<void> {
    await this.#enter("stop", id, signal);
    const container = this.#get(id);
    this.#set({ ...container, manuallyStopped: true, state: ended(container.state, "Stopped", 143) });
    await this.onAnswer?.("stop", id);
  }

  async unpause(id: string, signal: AbortSignal): Promise<void> {
    await this.#enter("unpause", id, signal);
    const container = this.#get(id);
    this.#set({ ...container, state: { ...container.state, status: "Running" } });
  }

  async remove(id: string, _force: boolean, _stop: StopOptions, signal: AbortSignal): Promise<void> {
    await this.#enter("remove", id, signal);
    this.#get(id);
    this.all.delete(id);
    await this.onAnswer?.("remove", id);
  }

  async update(
    id: string,
    policy: Parameters<Containers["update"]>[1],
    resources: Parameters<Containers["update"]>[2],
    signal: AbortSignal,
    limits?: Parameters<Containers["update"]>[4],
  ): Promise<void> {
    await this.#enter("update", id, signal);
    const { hostConfig, ...present } = this.#get(id);
    const { extras: before, ...rest } = present;
    const extras = limits === undefined ? before : withLiveLimits(before, limits);
    const container = extras === undefined ? rest : { ...rest, extras };
    const change = {
      ...(policy === undefined ? {} : { restartPolicy: policy }),
      ...(resources === undefined ? {} : { resources }),
    };
    this.#set({ ...container, hostConfig: { ...hostConfig, ...change } });
  }

  /** As DESIGN §2 describes it: prepare, stop, start, watch; the old one comes back. */
  async #replace(
    id: string,
    desired: DesiredContainer,
    options: ReplaceOptions,
    signal: AbortSignal,
  ): Promise<ReplaceOutcome> {
    this.replacements.push(options);
    await this.#enter("replace", id, signal);
    const old = this.#get(id);
    const rolledBack = (phase: "prepare" | "start" | "probation", reason: string, isTransient: boolean) =>
      ({ kind: "rolled-back", phase, reason, old: this.#get(id), isTransient }) as const;
    try {
      await this.#pull(desired, signal);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const transient = thrown instanceof SupercargoError && thrown.kind !== "not-found";
      return rolledBack("prepare", thrown instanceof Error ? thrown.message : String(thrown), transient);
    }
    const restore = () => {
      this.all.delete(successor.id);
      this.#set(old.state.status === "Running" ? { ...old, state: this.#running(old.state) } : old);
    };
    this.#set({ ...old, state: ended(old.state, "Stopped", 143) });
    const successor = this.#make({ ...desired, id: desired.id });
    if (successor.id !== id) this.all.delete(id);
    this.#set(successor);
    try {
      this.#start(successor.id);
    } catch (thrown) {
      restore();
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      return rolledBack("start", reason, this.isEngineUnsteady);
    }
    const endMs = this.clock.nowMs() + options.probationMs;
    while (this.clock.nowMs() < endMs && !signal.aborted) {
      await delay(this.clock, 50, signal);
      const now = this.#get(successor.id);
      if (now.state.status === "Running") continue;
      if (now.state.exitCode === 0) return { kind: "replaced", container: now, exitedWithZero: true };
      restore();
      const reason = `it ended with exit code ${now.state.exitCode}`;
      return rolledBack("probation", reason, this.isEngineUnsteady);
    }
    return {
      kind: "replaced",
      container: this.#get(successor.id),
      exitedWithZero: false,
      dropped: this.written,
    };
  }

  #watch(onChange: (container: Container) => void, signal: AbortSignal): Promise<void> {
    this.calls.push("watch");
    this.#listeners.add(onChange);
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => {
        this.#listeners.delete(onChange);
        resolve();
      });
    });
  }

  async #enter(call: FakeCall, subject: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.calls.push(subject === "" ? call : `${call} ${subject}`);
    if (this.isAway) throw away();
    await this.onCall?.(call, subject);
  }

  async #pull(desired: DesiredContainer, signal: AbortSignal): Promise<void> {
    const script = this.images.get(desired.image.name);
    if (script?.createMs !== undefined) await delay(this.clock, script.createMs, signal);
    if (this.isAway) throw away();
    if (script?.createError !== undefined) throw script.createError;
  }

  #make(desired: DesiredContainer): Container {
    const serial = ++this.#serial;
    return {
      ...withDefaults(desired, () => `made-${serial}`),
      resolvConfPath: "",
      hostsPath: "",
      hostnamePath: "",
      state: BLANK,
      created: `2026-01-01T00:00:00.${String(serial).padStart(6, "0")}Z`,
      manuallyStopped: false,
      restartCount: 0,
      startedSuccessfullyBefore: false,
    };
  }

  #start(id: string): void {
    const container = this.#get(id);
    const script = this.images.get(container.image.name);
    if (script?.startError !== undefined) {
      this.#set({ ...container, state: { ...container.state, error: script.startError.message } });
      throw script.startError;
    }
    this.#set({ ...container, manuallyStopped: false, state: this.#running(container.state) });
    const exit = script?.exit;
    if (exit === undefined) return;
    const { created } = container;
    this.clock.after(exit.afterMs, () => {
      const now = this.all.get(id);
      if (now?.created !== created || now.state.status !== "Running") return;
      this.#set({ ...now, state: ended(now.state, "Exited", exit.code) });
      if (script?.isRestarted !== true) return;
      this.#set({ ...this.#get(id), restartCount: now.restartCount + 1 });
      this.#start(id);
    });
  }

  #running(state: State): State {
    return { ...state, status: "Running", pid: 1000 + ++this.#serial, startedAt: this.clock.stamp() };
  }

  #get(id: string): Container {
    const container = this.all.get(id);
    if (container === undefined) {
      throw new SupercargoError("SC_CONTAINER_NOT_FOUND", `container with id = ${id} does not exist`);
    }
    return container;
  }

  #set(container: Container): Container {
    this.all.set(container.id, container);
    for (const listener of this.#listeners) listener(container);
    return container;
  }
}

function ended(state: State, status: "Stopped" | "Exited", exitCode: number): State {
  return { ...state, status, pid: -1, exitCode };
}

function away(): SupercargoError {
  return new SupercargoError("SC_DAEMON_UNAVAILABLE", "No such file or directory");
}
