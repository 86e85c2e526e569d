/** SETTINGS: the peer's values, checked (RFC 9113 §6.5.2), and ours. */

import type { Limits } from "../limits.ts";
import { DEFAULT_FRAME_BYTES, DEFAULT_WINDOW, ErrorCode, Http2Error, MAX_WINDOW } from "./frame.ts";
import { readUint32 } from "./frame-reader.ts";

const HEADER_TABLE_SIZE = 1;
const ENABLE_PUSH = 2;
const MAX_CONCURRENT_STREAMS = 3;
const INITIAL_WINDOW_SIZE = 4;
const MAX_FRAME_SIZE = 5;
const MAX_HEADER_LIST_SIZE = 6;

const PAIR_BYTES = 6;
const FRAME_BYTES_MAX = 2 ** 24 - 1;

/** What the peer wants; the defaults until it says otherwise. */
export interface PeerSettings {
  headerTableBytes: number;
  concurrentStreams: number;
  initialWindow: number;
  frameBytes: number;
}

export function defaultPeerSettings(): PeerSettings {
  return {
    headerTableBytes: 4096,
    concurrentStreams: Number.POSITIVE_INFINITY,
    initialWindow: DEFAULT_WINDOW,
    frameBytes: DEFAULT_FRAME_BYTES,
  };
}

/** Applies the payload of a SETTINGS frame, in order. Throws Http2Error. */
export function applySettings(settings: PeerSettings, payload: Uint8Array, isFromServer: boolean): void {
  if (payload.length % PAIR_BYTES !== 0) {
    throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "SETTINGS of a wrong length");
  }
  for (let at = 0; at < payload.length; at += PAIR_BYTES) {
    const id = (payload[at] ?? 0) * 256 + (payload[at + 1] ?? 0);
    applyOne(settings, id, readUint32(payload, at + 2), isFromServer);
  }
}

function applyOne(settings: PeerSettings, id: number, value: number, isFromServer: boolean): void {
  switch (id) {
    case HEADER_TABLE_SIZE:
      settings.headerTableBytes = value;
      return;
    case ENABLE_PUSH:
      if (value > 1 || (isFromServer && value !== 0)) {
        throw new Http2Error(ErrorCode.PROTOCOL_ERROR, `ENABLE_PUSH ${value}`);
      }
      return;
    case MAX_CONCURRENT_STREAMS:
      settings.concurrentStreams = value;
      return;
    case INITIAL_WINDOW_SIZE:
      if (value > MAX_WINDOW) {
        throw new Http2Error(ErrorCode.FLOW_CONTROL_ERROR, `INITIAL_WINDOW_SIZE ${value}`);
      }
      settings.initialWindow = value;
      return;
    case MAX_FRAME_SIZE:
      if (value < DEFAULT_FRAME_BYTES || value > FRAME_BYTES_MAX) {
        throw new Http2Error(ErrorCode.PROTOCOL_ERROR, `MAX_FRAME_SIZE ${value}`);
      }
      settings.frameBytes = value;
      return;
    default:
      // MAX_HEADER_LIST_SIZE is advice; unknown settings are to be ignored.
      return;
  }
}

/** What we announce. */
export function ownSettings(limits: Limits, isServer: boolean): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [
    [HEADER_TABLE_SIZE, limits.headerTableBytes],
    [INITIAL_WINDOW_SIZE, limits.streamWindowBytes],
    [MAX_FRAME_SIZE, limits.frameBytes],
    [MAX_HEADER_LIST_SIZE, limits.headerListBytes],
  ];
  if (isServer) pairs.push([MAX_CONCURRENT_STREAMS, limits.concurrentStreams]);
  else pairs.push([ENABLE_PUSH, 0]);
  return pairs;
}
