/**
 * One HTTP/2 connection on a byte connection, as client or server (RFC 9113): its beginning, its end, and its timers.
 * Invariants: `closed` of the owner is called once, after every stream has failed or ended; once `#isClosing` nothing
 * is read and nothing begins.
 */

import type { ByteConnection, ByteReceiver } from "../../base/byte-connection.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { HpackDecoder } from "../hpack/decoder.ts";
import type { Limits } from "../limits.ts";
import type { ConnectionEvents, ConnectionOptions } from "./connection-owner.ts";
import { FloodGuard } from "./flood-guard.ts";
import { DEFAULT_WINDOW, ErrorCode, Http2Error, MAX_STREAM_ID, PREFACE } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { Incoming } from "./incoming.ts";
import { Keepalive } from "./keepalive.ts";
import { Output } from "./output.ts";
import { applySettings, defaultPeerSettings, ownSettings, type PeerSettings } from "./settings.ts";
import { StallWatch } from "./stall-watch.ts";
import type { Http2Stream, StreamReceiver } from "./stream.ts";
import { StreamHub } from "./stream-hub.ts";
import { StreamTable } from "./stream-table.ts";

const KEEPALIVE_PING = Buffer.from("keepaliv", "latin1");
const GOODBYE_PING = Buffer.from("goodbye!", "latin1");
/** Time for the answer to the PING between the two GOAWAYs of an orderly end. */
const GOODBYE_MS = 1_000;

export class Http2Connection {
  readonly peer: string;
  readonly #bytes: ByteConnection;
  readonly #events: ConnectionEvents;
  readonly #isServer: boolean;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #table: StreamTable;
  readonly #output: Output;
  readonly #hub: StreamHub;
  readonly #incoming: Incoming;
  readonly #reader: FrameReader;
  readonly #stalls: StallWatch;
  readonly #keepalive: Keepalive | undefined;
  readonly #settings: PeerSettings = defaultPeerSettings();
  #isReady = false;
  /** Runs while the peer owes us its first SETTINGS or the rest of a header block. */
  #handshake: Timer | undefined;
  #goodbye: Timer | undefined;
  #linger: Timer | undefined;
  /** The second GOAWAY is out: close when the last stream is gone. */
  #isDraining = false;
  #isPaused = false;
  #isClosing = false;
  #failure: Error | undefined;

  constructor(bytes: ByteConnection, options: ConnectionOptions, events: ConnectionEvents) {
    const { isServer, limits, clock, keepalive } = options;
    this.peer = bytes.peer;
    this.#bytes = bytes;
    this.#events = events;
    this.#isServer = isServer;
    this.#limits = limits;
    this.#clock = clock;
    this.#table = new StreamTable(isServer, options.firstStreamId ?? 1);
    this.#output = new Output(bytes, () => this.#onFlushed());
    const guard = new FloodGuard(limits, clock.nowMs());
    this.#hub = new StreamHub(isServer, limits, clock, this.#table, this.#output, guard, this.#settings, {
      request: (stream, head) => events.request(stream, head),
      streamGone: () => this.#onStreamGone(),
      waiting: () => this.#stalls.arm(),
    });
    const decoder = new HpackDecoder(limits.headerTableBytes, limits.headerListBytes);
    this.#incoming = new Incoming(limits, this.#table, decoder, guard, isServer, this.#hub, {
      settings: (payload) => this.#onSettings(payload),
      ping: (payload) => this.#output.ping(payload, true),
      pingAnswered: (payload) => {
        if (this.#goodbye !== undefined && GOODBYE_PING.equals(payload)) this.#refuseNew();
      },
      goaway: (lastStreamId, code, message) => this.#onGoaway(lastStreamId, code, message),
    });
    this.#reader = new FrameReader(
      (type, flags, streamId, payload) => this.#incoming.frame(type, flags, streamId, payload),
      limits.frameBytes,
      isServer,
    );
    this.#stalls = new StallWatch(clock, limits, this.#output, this.#table, {
      streamStalled: (stream) =>
        this.#hub.abandon(stream, ErrorCode.CANCEL, "the peer took no data for too long"),
      outputStalled: () => this.destroy(new Error("the peer did not read for too long")),
    });
    this.#keepalive =
      keepalive &&
      new Keepalive(
        clock,
        keepalive,
        () => this.#output.ping(KEEPALIVE_PING, false),
        () => this.destroy(new Error(`no answer to a ping within ${keepalive.timeoutMs} ms`)),
      );
    this.#start();
  }

  /** Whether `openStream` may be called now. */
  get hasRoom(): boolean {
    return !this.#isClosing && this.#hub.hasRoom;
  }

  /** Whether new streams will never be possible again. */
  get isEnding(): boolean {
    return this.#isClosing || this.#hub.isGoingAway;
  }

  /** Begins a stream with its request head; only for clients, and only when `hasRoom`. */
  openStream(fields: readonly string[], end: boolean, receiver: StreamReceiver): Http2Stream {
    const stream = this.#hub.openStream(fields, end, receiver);
    if (this.#table.nextOwnId > MAX_STREAM_ID) this.shutdown();
    return stream;
  }

  /** Lets open streams end, takes no new ones, then closes. A server says GOAWAY twice with a PING between, so that no request is lost. */
  shutdown(): void {
    if (this.#isClosing || this.#goodbye !== undefined) return;
    this.#goodbye = this.#clock.after(GOODBYE_MS, () => this.#refuseNew());
    if (!this.#isServer) {
      this.#refuseNew();
      return;
    }
    this.#output.goaway(MAX_STREAM_ID, ErrorCode.NO_ERROR, "");
    this.#output.ping(GOODBYE_PING, false);
  }

  /** Ends the connection now, with a GOAWAY; open streams fail. */
  close(code: number = ErrorCode.NO_ERROR, message = "", failure?: Error): void {
    if (this.#isClosing) return;
    this.#stop(failure);
    this.#hub.failAll(code, message === "" ? "the connection was closed" : message);
    this.#output.goaway(this.#table.lastPeerId, code, message);
    this.#output.flush();
    this.#bytes.end();
    // The peer gets time to read the GOAWAY: closing with bytes unread would take it away.
    this.#linger = this.#clock.after(this.#limits.lingerMs, () => this.#bytes.destroy());
  }

  /** Ends the connection without a word. */
  destroy(error: Error): void {
    if (!this.#isClosing) {
      this.#stop(error);
      this.#hub.failAll(ErrorCode.CANCEL, error.message);
    }
    this.#bytes.destroy(error);
  }

  #start(): void {
    const { connectionWindowBytes, handshakeMs } = this.#limits;
    if (!this.#isServer) this.#output.bytes(PREFACE);
    this.#output.settings(ownSettings(this.#limits, this.#isServer));
    if (connectionWindowBytes > DEFAULT_WINDOW) {
      this.#output.windowUpdate(0, connectionWindowBytes - DEFAULT_WINDOW);
    }
    this.#armHandshake(`no HTTP/2 settings within ${handshakeMs} ms`);
    const receiver: ByteReceiver = {
      data: (chunk) => this.#onData(chunk),
      drained: () => this.#onDrained(),
      closed: (error) => this.#onClosed(error),
    };
    this.#bytes.open(receiver);
  }

  #onData(chunk: Uint8Array): void {
    if (this.#isClosing) return;
    const nowMs = this.#clock.nowMs();
    this.#incoming.nowMs = nowMs;
    this.#keepalive?.heard(nowMs);
    try {
      this.#reader.feed(chunk);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.close(error instanceof Http2Error ? error.code : ErrorCode.INTERNAL_ERROR, error.message, error);
      return;
    }
    if (!this.#isReady || this.#isClosing) return;
    if (!this.#incoming.isInHeaderBlock) this.#disarmHandshake();
    else if (this.#handshake === undefined) this.#armHandshake("a header block did not end in time");
  }

  #onDrained(): void {
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#bytes.resume();
    }
    this.#hub.scheduler.pump(this.#clock.nowMs());
  }

  #onFlushed(): void {
    if (this.#isClosing) return;
    const queuedBytes = this.#output.queuedBytes;
    if (queuedBytes === 0) {
      this.#hub.scheduler.pump(this.#clock.nowMs());
      return;
    }
    this.#stalls.arm();
    if (queuedBytes > this.#limits.outputPauseBytes && !this.#isPaused) {
      this.#isPaused = true;
      this.#bytes.pause();
    }
  }

  #onClosed(error: Error | undefined): void {
    this.#linger?.cancel();
    if (!this.#isClosing) {
      const message = error?.message ?? "the peer closed the connection";
      // Clients of a server come and go; a client has lost its server.
      this.#stop(error ?? (this.#isServer ? undefined : new Error(message)));
      this.#hub.failAll(ErrorCode.CANCEL, message);
    }
    this.#events.closed(this.#failure);
  }

  #onSettings(payload: Uint8Array): void {
    const oldWindow = this.#settings.initialWindow;
    applySettings(this.#settings, payload, !this.#isServer);
    this.#output.settingsAck();
    this.#hub.applySettings(oldWindow);
    if (!this.#isReady) {
      this.#isReady = true;
      this.#disarmHandshake();
      this.#events.ready();
    }
    this.#events.roomChanged();
  }

  #onGoaway(lastStreamId: number, code: number, message: string): void {
    if (this.#isServer) return;
    this.#hub.isGoingAway = true;
    this.#isDraining = true;
    this.#hub.failAbove(lastStreamId);
    this.#events.goingAway(code, message);
    this.#closeWhenDrained();
  }

  #refuseNew(): void {
    this.#goodbye?.cancel();
    if (this.#isDraining || this.#isClosing) return;
    this.#isDraining = true;
    this.#hub.isGoingAway = true;
    if (this.#isServer && this.#table.open.size > 0) {
      this.#output.goaway(this.#table.lastPeerId, ErrorCode.NO_ERROR, "");
    }
    this.#closeWhenDrained();
  }

  #onStreamGone(): void {
    if (this.#isClosing) return;
    this.#events.roomChanged();
    this.#closeWhenDrained();
  }

  #closeWhenDrained(): void {
    if (!this.#isDraining || this.#table.open.size > 0) return;
    // A client's owner must know that it needs another connection.
    this.close(
      ErrorCode.NO_ERROR,
      "",
      this.#isServer ? undefined : new Error("the connection has ended in order"),
    );
  }

  #armHandshake(message: string): void {
    this.#handshake = this.#clock.after(this.#limits.handshakeMs, () => {
      this.close(ErrorCode.SETTINGS_TIMEOUT, message, new Error(message));
    });
  }

  #disarmHandshake(): void {
    this.#handshake?.cancel();
    this.#handshake = undefined;
  }

  #stop(failure: Error | undefined): void {
    this.#isClosing = true;
    this.#failure = failure;
    this.#reader.stop();
    this.#disarmHandshake();
    this.#goodbye?.cancel();
    this.#stalls.stop();
    this.#keepalive?.stop();
    if (this.#isPaused) this.#bytes.resume();
  }
}
