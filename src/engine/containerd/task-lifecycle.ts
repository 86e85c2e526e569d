/**
 * Making and taking away a task together with its record. Invariants: after a failure nothing of the attempt is left; what an
 * interrupted attempt left under the id goes first; the task goes before its record (pitfalls §5, §6).
 */

import type { Log } from "../../base/log.ts";
import { hasCode, SupercargoError, toError } from "../../errors/error.ts";
import { Status } from "../../grpc/grpc-error.ts";
import type { LostRecord, TaskExit, TaskRequest } from "../engine.ts";
import type { Connection } from "./connection.ts";
import { statusOf } from "./engine-errors.ts";
import type { Exits } from "./exits.ts";
import { bundleInTheWay, HIDDEN_PATIENCE_MS, type Leftovers } from "./leftovers.ts";
import type { Records } from "./records.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Tasks } from "./tasks.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

/** One for a leftover task, one for its bundle folder. */
const ATTEMPTS = 3;
const SIGKILL = 9;

export interface LifecycleParts {
  readonly connection: Connection;
  readonly records: Records;
  readonly tasks: Tasks;
  readonly snapshots: Snapshots;
  readonly exits: Exits;
  readonly leftovers: Leftovers;
  readonly leaseId: string;
  readonly log: Log;
}

export class TaskLifecycle {
  /** Ids that are being made or taken away now: the sweep leaves them alone. */
  readonly busy = new Map<string, number>();

  constructor(private readonly parts: LifecycleParts) {}

  /** Answers the pid. */
  create(request: TaskRequest, signal: AbortSignal): Promise<number> {
    return this.#whileBusy(request.id, async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          await this.#putRecord(request, signal);
          const mounts = await this.parts.snapshots.mounts(request.snapshotKey, signal);
          const { id, stdio } = request;
          return await this.parts.tasks.create(id, mounts, stdio, this.parts.leaseId, signal);
        } catch (thrown) {
          const isInTheWay = await this.#undo(request.id, thrown, signal);
          if (!isInTheWay || attempt >= ATTEMPTS) throw thrown;
        }
      }
    });
  }

  /** Task, then record; missing is fine; answers the exit if the task had one. A task that runs is refused by containerd. */
  delete(id: string, signal: AbortSignal): Promise<TaskExit | undefined> {
    return this.#whileBusy(id, async () => {
      const deleted =
        (await this.parts.tasks.delete(id, signal)) ?? (await this.#deleteUnrecorded(id, signal));
      const exit = this.parts.exits.known(id) ?? deleted?.exit;
      await this.parts.records.remove(id, signal);
      this.parts.exits.forget(id);
      return exit;
    });
  }

  /** Signals a task, also one that somebody else has taken the record of. */
  async kill(id: string, signalNumber: number, all: boolean, signal: AbortSignal): Promise<void> {
    if (await this.parts.tasks.kill(id, signalNumber, all, signal)) return;
    await this.#whileBusy(id, async () => {
      const listed = (await this.parts.tasks.list(signal)).find((task) => task.id === id);
      const runs = listed?.status === "running" || listed?.status === "paused";
      if (!runs || (await this.parts.tasks.get(id, signal)) !== undefined) return;
      await this.#standIn(id, signal);
      await this.parts.tasks.kill(id, signalNumber, all, signal);
    });
  }

  /** The folder of its shim has the specification that the task runs with. */
  restoreRecord(id: string, request: LostRecord, signal: AbortSignal): Promise<void> {
    return this.#whileBusy(id, async () => {
      const spec = this.parts.leftovers.specOf(id);
      if (spec === undefined)
        throw new SupercargoError("SC_ENGINE_NOT_FOUND", `nothing tells how the task of ${id} was made`, {
          fields: { id },
        });
      try {
        await this.parts.records.restore({ id, ...request, spec }, signal);
      } catch (thrown) {
        if (statusOf(thrown) !== Status.ALREADY_EXISTS) throw thrown;
      }
    });
  }

  async #putRecord(request: TaskRequest, signal: AbortSignal): Promise<void> {
    this.parts.exits.forget(request.id);
    try {
      await this.parts.records.create(request, signal);
    } catch (thrown) {
      if (statusOf(thrown) !== Status.ALREADY_EXISTS) throw thrown;
      this.parts.log.warn("taking away what an interrupted start left", { container: request.id });
      await this.#takeAwayTask(request.id, signal);
      await this.parts.records.remove(request.id, signal);
      await this.parts.records.create(request, signal);
    }
  }

  /**
   * Takes back a failed attempt. Runs to its end even when the caller has given up, within limits of its own.
   * Answers true when the failure was a leftover that has been taken away: trying again makes sense.
   */
  async #undo(id: string, thrown: unknown, signal: AbortSignal): Promise<boolean> {
    // The connection is gone: containerd cancels the attempt; what stays is found by the next one.
    if (hasCode(thrown, "SC_ENGINE_UNAVAILABLE")) return false;
    const limit = AbortSignal.timeout(TIME_LIMITS_MS.settleTask * 2);
    const bundle = bundleInTheWay(toError(thrown).message);
    const isTaskInTheWay = statusOf(thrown) === Status.ALREADY_EXISTS;
    const isCutOff = signal.aborted || hasCode(thrown, "SC_TIMEOUT");
    try {
      const taken = await this.#takeAwayTask(id, limit);
      if (isTaskInTheWay && taken === undefined) {
        this.parts.log.warn("a task that containerd does not list is in the way", { container: id });
        await this.parts.leftovers.clear(id, bundle, limit, HIDDEN_PATIENCE_MS);
      }
      if (bundle !== undefined || isCutOff) await this.parts.leftovers.clear(id, bundle, limit);
      // It can have become one while containerd went on with the cancelled call.
      if (isCutOff) await this.#takeAwayTask(id, limit);
      await this.parts.records.remove(id, limit);
      return bundle !== undefined || isTaskInTheWay;
    } catch (second) {
      this.parts.log.error("cannot take back a failed start", {
        container: id,
        reason: toError(second).message,
      });
      return false;
    }
  }

  /** Ends and deletes a task of any state; its record must be there. */
  async #takeAwayTask(id: string, signal: AbortSignal): Promise<{ exit: TaskExit | undefined } | undefined> {
    const task = await this.parts.tasks.get(id, signal);
    if (task === undefined) return undefined;
    if (task.status !== "stopped") await this.#end(id, signal);
    const deleted = await this.parts.tasks.delete(id, signal);
    // The remembered end is that of the task which is gone.
    this.parts.exits.forget(id);
    return deleted;
  }

  async #end(id: string, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIME_LIMITS_MS.endTask)]);
    // Inside an object: a bare promise would be waited for before the signal is sent (pitfalls §9).
    const waiting = { end: this.parts.exits.wait(id, limit) };
    const settled = Promise.allSettled([waiting.end]);
    await this.parts.tasks.kill(id, SIGKILL, true, signal);
    const [outcome] = await settled;
    if (outcome.status === "fulfilled" || hasCode(outcome.reason, "SC_ENGINE_NOT_FOUND")) return;
    signal.throwIfAborted();
    throw new SupercargoError("SC_TIMEOUT", `the task of ${id} does not end after SIGKILL`, {
      cause: outcome.reason,
      fields: { id },
    });
  }

  /**
   * A task whose record was deleted first is in List only; it answers again when a record of its id is there (pitfalls §5).
   */
  async #deleteUnrecorded(
    id: string,
    signal: AbortSignal,
  ): Promise<{ exit: TaskExit | undefined } | undefined> {
    const listed = await this.parts.tasks.list(signal);
    if (!listed.some((task) => task.id === id)) return undefined;
    await this.#standIn(id, signal);
    return await this.#takeAwayTask(id, signal);
  }

  async #standIn(id: string, signal: AbortSignal): Promise<void> {
    this.parts.log.warn("a task has lost its record; it gets another to be ended with", { container: id });
    await this.parts.records.createStandIn(id, signal);
  }

  async #whileBusy<T>(id: string, job: () => Promise<T>): Promise<T> {
    this.busy.set(id, (this.busy.get(id) ?? 0) + 1);
    try {
      return await job();
    } finally {
      const left = (this.busy.get(id) ?? 1) - 1;
      if (left === 0) this.busy.delete(id);
      else this.busy.set(id, left);
    }
  }
}
