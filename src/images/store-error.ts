/** Names what the content store's errors mean for an image. */

import { SupercargoError } from "../errors/error.ts";

/** A full disk arrives as the engine's text; everything else is passed on as it is. */
export function nameStoreError(thrown: unknown, image: string): unknown {
  if (!(thrown instanceof SupercargoError) || !isFull(thrown)) return thrown;
  return new SupercargoError("SC_DISK_FULL", `no space left on the device while storing image ${image}`, {
    fields: { image },
    cause: thrown,
  });
}

/** One that already names its image is ours. */
function isFull(error: SupercargoError): boolean {
  if (error.code === "SC_DISK_FULL") return error.fields["image"] === undefined;
  if (error.code !== "SC_ENGINE_FAILED" && error.code !== "SC_IO") return false;
  return /no space left on device|ENOSPC|disk quota exceeded|EDQUOT/i.test(error.message);
}
