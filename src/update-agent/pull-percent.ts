/** How far a pull of several layers is as a whole. */

import type { PullProgress } from "../images/images.ts";

const FETCHED = new Set<PullProgress["phase"]>(["unpacking", "done"]);

export class PullPercent {
  readonly #layers = new Map<string, { readonly received: number; readonly total: number }>();
  #percent = 0;

  /** Percent by bytes, never less than before: a layer that becomes known later makes no step back. */
  after({ layerDigest, receivedBytes, totalBytes, phase }: PullProgress): number {
    const received = FETCHED.has(phase) ? totalBytes : Math.min(receivedBytes, totalBytes);
    this.#layers.set(layerDigest, { received, total: totalBytes });
    let sum = 0;
    let all = 0;
    for (const layer of this.#layers.values()) {
      sum += layer.received;
      all += layer.total;
    }
    if (all > 0) this.#percent = Math.max(this.#percent, Math.floor((100 * sum) / all));
    return this.#percent;
  }
}
