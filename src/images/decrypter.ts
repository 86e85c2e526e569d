/** What the image room needs of whoever opens encrypted layers. Implemented in `trust/`. */

import type { Descriptor } from "../engine/content.ts";
import { type ErrorDetails, SupercargoError } from "../errors/error.ts";
import type { DecryptConfig } from "../model/container.ts";

export interface EncryptedLayer {
  /** For messages. */
  readonly image: string;
  /** Number from 1, bottom first, for messages. */
  readonly number: number;
  /** With the annotations that hold the layer's own key, locked for its recipients. */
  readonly descriptor: Descriptor;
  readonly diffId: string;
  /** The encrypted bytes. */
  read(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** An opened layer, as long as it is used. */
export interface PlainLayer {
  readonly descriptor: Descriptor;
  read(): AsyncIterable<Uint8Array>;
}

export interface ImageDecrypter {
  /** What tells these keys, as they are now, from all others. Throws SC_IMAGE_LOCKED for one that cannot be read. */
  fingerprint(keys: DecryptConfig, image: string): Promise<string>;
  /** Opens the layer for `use`. Throws SC_IMAGE_LOCKED when no key fits, SC_TRUST_TOOL, SC_IMAGE_INVALID, SC_DISK_FULL, SC_TIMEOUT. */
  open<T>(
    layer: EncryptedLayer,
    keys: DecryptConfig,
    signal: AbortSignal,
    use: (plain: PlainLayer) => Promise<T>,
  ): Promise<T>;
}

/** SC_IMAGE_LOCKED; begins as the peer's refusal does, by which its clients know it (spec/grpc-api.md §8). */
export function imageLocked(text: string, details: ErrorDetails): SupercargoError {
  return new SupercargoError("SC_IMAGE_LOCKED", `you are not authorized to use this image: ${text}`, details);
}
