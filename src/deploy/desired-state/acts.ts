/**
 * What is done to containers for one action: forward, back, and taking away at the end. Each act looks first at what is there,
 * so that it can be done again after a kill at any instruction.
 */

import { type Clock, delay } from "../../base/clock.ts";
import { backoffMs } from "../../base/retry.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { Container, StopOptions } from "../../model/container.ts";
import { applySwapRule } from "../../model/defaults.ts";
import { isActive } from "../../model/state.ts";
import { boundCalls } from "../bounded-calls.ts";
import type { Containers } from "../containers.ts";
import type { Work } from "../replace.ts";
import { find, removeForced, stopOld } from "../replace-steps.ts";
import type { Action } from "./activity.ts";
import type { Device } from "./device.ts";

const NO_LIMITS = { memory: "", memoryReservation: "", memorySwap: "" };
/** Tries for what brings the device back to a good state. */
const TRIES = 3;
const PAUSES = { firstMs: 200, capMs: 2000, jitter: 0.2 };
const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 100;

export class Acts {
  readonly #containers: Containers;

  /** @param abort ends every call: there is no time left. */
  constructor(
    private readonly device: Device,
    private readonly clock: Clock,
    private readonly stop: StopOptions,
    private readonly abort: AbortSignal,
    private readonly warn: (message: string) => void,
  ) {
    this.#containers = boundCalls(device, clock);
  }

  list(): Promise<readonly Container[]> {
    return this.#containers.list(this.abort);
  }

  /** Throws when there is no time left: what failed because of that is no outcome, it is done after the next start. */
  throwIfAborted(): void {
    this.abort.throwIfAborted();
  }

  /** Makes the new container, not started. */
  async download(action: Action, onPercent: (percent: number) => void, signal: AbortSignal): Promise<void> {
    const { desired } = action;
    if (desired === undefined || (await this.#find(desired.id)) !== undefined) return;
    const either = AbortSignal.any([signal, this.abort]);
    await this.device.fetch?.(desired.image.name, onPercent, either);
    try {
      await this.#containers.create(desired, either);
    } catch (thrown) {
      either.throwIfAborted();
      // A lost answer of a create that was done.
      if ((await this.#find(desired.id)) === undefined) throw thrown;
    }
  }

  /** Stops what has to go, changes what is changed in place. */
  async update(action: Action): Promise<void> {
    await this.#stopOlds(action);
    if (action.kind !== "update" || action.presentId === undefined) return;
    const { restartPolicy, resources } = action.desired?.hostConfig ?? {};
    // As at creation: memory without swap gets twice the memory; leaving limits out takes them away.
    const limits = applySwapRule(resources) ?? NO_LIMITS;
    await this.#containers.update(action.presentId, restartPolicy, limits, this.abort);
  }

  /** What has to go stays down: a restart of the daemon may have brought one with the policy `always` back. */
  async keepDown(action: Action): Promise<void> {
    await this.#stopOlds(action);
  }

  /** Starts the new container, or sees to it that the kept one runs. */
  async activate(action: Action): Promise<void> {
    await this.keepDown(action);
    const id = action.kind === "create" || action.kind === "recreate" ? action.desired?.id : action.presentId;
    if (id !== undefined) await this.#makeRun(id);
  }

  /** Resolves when a started container with a healthcheck is healthy; rejects when it is unhealthy or takes too long. */
  async untilReady(action: Action, signal: AbortSignal): Promise<void> {
    const id = action.desired?.id || action.presentId;
    if (id === undefined || this.device.healthOf === undefined) return;
    const endMs = this.clock.nowMs() + READY_LIMIT_MS;
    for (;;) {
      const health = this.device.healthOf(id);
      if (health === undefined || health === "healthy") return;
      if (health === "unhealthy" || this.clock.nowMs() >= endMs) {
        throw new SupercargoError("SC_CONTAINER_UNHEALTHY", `${action.name} did not become healthy`);
      }
      await delay(this.clock, LOOK_EVERY_MS, AbortSignal.any([signal, this.abort]));
    }
  }

  /** Takes the new container away, so that ports, devices and space are free for what comes back. */
  async removeNew(action: Action): Promise<void> {
    const { desired, kind } = action;
    if (desired === undefined || kind === "update") return;
    await this.#tryHard(() => removeForced(desired.id, this.#work()));
  }

  /** What ran before the activity runs again, with its former settings. */
  async bringBack(action: Action): Promise<void> {
    const { before, presentId } = action;
    if (before !== undefined && presentId !== undefined) {
      await this.#tryHard(() =>
        this.#containers.update(presentId, before.policy, before.resources ?? NO_LIMITS, this.abort),
      );
    }
    for (const { id, wasRunning } of action.olds) {
      if (wasRunning) await this.#tryHard(() => this.#startOld(id));
    }
  }

  /** Takes away what the action has replaced or was to destroy. */
  async removeOlds(action: Action): Promise<void> {
    for (const { id } of action.olds) await this.#tryHard(() => removeForced(id, this.#work()));
  }

  async #stopOlds(action: Action): Promise<void> {
    for (const { id } of action.olds) {
      const old = await this.#find(id);
      if (old !== undefined) await stopOld(old, this.#work());
    }
  }

  async #makeRun(id: string): Promise<void> {
    const container = await this.#find(id);
    if (container?.state.status === "Running") return;
    if (container?.state.status === "Paused") {
      await this.#containers.unpause(id, this.abort);
      return;
    }
    try {
      await this.#containers.start(id, this.abort);
    } catch (thrown) {
      this.abort.throwIfAborted();
      // A restart policy may have been faster.
      const now = await this.#find(id);
      if (now === undefined || !isActive(now.state.status)) throw thrown;
    }
  }

  async #startOld(id: string): Promise<void> {
    const old = await this.#find(id);
    if (old === undefined) throw new SupercargoError("SC_CONTAINER_NOT_FOUND", `container ${id} is gone`);
    if (!isActive(old.state.status)) await this.#makeRun(id);
  }

  async #tryHard(job: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await job();
        return;
      } catch (thrown) {
        this.abort.throwIfAborted();
        if (attempt >= TRIES) throw thrown;
        await delay(this.clock, backoffMs(PAUSES, attempt), this.abort);
      }
    }
  }

  #find(id: string): Promise<Container | undefined> {
    return find(id, this.#work());
  }

  #work(): Work {
    return {
      containers: this.#containers,
      clock: this.clock,
      stop: this.stop,
      probationMs: 0,
      say: () => {},
      warn: this.warn,
      interrupt: this.abort,
      abort: this.abort,
    };
  }
}
