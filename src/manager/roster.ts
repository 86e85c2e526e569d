/**
 * All containers, and the one way to change what is known of them.
 * Invariants: a state is frozen and replaced as a whole; it is saved before its event is published. A wish (what somebody
 * asked for) that cannot be saved does not happen; a fact (what the engine did) is true all the same: it is kept in memory,
 * told, and saved again and again until the disk takes it. After a power cut the engine tells facts anew, wishes it cannot.
 */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { backoffMs } from "../base/retry.ts";
import { describeError, SupercargoError } from "../errors/error.ts";
import type { Container } from "../model/container.ts";
import { toDead } from "../model/state.ts";
import type { Additions, ContainerStore } from "../store/store.ts";
import { Entry } from "./entry.ts";
import type { ChangeAction, EventHub } from "./event-hub.ts";

const SAVE_PAUSES = { firstMs: 500, capMs: 10_000, jitter: 0.2 };

export interface Change {
  readonly container?: Container;
  readonly additions?: Additions;
  /** Published when given. */
  readonly action?: ChangeAction;
}

export class Roster {
  readonly #entries = new Map<string, Entry>();
  #isOpen = true;

  constructor(
    private readonly store: ContainerStore,
    private readonly hub: EventHub,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** SC_CONTAINER_NOT_FOUND with the peer's text. */
  require(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry !== undefined) return entry;
    throw new SupercargoError("SC_CONTAINER_NOT_FOUND", `no such container with id = ${id} exists`, {
      fields: { container: id },
    });
  }

  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  containers(): readonly Container[] {
    return this.entries().map((entry) => entry.container);
  }

  /** Takes over what the store already has. */
  adopt(container: Container, additions: Additions): Entry {
    const entry = new Entry(deepFreeze(container), deepFreeze(additions));
    this.#entries.set(container.id, entry);
    return entry;
  }

  /** A new container; nothing is there when the save fails. */
  add(container: Container, additions: Additions): Entry {
    this.store.save(container, additions);
    const entry = this.adopt(container, additions);
    this.hub.publish("created", entry.container, this.clock.stamp());
    return entry;
  }

  /**
   * Saves, then changes, then publishes. Throws, and changes nothing, when it cannot be saved; what of it has reached the disk
   * all the same (the last sync failed) is overwritten by what holds.
   */
  wish(entry: Entry, change: Change): void {
    const container = change.container ?? entry.container;
    const additions = change.additions ?? entry.additions;
    try {
      this.store.save(container, additions);
    } catch (thrown) {
      this.#saveLater(entry, 1);
      throw thrown;
    }
    entry.isUnsaved = false;
    this.#replace(entry, container, additions, change.action);
  }

  /** Changes and publishes whether it can be saved or not; a failed save is repeated until it succeeds. */
  fact(entry: Entry, change: Change): void {
    const container = change.container ?? entry.container;
    const additions = change.additions ?? entry.additions;
    try {
      this.store.save(container, additions);
      entry.isUnsaved = false;
    } catch (thrown) {
      this.log.error("state of a container cannot be saved, will be tried again", {
        container: entry.id,
        reason: describeError(thrown),
      });
      this.#saveLater(entry, 1);
    }
    this.#replace(entry, container, additions, change.action);
  }

  /**
   * Saves what will be a fact in a moment, so that a kill in between does not lose it (an exit code is gone once the engine has
   * deleted the task). Nothing is shown or told yet; a save that fails is repeated with the fact.
   */
  foretell(entry: Entry, container: Container, additions = entry.additions): void {
    try {
      this.store.save(container, additions);
    } catch (thrown) {
      this.log.debug("state of a container cannot be saved ahead", {
        container: entry.id,
        reason: describeError(thrown),
      });
    }
  }

  /** Forgets a container: its folder first, then the memory, then the news. When the disk refuses it stays, wholly. */
  remove(entry: Entry): void {
    try {
      this.store.remove(entry.id);
    } catch (thrown) {
      this.#saveLater(entry, 1);
      throw thrown;
    }
    this.#entries.delete(entry.id);
    entry.isUnsaved = false;
    entry.container = deepFreeze({ ...entry.container, state: toDead(entry.container.state) });
    this.hub.publish("removed", entry.container, this.clock.stamp());
  }

  /** Last try for what could not be saved; no further ones. */
  close(): void {
    this.#isOpen = false;
    for (const entry of this.entries()) {
      if (entry.isUnsaved) this.#saveAgain(entry);
    }
  }

  #replace(entry: Entry, container: Container, additions: Additions, action: ChangeAction | undefined): void {
    entry.container = deepFreeze(container);
    entry.additions = deepFreeze(additions);
    if (action !== undefined) this.hub.publish(action, entry.container, this.clock.stamp());
  }

  #saveLater(entry: Entry, attempt: number): void {
    if (entry.isUnsaved && attempt === 1) return;
    entry.isUnsaved = true;
    this.clock.after(backoffMs(SAVE_PAUSES, attempt), () => {
      if (!this.#isOpen || !entry.isUnsaved || this.#entries.get(entry.id) !== entry) return;
      if (!this.#saveAgain(entry)) this.#saveLater(entry, attempt + 1);
    });
  }

  #saveAgain(entry: Entry): boolean {
    try {
      this.store.save(entry.container, entry.additions);
      entry.isUnsaved = false;
      this.log.info("state of a container is saved again", { container: entry.id });
      return true;
    } catch (thrown) {
      this.log.debug("state of a container still cannot be saved", {
        container: entry.id,
        reason: describeError(thrown),
      });
      return false;
    }
  }
}

/** Freezes plain data as deep as it goes and answers it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
