/** Every number that bounds what a peer can make us hold or do. Each has a test in test/unit/grpc/limits.test.ts. */

/** A bucket of tokens: `burst` at once, `perSecond` come back. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export interface Limits {
  /** Decoded header list, counted as RFC 9113 §6.5.2 does; also announced. Above: the stream ends with RESOURCE_EXHAUSTED. */
  readonly headerListBytes: number;
  /** Coded header block over all its frames. Above: ENHANCE_YOUR_CALM. */
  readonly headerBlockBytes: number;
  /** CONTINUATION frames of one header block. Above: ENHANCE_YOUR_CALM. */
  readonly continuationFrames: number;
  /** Our decoder's dynamic table, and the most that our encoder spends. */
  readonly headerTableBytes: number;
  /** Payload of a received frame; also announced. Above: FRAME_SIZE_ERROR. */
  readonly frameBytes: number;
  /** Open streams that the peer began. Above: REFUSED_STREAM. */
  readonly concurrentStreams: number;
  /** What a peer may send on a stream before the application has taken it. Above: FLOW_CONTROL_ERROR on the stream. At least 65,535. */
  readonly streamWindowBytes: number;
  /** The same for the connection; given back on arrival, so that a stream nobody reads does not hold up others. At least 65,535. */
  readonly connectionWindowBytes: number;
  /** Output that waits for the socket: above it no more DATA is framed. */
  readonly outputBytes: number;
  /** Output that waits for the socket, answers included: above it we do not read either. */
  readonly outputPauseBytes: number;
  /** Messages of all streams of a connection that wait for flow control. Above: the call that adds one fails with RESOURCE_EXHAUSTED. */
  readonly pendingSendBytes: number;
  /** Time in which the socket must take at least one byte of what waits; then the connection is closed. */
  readonly outputStallMs: number;
  /** Time in which flow control must take at least one byte of a stream's waiting data; then the stream is reset. */
  readonly streamStallMs: number;
  /** Time from the connection's start to the peer's preface and SETTINGS, and from a HEADERS frame to its block's end. */
  readonly handshakeMs: number;
  /** After an error: how long we wait for the peer to close, so that it can read our GOAWAY. */
  readonly lingerMs: number;
  /** Connections that a server holds. Above: closed at once. */
  readonly connections: number;
  /** Calls that wait at the client for a free stream. Above: RESOURCE_EXHAUSTED. */
  readonly queuedCalls: number;
  /** PING frames; those that go with data (bandwidth estimates) are free. Above: ENHANCE_YOUR_CALM, like all rates below. */
  readonly pings: Rate;
  /** SETTINGS frames. containerd sends one for each growth of its window estimate. */
  readonly settings: Rate;
  /** RST_STREAM frames, and streams that the peer makes us reset ("rapid reset", CVE-2023-44487 and CVE-2025-8671). */
  readonly resets: Rate;
  /** DATA frames without a byte and without an end. */
  readonly emptyData: Rate;
  /** PRIORITY frames and frames of unknown types. */
  readonly priorities: Rate;
  /** WINDOW_UPDATE frames; those that answer data are free. */
  readonly windowUpdates: Rate;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const SERVER_LIMITS: Limits = {
  headerListBytes: 64 * KIB,
  headerBlockBytes: 64 * KIB,
  continuationFrames: 16,
  headerTableBytes: 4 * KIB,
  frameBytes: 16 * KIB,
  concurrentStreams: 128,
  streamWindowBytes: 128 * KIB,
  connectionWindowBytes: 1 * MIB,
  outputBytes: 256 * KIB,
  outputPauseBytes: 1 * MIB,
  pendingSendBytes: 32 * MIB,
  outputStallMs: 30_000,
  streamStallMs: 600_000,
  handshakeMs: 10_000,
  lingerMs: 1_000,
  connections: 256,
  queuedCalls: 1_000,
  pings: { burst: 200, perSecond: 20 },
  settings: { burst: 100, perSecond: 10 },
  resets: { burst: 500, perSecond: 200 },
  emptyData: { burst: 200, perSecond: 50 },
  priorities: { burst: 1_000, perSecond: 100 },
  windowUpdates: { burst: 2_000, perSecond: 500 },
};

/** A client trusts its server more, and wants speed from it. */
export const CLIENT_LIMITS: Limits = {
  ...SERVER_LIMITS,
  headerListBytes: 256 * KIB,
  headerBlockBytes: 256 * KIB,
  continuationFrames: 64,
  streamWindowBytes: 1 * MIB,
  connectionWindowBytes: 4 * MIB,
  pendingSendBytes: 128 * MIB,
  pings: { burst: 10_000, perSecond: 1_000 },
  settings: { burst: 1_000, perSecond: 100 },
  resets: { burst: 5_000, perSecond: 1_000 },
};

/** Largest message that is received, unless the client or server says otherwise. */
export const DEFAULT_RECEIVE_BYTES = 4 * MIB;
