/**
 * One supervised connection to containerd. Invariants: at most one client lives; a client is shown to callers only after
 * containerd answered, events are subscribed and the lease is there; listeners hear each change once, in order; when the
 * connection or the event stream ends, the client is closed, callers fail at once, and a new one is tried for.
 */

import { type Clock, delay } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { backoffMs } from "../../base/retry.ts";
import { describeError, SupercargoError, toError } from "../../errors/error.ts";
import { GrpcClient } from "../../grpc/client.ts";
import type { EngineConnection } from "../engine.ts";
import { ensureDaemonLease } from "./daemon-lease.ts";
import { TaskOOM, TaskPaused, TaskResumed } from "./gen/containerd/events/task.ts";
import { EventsDefinition } from "./gen/containerd/services/events.ts";
import { VersionDefinition } from "./gen/containerd/services/version.ts";
import { Rpc } from "./rpc.ts";
import { RECEIVE_LIMIT_BYTES, RECONNECT, TIME_LIMITS_MS } from "./time-limits.ts";

export interface ConnectionConfig {
  /** Path of containerd's socket. */
  readonly address: string;
  /** Namespace in containerd. */
  readonly namespace: string;
  /** Id of the daemon's lease. */
  readonly leaseId: string;
  readonly snapshotter: string;
}

const OOM = "/tasks/oom";
const PAUSED = "/tasks/paused";
const TOPICS = [OOM, PAUSED, "/tasks/resumed"];

export class Connection {
  readonly #config: ConnectionConfig;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Set<(connection: EngineConnection) => void>();
  readonly #oomListeners = new Set<(id: string) => void>();
  readonly #pauseListeners = new Set<(id: string, isPaused: boolean) => void>();
  #rpc: Rpc | undefined;
  #life: AbortController | undefined;
  #supervisor: Promise<void> = Promise.resolve();
  #problem = "not opened";
  #version = "";

  constructor(config: ConnectionConfig, clock: Clock, log: Log) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
  }

  get state(): EngineConnection {
    return this.#rpc === undefined ? "away" : "connected";
  }

  /** containerd's own version as of the last connection; empty before the first. */
  get version(): string {
    return this.#version;
  }

  /** The connected client; throws SC_ENGINE_UNAVAILABLE with the reason. */
  get rpc(): Rpc {
    if (this.#rpc !== undefined) return this.#rpc;
    throw this.#unavailable();
  }

  /**
   * Begins to connect; resolves when first connected. At its limit it rejects with SC_ENGINE_UNAVAILABLE, but trying goes
   * on until `close`; so it does when the signal aborts. Calling it again only waits again.
   */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#life === undefined) {
      const life = new AbortController();
      this.#life = life;
      this.#supervisor = this.#supervise(life.signal);
    }
    if (this.#rpc !== undefined) return;
    await new Promise<void>((resolve, reject) => {
      const finish = (act: () => void) => {
        timer.cancel();
        stop();
        signal.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = () => finish(() => reject(signal.reason));
      const timer = this.#clock.after(TIME_LIMITS_MS.open, () => finish(() => reject(this.#unavailable())));
      const stop = this.onChange((state) => {
        if (state === "connected") finish(resolve);
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  async close(): Promise<void> {
    this.#problem = "closed";
    this.#life?.abort(new SupercargoError("SC_CANCELLED", "the connection to containerd is closed"));
    await this.#supervisor;
    this.#life = undefined;
  }

  onChange(listener: (connection: EngineConnection) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onOom(listener: (id: string) => void): () => void {
    this.#oomListeners.add(listener);
    return () => this.#oomListeners.delete(listener);
  }

  onPause(listener: (id: string, isPaused: boolean) => void): () => void {
    this.#pauseListeners.add(listener);
    return () => this.#pauseListeners.delete(listener);
  }

  /** Lives until `signal` aborts; never rejects. */
  async #supervise(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#live(signal, () => {
          attempt = 0;
        });
        this.#problem = "the connection was closed";
      } catch (thrown) {
        if (signal.aborted) return;
        this.#noteProblem(describeError(thrown), attempt);
      }
      try {
        await delay(this.#clock, backoffMs(RECONNECT, Math.max(1, attempt)), signal);
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
    }
  }

  /** Each reason is told once; that it lasts only in detail. */
  #noteProblem(reason: string, attempt: number): void {
    const fields = { address: this.#config.address, reason, attempt };
    if (reason === this.#problem) this.#log.debug("containerd still does not answer", fields);
    else this.#log.warn("containerd does not answer, it is tried again until it does", fields);
    this.#problem = reason;
  }

  /** One client from connecting to its end. */
  async #live(signal: AbortSignal, onConnected: () => void): Promise<void> {
    const { address, namespace, leaseId, snapshotter } = this.#config;
    const client = await GrpcClient.connect(
      { unix: address },
      { signal, timeoutMs: TIME_LIMITS_MS.connect, maxReceiveBytes: RECEIVE_LIMIT_BYTES },
    );
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    let events: Promise<void> = Promise.resolve();
    try {
      const rpc = new Rpc(client, namespace);
      const version = await rpc.unary(
        VersionDefinition,
        "version",
        {},
        {
          signal: both,
          limitMs: TIME_LIMITS_MS.connect,
        },
      );
      this.#version = version.version;
      // Subscribed before anybody lists, so that nothing falls between (pitfalls §6).
      events = this.#pump(rpc, both);
      const gone = Promise.race([client.closed.then(() => {}), events]);
      await Promise.race([ensureDaemonLease(rpc, leaseId, snapshotter, both), gone.then(lost)]);
      onConnected();
      this.#change(rpc);
      await gone;
    } finally {
      ended.abort(new SupercargoError("SC_ENGINE_UNAVAILABLE", "the connection to containerd was lost"));
      if (this.#rpc !== undefined) this.#change(undefined);
      client.close();
      await Promise.allSettled([events]);
    }
  }

  /** Hands notices about tasks on; ends with the stream. */
  async #pump(rpc: Rpc, signal: AbortSignal): Promise<void> {
    const filters = TOPICS.map((topic) => `namespace==${rpc.namespace},topic=="${topic}"`);
    try {
      for await (const { event, topic } of rpc.serverStream(
        EventsDefinition,
        "subscribe",
        { filters },
        { signal },
      )) {
        if (event !== undefined) this.#tell(topic, event.value);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      this.#log.debug("the event stream of containerd ended", { reason: toError(thrown).message });
    }
  }

  #change(rpc: Rpc | undefined): void {
    this.#rpc = rpc;
    const state = this.state;
    this.#log.info(state === "connected" ? "connected to containerd" : "containerd is away", {
      address: this.#config.address,
      version: this.#version,
    });
    for (const listener of [...this.#listeners]) {
      this.#guarded(() => listener(state));
    }
  }

  #tell(topic: string, event: Uint8Array): void {
    if (topic === OOM) {
      const { containerId } = TaskOOM.decode(event);
      for (const listener of [...this.#oomListeners]) this.#guarded(() => listener(containerId));
      return;
    }
    const isPaused = topic === PAUSED;
    const { containerId } = isPaused ? TaskPaused.decode(event) : TaskResumed.decode(event);
    for (const listener of [...this.#pauseListeners]) this.#guarded(() => listener(containerId, isPaused));
  }

  /** A fault in a listener must not end the supervision. */
  #guarded(tell: () => void): void {
    try {
      tell();
    } catch (thrown) {
      this.#log.error("a listener of the engine failed", { reason: toError(thrown).message });
    }
  }

  #unavailable(): SupercargoError {
    const { address } = this.#config;
    return new SupercargoError(
      "SC_ENGINE_UNAVAILABLE",
      `containerd at ${address} is away: ${this.#problem}`,
      {
        fields: { address },
      },
    );
  }
}

function lost(): never {
  throw new SupercargoError("SC_ENGINE_UNAVAILABLE", "the connection to containerd was lost");
}
