/** Puts a header block together from HEADERS and CONTINUATION frames (RFC 9113 §4.3, §6.2, §6.10), within limits. */

import type { Limits } from "../limits.ts";
import { ErrorCode, Flag, Http2Error } from "./frame.ts";
import { readUint32, withoutPadding } from "./frame-reader.ts";

export interface CompleteBlock {
  readonly streamId: number;
  readonly block: Uint8Array;
  readonly endStream: boolean;
  /** The stream says that it depends on itself (RFC 9113 §5.3.1 and RFC 7540 §5.3.1: a stream error). */
  readonly dependsOnItself: boolean;
}

export class HeaderBlock {
  readonly #limits: Limits;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #streamId = 0;
  #endStream = false;
  #dependsOnItself = false;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Stream whose block is not complete: nothing but its CONTINUATION may come. 0 when there is none. */
  get openStreamId(): number {
    return this.#streamId;
  }

  /** A HEADERS frame; gives the block when it is complete. */
  begin(flags: number, streamId: number, payload: Uint8Array): CompleteBlock | undefined {
    let fragment = (flags & Flag.PADDED) !== 0 ? withoutPadding(payload) : payload;
    this.#dependsOnItself = false;
    if ((flags & Flag.PRIORITY) !== 0) {
      if (fragment.length < 5) throw new Http2Error(ErrorCode.FRAME_SIZE_ERROR, "HEADERS too short");
      this.#dependsOnItself = (readUint32(fragment, 0) & 0x7fffffff) === streamId;
      fragment = fragment.subarray(5);
    }
    this.#endStream = (flags & Flag.END_STREAM) !== 0;
    if ((flags & Flag.END_HEADERS) !== 0) return this.#complete(streamId, fragment);
    this.#streamId = streamId;
    this.#parts = [fragment];
    this.#bytes = fragment.length;
    return undefined;
  }

  /** A CONTINUATION frame of the open block. */
  add(flags: number, payload: Uint8Array): CompleteBlock | undefined {
    this.#bytes += payload.length;
    this.#parts.push(payload);
    if (this.#bytes > this.#limits.headerBlockBytes) {
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "header block too large");
    }
    if (this.#parts.length - 1 > this.#limits.continuationFrames) {
      throw new Http2Error(ErrorCode.ENHANCE_YOUR_CALM, "too many CONTINUATION frames");
    }
    if ((flags & Flag.END_HEADERS) === 0) return undefined;
    const streamId = this.#streamId;
    const block = Buffer.concat(this.#parts);
    this.#streamId = 0;
    this.#parts = [];
    this.#bytes = 0;
    return this.#complete(streamId, block);
  }

  #complete(streamId: number, block: Uint8Array): CompleteBlock {
    return { streamId, block, endStream: this.#endStream, dependsOnItself: this.#dependsOnItself };
  }
}
