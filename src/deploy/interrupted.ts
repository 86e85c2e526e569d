/**
 * Replacements whose end nobody has seen: a deployer was killed while the daemon went on. What the container of the name is
 * then is told by itself, and whose it is by the images that were under way.
 */

import type { Container } from "../model/container.ts";
import { toWish } from "../model/defaults.ts";
import { type Fingerprint, fingerprintOf } from "./fingerprint.ts";
import { inTermsOf } from "./log-size.ts";
import type { PendingReplacement, Remembered, Wish } from "./wish.ts";

/** Kept of attempts whose end is not known; more of them than this in a row are not worth their room. */
const MOST_IMAGES = 8;

/** Whether it is another container than the one that was to be replaced: under a fixed id only the date tells. */
export function isSuccessor(present: Container, pending: PendingReplacement): boolean {
  return present.id !== pending.oldId || present.created !== pending.oldCreated;
}

/** Whether a container has the image of one of the attempts, so that no other made it. */
export function hasImageOf(container: Container, pending: PendingReplacement): boolean {
  const image = fingerprintOf(container)["image.name"];
  return image !== undefined && imagesOf(pending).includes(image);
}

/** The fingerprint of a container that a wish is about as it is now, whatever was wished for it. */
export function fingerprintNow(wish: Wish, present: Container): Fingerprint {
  const id = wish.desired.id === "" ? "" : present.id;
  return inTermsOf(wish, present, fingerprintOf({ ...toWish(present), id }));
}

/** What is remembered when a replacement of `old` begins and the end of the one before is not known. */
export function beginAgain(
  before: Remembered,
  pending: PendingReplacement,
  old: Container,
  wish: Wish,
): Remembered {
  const earlier = before.pending;
  if (earlier === undefined) return { ...before, pending };
  if (!isSuccessor(old, earlier)) {
    const images = imagesOf(earlier).slice(-MOST_IMAGES);
    return { ...before, pending: { ...pending, earlierImages: images } };
  }
  if (!hasImageOf(old, earlier)) return { ...before, pending };
  // It came to its end without us: the old one now is what it made, and ours.
  const { isAdopted: _, ...rest } = before;
  return { ...rest, containerId: old.id, fingerprint: fingerprintNow(wish, old), pending };
}

function imagesOf({ earlierImages = [], fingerprint }: PendingReplacement): readonly string[] {
  const last = fingerprint["image.name"];
  return last === undefined || earlierImages.includes(last) ? earlierImages : [...earlierImages, last];
}
