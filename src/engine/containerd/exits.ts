/**
 * Ends of tasks, remembered. One Wait call per task is open however many wait for it; its answer is kept until the task is
 * deleted, so that nobody has to be waiting at the moment of the exit (spec/engine.md §11: the peer's worst fault).
 */

import { SupercargoError } from "../../errors/error.ts";
import type { TaskExit } from "../engine.ts";
import type { Connection } from "./connection.ts";
import { TasksDefinition } from "./gen/containerd/services/tasks.ts";
import { stampOf } from "./stamps.ts";
import type { Tasks } from "./tasks.ts";

/** What containerd itself tells of a container whose shim was killed: it ends the container with SIGKILL. */
const EXIT_WITHOUT_SHIM: TaskExit = { exitCode: 137, exitedAt: "" };

interface Watched {
  readonly end: Promise<TaskExit>;
  readonly stop: AbortController;
  exit: TaskExit | undefined;
}

export class Exits {
  readonly #connection: Connection;
  readonly #tasks: Tasks;
  readonly #watched = new Map<string, Watched>();

  constructor(connection: Connection, tasks: Tasks) {
    this.#connection = connection;
    this.#tasks = tasks;
  }

  /**
   * Resolves at the end of the task, at once if it has ended. SC_ENGINE_NOT_FOUND without such a task or when it is deleted
   * meanwhile, SC_ENGINE_UNAVAILABLE when the connection goes.
   */
  async wait(id: string, signal: AbortSignal): Promise<TaskExit> {
    signal.throwIfAborted();
    const { end } = this.#watched.get(id) ?? this.#watch(id);
    return await new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      end.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    });
  }

  /** The end of a task if it is known. */
  known(id: string): TaskExit | undefined {
    return this.#watched.get(id)?.exit;
  }

  /** The task is deleted, or a new one of its id begins. */
  forget(id: string): void {
    const reason = `the task of ${id} was deleted`;
    this.#drop(id, new SupercargoError("SC_ENGINE_NOT_FOUND", reason, { fields: { id } }));
  }

  /** Ends all waiting at closing: nothing is known of the tasks any more. */
  close(): void {
    const reason = new SupercargoError("SC_ENGINE_UNAVAILABLE", "the connection to containerd is closed");
    for (const id of [...this.#watched.keys()]) this.#drop(id, reason);
  }

  #drop(id: string, reason: SupercargoError): void {
    const watched = this.#watched.get(id);
    this.#watched.delete(id);
    watched?.stop.abort(reason);
  }

  #watch(id: string): Watched {
    const stop = new AbortController();
    const end = this.#call(id, stop.signal);
    const watched: Watched = { end, stop, exit: undefined };
    this.#watched.set(id, watched);
    end.then(
      (exit) => {
        watched.exit = exit;
      },
      () => {
        // Those who wait get the reason; who asks later opens a new Wait.
        if (this.#watched.get(id) === watched) this.#watched.delete(id);
      },
    );
    return watched;
  }

  async #call(id: string, signal: AbortSignal): Promise<TaskExit> {
    const request = { containerId: id, execId: "" };
    try {
      const answer = await this.#connection.rpc.unary(TasksDefinition, "wait", request, { signal });
      return { exitCode: answer.exitStatus, exitedAt: stampOf(answer.exitedAt) };
    } catch (thrown) {
      await this.#tasks.afterLostShim(id, thrown, signal);
      return EXIT_WITHOUT_SHIM;
    }
  }
}
