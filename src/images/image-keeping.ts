/**
 * Which images stay and which go: told by name, by age, or by nobody's need.
 * Invariants: whether an image is needed is asked again inside the turn of its name, in which nobody else can pull or name it;
 * space that a removal gives back is free when the removal resolves.
 */

import type { KeyedWorker } from "../base/keyed-worker.ts";
import type { Log } from "../base/log.ts";
import type { Content, ImageRecord } from "../engine/content.ts";
import { isKind, SupercargoError } from "../errors/error.ts";
import { Holdings } from "./holdings.ts";
import { type ImageNeeds, NO_NEEDS, whoNeeds } from "./image-needs.ts";
import type { PruneOptions, Removal, StoredImage } from "./images.ts";
import type { LastUse } from "./last-use.ts";
import { IMAGE_LIMITS } from "./limits.ts";
import type { LocalImages } from "./local-images.ts";
import { type ResolvedImage, sizeOf } from "./resolved-image.ts";

export interface KeepingParts {
  readonly content: Content;
  readonly local: LocalImages;
  readonly lastUse: LastUse;
  /** One turn per name, shared with pulls. */
  readonly names: KeyedWorker;
  readonly log: Log;
  /** Ids of leases that work under way has, and the beginning of all that are ours. */
  readonly leases: { readonly prefix: string; isBusy(id: string): boolean };
}

interface Known {
  readonly record: ImageRecord;
  /** undefined: not complete, for another machine, or damaged. */
  readonly image: ResolvedImage | undefined;
}

interface Look {
  readonly known: readonly Known[];
  /** By name. */
  readonly neededBy: ReadonlyMap<string, string>;
  readonly unusedMs: ReadonlyMap<string, number>;
  readonly layersInUse: ReadonlyMap<string, string>;
}

const LEASE_KEY = "lease ";

export class ImageKeeping {
  #needs: () => ImageNeeds = () => NO_NEEDS;
  /** Exports under way, by name. */
  readonly #held = new Map<string, number>();

  constructor(private readonly parts: KeepingParts) {}

  /** From whom needs are asked from now on. */
  needsFrom(source: () => ImageNeeds): void {
    this.#needs = source;
  }

  /** Nobody can remove the image while `job` runs. */
  async hold<T>(name: string, job: () => Promise<T>): Promise<T> {
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    try {
      return await job();
    } finally {
      const left = (this.#held.get(name) ?? 1) - 1;
      if (left === 0) this.#held.delete(name);
      else this.#held.set(name, left);
    }
  }

  async inventory(signal: AbortSignal): Promise<readonly StoredImage[]> {
    const { known, neededBy, unusedMs } = await this.#look(signal);
    const { content } = this.parts;
    const images: StoredImage[] = [];
    for (const { record, image } of known) {
      const top = image?.chain.at(-1);
      images.push({
        name: record.name,
        digest: record.target.digest,
        sizeBytes: image === undefined ? 0 : sizeOf(image),
        isUsable: image !== undefined && (top === undefined || (await content.hasSnapshot(top, signal))),
        neededBy: neededBy.get(record.name),
        unusedMs: unusedMs.get(record.name) ?? 0,
      });
    }
    return images;
  }

  async remove(name: string, isForced: boolean, signal: AbortSignal): Promise<Removal> {
    const removal = await this.parts.names.run(name, () => this.#removeAlone(name, isForced, signal), signal);
    this.parts.log.info("image removed", { image: name, freedBytes: removal.freedBytes });
    return removal;
  }

  async prune(options: PruneOptions, signal: AbortSignal): Promise<Removal> {
    const look = await this.#look(signal);
    const { neededBy, unusedMs, known } = look;
    const going = known.filter(
      ({ record: { name } }) => !neededBy.has(name) && (unusedMs.get(name) ?? 0) >= options.unusedForMs,
    );
    if (going.length === 0) return { names: [], freedBytes: 0 };
    const holdings = await this.#measure(going, signal);
    if (options.isDryRun) {
      const staying = known.filter((one) => !going.includes(one)).map(({ image }) => image);
      const names = going.map(({ record }) => record.name);
      return { names, freedBytes: holdings.without(staying, look.layersInUse) };
    }
    const names: string[] = [];
    for (const one of going) if (await this.#pruneOne(one, options, signal)) names.push(one.record.name);
    if (names.length === 0) return { names, freedBytes: 0 };
    await this.parts.content.collect(signal);
    const freedBytes = await holdings.goneBytes(this.parts.content, signal);
    const { reason } = options;
    this.parts.log.info("unused images removed", { images: names.join(", "), freedBytes, reason });
    return { names, freedBytes };
  }

  /** Takes away what abandoned pulls kept for a resume, once it is old. Counts what nobody needs. */
  async sweepLeases(signal: AbortSignal): Promise<void> {
    const { content, lastUse, leases, log } = this.parts;
    for (const id of await content.leaseIds(leases.prefix, signal)) {
      if (leases.isBusy(id) || lastUse.unusedMs(`${LEASE_KEY}${id}`) < IMAGE_LIMITS.leaseMs) continue;
      await content.releaseLeases(id, true, signal);
      log.info("what an unfinished pull had kept is given back", { lease: id });
    }
  }

  async #removeAlone(name: string, isForced: boolean, signal: AbortSignal): Promise<Removal> {
    const { content } = this.parts;
    const { known, neededBy } = await this.#look(signal);
    const found = known.find(({ record }) => record.name === name);
    if (found === undefined) throw notHere(name);
    const who = neededBy.get(name);
    if (who !== undefined && !isForced) {
      throw new SupercargoError("SC_IMAGE_IN_USE", `image ${name} is needed by ${who}`, {
        fields: { image: name, neededBy: who },
      });
    }
    const holdings = await this.#measure([found], signal);
    await content.deleteImage(name, true, signal);
    return { names: [name], freedBytes: await holdings.goneBytes(content, signal) };
  }

  async #pruneOne(one: Known, options: PruneOptions, signal: AbortSignal): Promise<boolean> {
    const { names, content } = this.parts;
    const { name } = one.record;
    return await names.run(
      name,
      async () => {
        // Used, needed or named anew since we looked.
        const now = await content.image(name, signal);
        if (now?.target.digest !== one.record.target.digest) return false;
        const { neededBy, unusedMs } = await this.#look(signal);
        if (neededBy.has(name) || (unusedMs.get(name) ?? 0) < options.unusedForMs) return false;
        await content.deleteImage(name, false, signal);
        return true;
      },
      signal,
    );
  }

  async #look(signal: AbortSignal): Promise<Look> {
    const { content, lastUse, leases } = this.parts;
    const known: Known[] = [];
    for (const record of await content.images(signal)) {
      known.push({ record, image: await this.#read(record, signal) });
    }
    const layersInUse = await content.layersInUse(signal);
    const leaseIds = await content.leaseIds(leases.prefix, signal);
    const neededBy = whoNeeds(known.map(toStored), this.#needsNow(), layersInUse);
    const unneeded = known.map(({ record }) => record.name).filter((name) => !neededBy.has(name));
    const abandoned = leaseIds.filter((id) => !leases.isBusy(id)).map((id) => `${LEASE_KEY}${id}`);
    return { known, neededBy, unusedMs: lastUse.count([...unneeded, ...abandoned]), layersInUse };
  }

  #needsNow(): ImageNeeds {
    const { names, chains } = this.#needs();
    const held = [...this.#held.keys()].map((name) => [name, "an export"] as const);
    return { names: new Map([...held, ...names]), chains };
  }

  async #read(record: ImageRecord, signal: AbortSignal): Promise<ResolvedImage | undefined> {
    try {
      return await this.parts.local.read(record, signal);
    } catch (thrown) {
      // Somebody else's image that is none for us (another platform, an artifact): it has a name and nothing that we know.
      if (!isKind(thrown, "corrupt", "unsupported")) throw thrown;
      return undefined;
    }
  }

  async #measure(images: readonly Known[], signal: AbortSignal): Promise<Holdings> {
    const resolved = images.flatMap(({ image }) => (image === undefined ? [] : [image]));
    return await Holdings.of(resolved, this.parts.content, signal);
  }
}

function toStored({ record, image }: Known) {
  return { name: record.name, chainId: image?.chain.at(-1) ?? "" };
}

export function notHere(image: string): SupercargoError {
  return new SupercargoError("SC_IMAGE_NOT_FOUND", `there is no image ${image} on this device`, {
    fields: { image },
  });
}
