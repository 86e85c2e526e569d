/** One task of the fake engine, or a further process of one: a state machine that keeps containerd's rules (spec/pitfalls.md §5). */

import type { Clock, Timer } from "../../base/clock.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { Task, TaskExit, TaskRequest, TaskStatus } from "../engine.ts";
import type { ExecRequest } from "../exec.ts";
import type { TaskBehaviour } from "./task-behaviour.ts";

const SIGKILL = 9;
const SIGKILL_CODE = 137;

interface Waiter {
  readonly resolve: (exit: TaskExit) => void;
  readonly reject: (fault: SupercargoError) => void;
}

export class FakeTask<R extends Pick<TaskRequest, "id" | "stdio"> = TaskRequest> {
  status: TaskStatus = "created";
  exit: TaskExit | undefined;
  /** Further processes in it, by exec id; they end with it. */
  readonly execs = new Map<string, FakeTask<ExecRequest>>();
  readonly #waiters = new Set<Waiter>();
  #timer: Timer | undefined;

  constructor(
    readonly request: R,
    readonly pid: number,
    private readonly behaviour: TaskBehaviour,
    private readonly clock: Clock,
    private readonly onOom: (id: string) => void,
    private readonly onEnd: () => void = () => {},
  ) {}

  view(): Task {
    const { id, stdio } = this.request;
    const base = { id, pid: this.status === "stopped" ? 0 : this.pid, status: this.status, stdio };
    return this.exit === undefined ? base : { ...base, exit: this.exit };
  }

  start(): void {
    if (this.status !== "created") throw failed("cannot start a stopped process");
    if (this.behaviour.failsToStart !== undefined) throw failed(this.behaviour.failsToStart);
    this.status = "running";
    const { endsAfterMs } = this.behaviour;
    if (endsAfterMs !== undefined) this.#timer = this.clock.after(endsAfterMs, () => this.#endByItself());
  }

  kill(signal: number): void {
    if (this.status === "stopped") return;
    const isKill = signal === SIGKILL;
    if (isKill ? this.behaviour.ignoresKill === true : this.#withstands()) return;
    const code = isKill ? 137 : (this.behaviour.exitCodeAfterSignal ?? 128 + signal);
    const afterMs = this.behaviour.endsAfterSignalMs ?? 0;
    if (afterMs === 0) this.end(code);
    else this.#timer = this.clock.after(afterMs, () => this.end(code));
  }

  pause(): void {
    if (this.status !== "running") throw failed("cannot pause a stopped container");
    this.status = "paused";
  }

  resume(): void {
    if (this.status !== "paused") throw failed("cannot resume a container that is not paused");
    this.status = "running";
  }

  /** The end, whatever brings it about. */
  end(exitCode: number): void {
    if (this.status === "stopped") return;
    this.#timer?.cancel();
    this.status = "stopped";
    this.exit = { exitCode, exitedAt: this.clock.stamp() };
    for (const waiter of this.#waiters) waiter.resolve(this.exit);
    this.#waiters.clear();
    for (const exec of this.execs.values()) exec.end(SIGKILL_CODE);
    this.onEnd();
  }

  /** An exit is remembered: who asks later gets it too. */
  wait(signal: AbortSignal): Promise<TaskExit> {
    if (this.exit !== undefined) return Promise.resolve(this.exit);
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(signal.reason);
      };
      const done = () => signal.removeEventListener("abort", onAbort);
      const waiter: Waiter = {
        resolve: (exit) => {
          done();
          resolve(exit);
        },
        reject: (fault) => {
          done();
          reject(fault);
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Everybody who waits gets this fault (connection lost, task deleted). */
  failWaiters(fault: SupercargoError): void {
    for (const waiter of this.#waiters) waiter.reject(fault);
    this.#waiters.clear();
    for (const exec of this.execs.values()) exec.failWaiters(fault);
  }

  dispose(): void {
    this.#timer?.cancel();
    this.failWaiters(failed("ttrpc: closed"));
  }

  #withstands(): boolean {
    return (
      this.behaviour.ignoresSignals === true ||
      this.behaviour.ignoresKill === true ||
      this.status === "paused"
    );
  }

  #endByItself(): void {
    if (this.behaviour.runsOutOfMemory === true) this.onOom(this.request.id);
    this.end(this.behaviour.exitCode ?? 0);
  }
}

export function failed(text: string): SupercargoError {
  return new SupercargoError("SC_ENGINE_FAILED", text);
}
