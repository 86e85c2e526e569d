/** Chain ids: the names of stacked layers (OCI image specification, "Layer ChainID"). */

import { sha256Hex } from "../base/hash.ts";

/** One chain id per layer, bottom first; the last is the image's. */
export function chainIds(diffIds: readonly string[]): readonly string[] {
  const chain: string[] = [];
  let below = "";
  for (const diffId of diffIds) {
    below = below === "" ? diffId : sha256(`${below} ${diffId}`);
    chain.push(below);
  }
  return chain;
}

/** Digest of a text or of bytes in the form `sha256:<hex>`. */
export function sha256(content: string | Uint8Array): string {
  return `sha256:${sha256Hex(content)}`;
}
