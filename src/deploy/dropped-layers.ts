/** The sentence about what was lost with the writable layer of a container that was replaced. */

import type { WrittenLayers } from "../model/replace.ts";

/** undefined when nothing was lost, or nobody knows: Kanto's daemon does not tell what a container has written. */
export function describeDropped(dropped: WrittenLayers | undefined): string | undefined {
  if (dropped === undefined || dropped.files === 0) return undefined;
  const { bytes, files, isAll } = dropped;
  const count = `${isAll ? "" : "at least "}${sizeText(bytes)} in ${files} ${files === 1 ? "file" : "files"}`;
  return `the old container's own layer is gone with ${count} that it had written; what shall outlive a new version belongs into a mount`;
}

/** Binary units with one digit, as in `1.5 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  let value = bytes;
  let unit = "";
  for (const next of ["KiB", "MiB", "GiB", "TiB"]) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return `${value.toFixed(1)} ${unit}`;
}
