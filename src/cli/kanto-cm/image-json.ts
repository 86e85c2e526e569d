/** Images as JSON for programs. Keys are only added, never renamed. */

import type { StoredImage } from "../../images/images.ts";

export function imageJson(image: StoredImage): object {
  return {
    name: image.name,
    digest: image.digest,
    size_bytes: image.sizeBytes,
    usable: image.isUsable,
    needed_by: image.neededBy ?? null,
    unused_ms: image.unusedMs,
  };
}
