/** Who needs which image: told by whoever keeps the containers, because images know nothing of them. */

/** Values say who it is, for messages: `container web (4711…)`. */
export interface ImageNeeds {
  /** By name of the image, also of one that is only being asked for. */
  readonly names: ReadonlyMap<string, string>;
  /** By chain id of the image's top layer: the name may mean another image by now. */
  readonly chains: ReadonlyMap<string, string>;
}

export const NO_NEEDS: ImageNeeds = { names: new Map(), chains: new Map() };

/** An image of the device as far as it can be read. */
export interface Stored {
  readonly name: string;
  /** Chain id of its top layer; empty when it has no layers or cannot be read. */
  readonly chainId: string;
}

/**
 * Who needs each of these images; those that nobody needs are not in the answer. One that lies under a container by its layers
 * alone is needed unless another name keeps the same layers.
 * @param layersInUse chain ids below containers' snapshots as the engine sees them, with the key of one snapshot.
 */
export function whoNeeds(
  images: readonly Stored[],
  needs: ImageNeeds,
  layersInUse: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const kept = new Set<string>();
  for (const { name, chainId } of images) {
    const who = needs.names.get(name);
    if (who === undefined) continue;
    found.set(name, who);
    kept.add(chainId);
  }
  for (const { name, chainId } of images) {
    if (chainId === "" || kept.has(chainId)) continue;
    const key = layersInUse.get(chainId);
    const who = needs.chains.get(chainId) ?? (key === undefined ? undefined : `snapshot ${key}`);
    if (who !== undefined) found.set(name, who);
  }
  return found;
}
