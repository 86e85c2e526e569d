/**
 * Publishes the current state, retained (spec/update-agent.md §4.4): with each connection, on request, after each activity,
 * and a while after any other change. Invariants: what waits to be sent is always the latest; without a request nothing is
 * sent that was sent before.
 */

import type { Clock, Timer } from "../base/clock.ts";
import type { MqttConnection } from "../mqtt/connection.ts";
import type { Inventory } from "./messages/payloads.ts";
import { writeInventory } from "./messages/write.ts";

export interface CurrentStateParts {
  readonly connection: Pick<MqttConnection, "publish" | "isConnected">;
  readonly topic: string;
  readonly inventory: () => Inventory;
  readonly clock: Clock;
  /** From a change to its publication, ms; more changes within it are published with it. */
  readonly delayMs: number;
  /** Whether an activity changes containers at this moment: its end will be published. */
  readonly isBusy: () => boolean;
}

/** An unsolicited state has no activity (spec/update-agent.md §6.5). */
const NO_ACTIVITY = "";

export class CurrentState {
  #last = "";
  #timer: Timer | undefined;

  constructor(private readonly parts: CurrentStateParts) {}

  /** With a new connection. */
  initial(): void {
    this.answer(`initial-current-state-${this.#nowMs()}`);
  }

  answer(activityId: string): void {
    this.#cancel();
    const inventory = this.parts.inventory();
    this.#last = contentOf(inventory);
    this.#publish(activityId, inventory);
  }

  /** After an activity. */
  now(): void {
    this.#cancel();
    if (!this.parts.connection.isConnected) return;
    const inventory = this.parts.inventory();
    const content = contentOf(inventory);
    if (content === this.#last) return;
    this.#last = content;
    this.#publish(NO_ACTIVITY, inventory);
  }

  /** After a change that nobody asked us for. */
  soon(): void {
    this.#timer ??= this.parts.clock.after(this.parts.delayMs, () => {
      this.#timer = undefined;
      if (this.parts.isBusy()) this.soon();
      else this.now();
    });
  }

  close(): void {
    this.#cancel();
  }

  #cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #publish(activityId: string, inventory: Inventory): void {
    const payload = writeInventory({ activityId, timestamp: this.#nowMs() }, inventory);
    const { topic, connection } = this.parts;
    void connection.publish({ kind: "state", key: topic, topic, payload, isRetained: true });
  }

  #nowMs(): number {
    return Date.parse(this.parts.clock.stamp());
  }
}

function contentOf(inventory: Inventory): string {
  return writeInventory({ activityId: "" }, inventory);
}
