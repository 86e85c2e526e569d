/** One connection to a broker while it lasts: what the supervised connection needs of a library. */

import type { Log } from "../base/log.ts";

/** What arrived. The bytes are the listener's own. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly isRetained: boolean;
}

export interface LinkEvents {
  /** Called for each message, in the order of arrival; must not throw. */
  onMessage(message: Message): void;
  /** Called once, when the connection is gone and nothing more comes of it. */
  onGone(reason: string): void;
}

/** Everything with QoS 1. */
export interface Link {
  /** Resolves when the broker has acknowledged it; rejects when the connection goes first. */
  publish(topic: string, payload: string, isRetained: boolean): Promise<void>;
  /** Resolves when the broker grants all of them. SC_BROKER_REFUSED. */
  subscribe(filters: readonly string[]): Promise<void>;
  unsubscribe(filters: readonly string[]): Promise<void>;
  /** Says goodbye when `isOrderly` and ends; `onGone` is not called after it. */
  end(isOrderly: boolean): void;
}

/** Makes a link; rejects with SC_BROKER_UNAVAILABLE, SC_BROKER_REFUSED, SC_BROKER_CONFIG, or the signal's reason. */
export type Dial = (events: LinkEvents, signal: AbortSignal) => Promise<Link>;

/** What a dialler is made of; see spec/config.md §3, `connection`. */
export interface DialSettings {
  readonly brokerUrl: string;
  readonly keepAliveMs: number;
  readonly connectTimeoutMs: number;
  readonly clientUsername: string;
  readonly clientPassword: string;
  readonly transport?: { readonly rootCa: string; readonly clientCert: string; readonly clientKey: string };
  readonly log: Log;
}
