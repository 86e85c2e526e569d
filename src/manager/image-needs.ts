/** Which images the containers need: those that are there, those that are being made, and both sides of a replacement. */

import type { ImageNeeds } from "../images/image-needs.ts";
import type { LocalImage } from "../images/images.ts";
import type { DesiredContainer } from "../model/container.ts";
import type { Context } from "./context.ts";
import { readNotes } from "./replace-note.ts";
import { storedImage } from "./stored-image.ts";

/** What is said of a container that is being made, or set aside for a while. */
type Asking = Pick<DesiredContainer, "id" | "name" | "image">;

export class ImagesAsked {
  readonly #asking = new Set<readonly Asking[]>();

  /** Nobody takes the images of these away until `job` ends, also while the roster does not know them. */
  async during<T>(asking: readonly Asking[], job: () => Promise<T>): Promise<T> {
    this.#asking.add(asking);
    try {
      return await job();
    } finally {
      this.#asking.delete(asking);
    }
  }

  all(): readonly Asking[] {
    return [...this.#asking].flat();
  }
}

/** The image for a container that is made now, as its own policy says. */
export function askImage(ctx: Context, desired: DesiredContainer, signal: AbortSignal): Promise<LocalImage> {
  const policy = desired.extras?.pullPolicy ?? "missing";
  return ctx.parts.images.ensure(desired.image.name, signal, { policy, keys: desired.image.decryptConfig });
}

/** Asked at each removal of an image: what is true now. The journal knows of replacements that a restart interrupted. */
export function imageNeeds(ctx: Context): ImageNeeds {
  const names = new Map<string, string>();
  const chains = new Map<string, string>();
  const need = (container: Asking, chainId: string | undefined) => {
    const who = `container ${container.name} (${container.id})`;
    names.set(container.image.name, who);
    if (chainId !== undefined) chains.set(chainId, who);
  };
  for (const desired of ctx.asked.all()) need(desired, undefined);
  for (const note of readNotes(ctx.parts.journal.entries().entries).notes) {
    need(note.old, storedImage(note.oldAdditions)?.chainId);
    need(note.next, note.chainId);
  }
  for (const { container, additions } of ctx.roster.entries()) {
    need(container, storedImage(additions)?.chainId);
  }
  return { names, chains };
}
