/** Lets images grow old that no container needs: the containers say which they need, and when that may have changed. */

import type { DaemonParts } from "./daemon-parts.ts";

/** Changes by which a container begins or ceases to need an image. */
const LIFE: ReadonlySet<string> = new Set(["created", "removed", "replaced"]);

/** Call it when the containers are restored: before, every image would seem unneeded. */
export function watchImages({ manager, images }: DaemonParts): void {
  images.expiry.start(() => manager.imageNeeds());
  manager.subscribe((change) => {
    if (change === "overflowed" || LIFE.has(change.action)) images.expiry.containersChanged();
  });
}
