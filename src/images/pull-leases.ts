/**
 * The leases under which images are put together. They have no limit that containerd counts: its wall clock can jump while a
 * pull runs. A pull's lease is released when it ends, unless it failed for a passing reason and has fetched enough to be worth
 * a resume; what nobody resumes is swept by counted time (image-keeping.ts).
 */

import type { Log } from "../base/log.ts";
import type { Content, ContentLease } from "../engine/content.ts";
import { isKind, SupercargoError, toError } from "../errors/error.ts";
import { sha256 } from "./chain.ts";
import { IMAGE_LIMITS } from "./limits.ts";

export const LEASE_PREFIX = "supercargo-pull-";

export class PullLeases {
  /** Names of which this run knows that they have no lease. */
  readonly #released = new Set<string>();
  /** Ids under which work is under way, with how much of it. */
  readonly #busy = new Map<string, number>();

  constructor(
    private readonly content: Content,
    private readonly log: Log,
  ) {}

  /** Whether work is under way for this lease or for the one whose longer form it is. */
  isBusy(id: string): boolean {
    return this.#busy.has(id.slice(0, LEASE_PREFIX.length + HASH_CHARS));
  }

  /** @param isWorthKeeping asked after a failure that may pass: whether what was done so far is worth a resume. */
  async with<T>(
    name: string,
    signal: AbortSignal,
    job: (lease: ContentLease) => Promise<T>,
    isWorthKeeping: () => boolean = () => false,
  ): Promise<T> {
    const id = leaseId(name);
    this.#busy.set(id, (this.#busy.get(id) ?? 0) + 1);
    try {
      return await this.#work(name, signal, job, isWorthKeeping);
    } finally {
      const left = (this.#busy.get(id) ?? 1) - 1;
      if (left === 0) this.#busy.delete(id);
      else this.#busy.set(id, left);
    }
  }

  /** A run that was killed between naming the image and releasing its lease left it. */
  async releaseLeft(name: string): Promise<void> {
    if (!this.#released.has(name)) await this.#release(name, false);
  }

  async #work<T>(
    name: string,
    signal: AbortSignal,
    job: (lease: ContentLease) => Promise<T>,
    isWorthKeeping: () => boolean,
  ): Promise<T> {
    this.#released.delete(name);
    const lease = await this.content.lease(leaseId(name), undefined, signal);
    let result: T;
    try {
      result = await job(lease);
    } catch (thrown) {
      const mayPass = signal.aborted || isKind(thrown, "unavailable", "timeout", "cancelled");
      if (mayPass && isWorthKeeping()) {
        this.log.debug("what was fetched is kept for a resume", { image: name });
      } else {
        await this.#release(name, true);
      }
      throw thrown;
    }
    await this.#release(name, false);
    return result;
  }

  /**
   * Lets the leases of this name go, those of killed runs included. An engine that is away cannot: the next pull of the name
   * releases them, or the sweep.
   */
  async #release(name: string, collect: boolean): Promise<void> {
    try {
      await this.content.releaseLeases(leaseId(name), collect, AbortSignal.timeout(IMAGE_LIMITS.cleanUpMs));
      if (this.#released.size < IMAGE_LIMITS.releasedNames) this.#released.add(name);
    } catch (thrown) {
      const error = toError(thrown);
      if (!(thrown instanceof SupercargoError) && error.name !== "TimeoutError") throw thrown;
      const code = thrown instanceof SupercargoError ? thrown.code : error.name;
      this.log.warn("the lease of an image could not be released, it goes within a day of running time", {
        image: name,
        code,
        reason: error.message,
      });
    }
  }
}

const HASH_CHARS = 32;

/** The same for every try of a name, so that the next one knows what the last one left. */
function leaseId(name: string): string {
  return `${LEASE_PREFIX}${sha256(name).slice(7, 7 + HASH_CHARS)}`;
}
