/**
 * Keeps pulls from filling the disk: refuses one that cannot fit before anything is fetched, and ends one that takes more than
 * it should while it runs (a layer may unpack to any size; its digest says nothing of that). What pulls under way will still
 * take is promised to them: several that fit one by one may not fit together. The reserve stays for the state of containers.
 */

import type { Clock, Timer } from "../base/clock.ts";
import { SupercargoError } from "../errors/error.ts";
import type { FileSystemSpace, SpaceProbe, StoreSpace } from "./disk-space.ts";
import { IMAGE_LIMITS } from "./limits.ts";

/** Bytes that something will take, by digest of a blob and by chain id of an unpacked layer. */
export interface Need {
  readonly content: ReadonlyMap<string, number>;
  readonly layers: ReadonlyMap<string, number>;
}

/** What a pull has been promised; to be released when it ends. */
export interface Reservation {
  /** So many bytes of the blob are in the store. */
  arrived(digest: string, storedBytes: number): void;
  /** The layer is unpacked. */
  unpacked(chainId: string): void;
  release(): void;
}

interface Promised {
  readonly bytes: number;
  takenBytes: number;
  holders: number;
}

type Store = keyof StoreSpace;
const STORES: readonly Store[] = ["content", "layers"];

export class DiskGuard {
  readonly #promised: Readonly<Record<Store, Map<string, Promised>>> = {
    content: new Map(),
    layers: new Map(),
  };

  constructor(
    /** undefined: nobody told us where the engine keeps its data; only its own errors remain. */
    private readonly probe: SpaceProbe | undefined,
    private readonly clock: Clock,
    private readonly reserveBytes: number = IMAGE_LIMITS.reserveBytes,
  ) {}

  /** Throws SC_DISK_FULL with the numbers when it does not fit beside what was promised to others. */
  async reserve(image: string, need: Need, signal: AbortSignal): Promise<Reservation> {
    if (this.probe !== undefined && need.content.size + need.layers.size > 0) {
      const space = await this.probe(signal);
      for (const store of STORES) this.#check(image, store, space, need);
    }
    for (const store of STORES) for (const [key, bytes] of need[store]) this.#promise(store, key, bytes);
    return {
      arrived: (digest, storedBytes) => this.#take("content", digest, storedBytes),
      unpacked: (chainId) => this.#take("layers", chainId, Number.POSITIVE_INFINITY),
      release: () => {
        for (const store of STORES) for (const key of need[store].keys()) this.#letGo(store, key);
      },
    };
  }

  /** Runs `work`; aborts it with SC_DISK_FULL when free space falls under the reserve. */
  async watch<T>(image: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { probe } = this;
    if (probe === undefined) return work(signal);
    const full = new AbortController();
    let timer: Timer | undefined;
    let isOver = false;
    const plan = () => {
      timer = this.clock.after(
        IMAGE_LIMITS.spaceCheckMs,
        () => void look().catch((thrown) => full.abort(thrown)),
      );
    };
    const look = async (): Promise<void> => {
      const { content, layers } = await probe(signal);
      if (isOver) return;
      const short = [content, layers].find((space) => this.#isShort(space));
      if (short === undefined) plan();
      else full.abort(this.#full(image, short));
    };
    plan();
    try {
      return await work(AbortSignal.any([signal, full.signal]));
    } catch (thrown) {
      if (full.signal.aborted && !signal.aborted) throw full.signal.reason;
      throw thrown;
    } finally {
      isOver = true;
      timer?.cancel();
    }
  }

  #check(image: string, store: Store, space: StoreSpace, need: Need): void {
    const { id, freeBytes, freeInodes } = space[store];
    const here = STORES.filter((one) => space[one].id === id);
    const has = (one: Store) => here.includes(one);
    const contentBytes = has("content") ? sum(need.content) : 0;
    const layerBytes = has("layers") ? sum(need.layers) : 0;
    const others = here.reduce((total, one) => total + this.#othersBytes(one, need[one]), 0);
    const neededBytes = contentBytes + layerBytes;
    const inodes = here.reduce((count, one) => count + need[one].size * IMAGE_LIMITS.inodesEach, 0);
    const fields = { image, neededBytes, freeBytes, reserveBytes: this.reserveBytes };
    if (neededBytes > 0 && neededBytes + others + this.reserveBytes > freeBytes) {
      const parts = `${megabytes(contentBytes)} to fetch, ${megabytes(layerBytes)} unpacked`;
      const place = here.length === 2 ? "" : ` for its ${store}`;
      const taken = others === 0 ? "" : `, ${megabytes(others)} are promised to pulls under way`;
      throw new SupercargoError(
        "SC_DISK_FULL",
        `not enough space for image ${image}: it needs about ${megabytes(neededBytes)}${place} (${parts}), ${megabytes(freeBytes)} are free${taken} and ${megabytes(this.reserveBytes)} of them are kept in reserve`,
        { fields },
      );
    }
    if (inodes + IMAGE_LIMITS.reserveInodes <= freeInodes || inodes === 0) return;
    throw new SupercargoError(
      "SC_DISK_FULL",
      `not enough inodes for image ${image}: it needs at least ${inodes}, ${freeInodes} are free and ${IMAGE_LIMITS.reserveInodes} of them are kept in reserve`,
      { fields: { ...fields, freeInodes } },
    );
  }

  /** What others have been promised here and not taken yet; what is wanted anyway counts once. */
  #othersBytes(store: Store, own: ReadonlyMap<string, number>): number {
    let bytes = 0;
    for (const [key, promised] of this.#promised[store]) {
      if (!own.has(key)) bytes += promised.bytes - promised.takenBytes;
    }
    return bytes;
  }

  #promise(store: Store, key: string, bytes: number): void {
    const known = this.#promised[store].get(key);
    if (known === undefined) this.#promised[store].set(key, { bytes, takenBytes: 0, holders: 1 });
    else known.holders++;
  }

  #take(store: Store, key: string, bytes: number): void {
    const promised = this.#promised[store].get(key);
    if (promised !== undefined) promised.takenBytes = Math.min(promised.bytes, bytes);
  }

  #letGo(store: Store, key: string): void {
    const promised = this.#promised[store].get(key);
    if (promised === undefined) return;
    promised.holders--;
    if (promised.holders === 0) this.#promised[store].delete(key);
  }

  #isShort({ freeBytes, freeInodes }: FileSystemSpace): boolean {
    return freeBytes < this.reserveBytes || freeInodes < IMAGE_LIMITS.reserveInodes;
  }

  #full(image: string, { freeBytes, freeInodes }: FileSystemSpace): SupercargoError {
    const left = freeBytes < this.reserveBytes ? `only ${megabytes(freeBytes)}` : `only ${freeInodes} inodes`;
    return new SupercargoError(
      "SC_DISK_FULL",
      `image ${image} was given up: its layers take more space than expected, ${left} are left`,
      { fields: { image, freeBytes, reserveBytes: this.reserveBytes } },
    );
  }
}

function sum(sizes: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const size of sizes.values()) total += size;
  return total;
}

/** `12.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
