/** Names what the content store's errors mean for an image. */

import { hasCode, SupercargoError } from "../errors/error.ts";

/** A full disk arrives as the engine's text; everything else is passed on as it is. */
export function nameStoreError(thrown: unknown, image: string): unknown {
  if (!(thrown instanceof SupercargoError) || !hasCode(thrown, "SC_ENGINE_FAILED", "SC_IO")) return thrown;
  if (!/no space left on device|ENOSPC|disk quota exceeded|EDQUOT/i.test(thrown.message)) return thrown;
  return new SupercargoError("SC_DISK_FULL", `no space left on the device while storing image ${image}`, {
    fields: { image },
    cause: thrown,
  });
}
