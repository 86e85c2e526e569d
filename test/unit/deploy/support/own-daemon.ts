/**
 * Our daemon as a deployer sees it, in memory: calls take a while, a replacement goes on when its caller has left once the old
 * container is stopped for it, what is being replaced cannot be changed, and a daemon that is killed takes it back.
 */

import { type Clock, delay } from "../../../../src/base/clock.ts";
import type { Containers } from "../../../../src/deploy/containers.ts";
import { SupercargoError } from "../../../../src/errors/error.ts";
import { untilAborted } from "../../../../src/manager/work.ts";
import type { Container, DesiredContainer } from "../../../../src/model/container.ts";
import type { ReplaceOptions, ReplaceOutcome } from "../../../../src/model/replace.ts";
import { FakeContainers } from "./fake-containers.ts";

const LONGEST_CALL_MS = 300;
const never = new AbortController().signal;

/** The calls of one deployer; nothing is answered to it any more once it is killed. */
export interface Caller {
  readonly containers: Containers;
  readonly kill: () => void;
}

export class OwnDaemon {
  readonly kept: FakeContainers;
  /** By id and name: the end of the replacement that is under way. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #blocked = new Set<string>();
  #life = 0;

  /** @param random in [0, 1): how long things take */
  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {
    this.kept = new FakeContainers(clock, "ours");
  }

  /** Everything under way is cut off; it answers again after `awayMs`. */
  killAndRestart(awayMs: number): void {
    this.#life++;
    this.kept.isAway = true;
    this.clock.after(awayMs, () => {
      this.kept.isAway = false;
    });
  }

  /** @param isKanto without the call that replaces: then the deployer does it, step by step */
  connect(isKanto = false): Caller {
    const { kept } = this;
    const killed = new AbortController();
    const call = async <T>(signal: AbortSignal, act: (both: AbortSignal) => Promise<T>): Promise<T> => {
      const both = AbortSignal.any([signal, killed.signal]);
      const answer = (async () => {
        await delay(this.clock, this.random() * LONGEST_CALL_MS, both);
        return await act(both);
      })();
      return await untilKilled(answer, killed.signal);
    };
    const change = <T>(id: string, signal: AbortSignal, act: (both: AbortSignal) => Promise<T>) =>
      call(signal, async (both) => {
        if (this.#blocked.has(id)) throw blocked(id);
        return await act(both);
      });
    const containers: Containers = {
      list: (signal) => call(signal, (both) => kept.list(both)),
      create: (desired, signal) => call(signal, (both) => kept.create(desired, both)),
      start: (id, signal) => change(id, signal, (both) => kept.start(id, both)),
      stop: (id, options, signal) => change(id, signal, (both) => kept.stop(id, options, both)),
      unpause: (id, signal) => change(id, signal, (both) => kept.unpause(id, both)),
      remove: (id, force, stop, signal) => change(id, signal, (both) => kept.remove(id, force, stop, both)),
      update: (id, policy, resources, signal, limits) =>
        change(id, signal, (both) => kept.update(id, policy, resources, both, limits)),
    };
    const replace: Containers["replace"] = (id, desired, options, signal) =>
      call(signal, (both) => this.#replace(id, desired, options, both));
    return {
      containers: isKanto ? containers : { ...containers, replace },
      kill: () => killed.abort(new Error("the deployer was killed")),
    };
  }

  async #replace(
    id: string,
    desired: DesiredContainer,
    options: ReplaceOptions,
    signal: AbortSignal,
  ): Promise<ReplaceOutcome> {
    if (this.kept.isAway) throw away();
    this.#require(id);
    const keys = [`id ${id}`, `name ${desired.name}`];
    const before = Promise.allSettled(keys.map((key) => this.#underWay.get(key)));
    const job = before.then(() => this.#carryOut(id, desired, options, signal));
    for (const key of keys) this.#underWay.set(key, job);
    return await untilAborted(job, signal);
  }

  async #carryOut(
    id: string,
    desired: DesiredContainer,
    options: ReplaceOptions,
    caller: AbortSignal,
  ): Promise<ReplaceOutcome> {
    const life = this.#life;
    const old = this.#require(id);
    await this.#pass(caller);
    if (this.#life !== life || this.kept.isAway) throw away();
    if (this.kept.all.get(id)?.created !== old.created) throw missing(id);
    this.#blocked.add(id);
    try {
      this.kept.change(id, { state: { ...old.state, status: "Stopped", pid: -1 } });
      await this.#pass();
      if (this.#life !== life) return this.#goBack(old, undefined);
      const successor = this.kept.put(desired);
      await delay(this.clock, options.probationMs, never);
      if (this.#life !== life) return this.#goBack(old, successor);
      if (successor.id !== old.id) this.kept.all.delete(old.id);
      return { kind: "replaced", container: successor, exitedWithZero: false };
    } finally {
      this.#blocked.delete(id);
    }
  }

  #goBack(old: Container, successor: Container | undefined): never {
    if (successor !== undefined) this.kept.all.delete(successor.id);
    this.kept.all.set(old.id, old);
    throw away();
  }

  async #pass(signal: AbortSignal = never): Promise<void> {
    await delay(this.clock, this.random() * LONGEST_CALL_MS, signal);
  }

  #require(id: string): Container {
    const container = this.kept.all.get(id);
    if (container === undefined) throw missing(id);
    return container;
  }
}

/** Nobody is there any more who could hear the answer. */
async function untilKilled<T>(answer: Promise<T>, killed: AbortSignal): Promise<T> {
  try {
    const value = await answer;
    if (!killed.aborted) return value;
  } catch (thrown) {
    if (!killed.aborted) throw thrown;
  }
  return await new Promise<never>(() => {});
}

function missing(id: string): SupercargoError {
  return new SupercargoError("SC_CONTAINER_NOT_FOUND", `container with id = ${id} does not exist`);
}

function blocked(id: string): SupercargoError {
  return new SupercargoError("SC_CONTAINER_STATE", `container with id = ${id} is being replaced`);
}

function away(): SupercargoError {
  return new SupercargoError("SC_DAEMON_UNAVAILABLE", "connection reset by peer");
}
