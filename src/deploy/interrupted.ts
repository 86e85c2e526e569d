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

/** What is written down of a replacement of `old` that begins, perhaps while the end of the one before it is not known. */
export function beginAgain(
  before: Remembered,
  pending: PendingReplacement,
  old: Container,
  wish: Wish,
): Remembered {
  const earlier = before.pending;
  if (earlier === undefined) return { ...before, pending };
  const madeOld = madeByUnseen(earlier, old, wish);
  const earlierImages = imagesOf(earlier).slice(-MOST_IMAGES);
  const made = madeOld === undefined ? {} : { madeOld };
  return { ...before, pending: { ...pending, earlierImages, ...made } };
}

function madeByUnseen(earlier: PendingReplacement, old: Container, wish: Wish): Fingerprint | undefined {
  if (!isSuccessor(old, earlier)) return earlier.madeOld;
  return hasImageOf(old, earlier) ? fingerprintNow(wish, old) : undefined;
}

/** Digests of the image names of all that may have been made, oldest first. */
function imagesOf({ earlierImages = [], madeOld, fingerprint }: PendingReplacement): readonly string[] {
  const last = [madeOld?.["image.name"], fingerprint["image.name"]].filter((image) => image !== undefined);
  return [...new Set([...earlierImages, ...last])];
}
