/**
 * What a Tasks/Create or Tasks/Delete that was cut off leaves behind: bundle folders and shims that no list of containerd's
 * shows (spec/pitfalls.md §6). containerd cleans up by itself after 5 to 7 s, except that a shim without bundle folder can
 * stay for ever. There is no event for any of it, so /proc is looked at in short intervals.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, delay } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { SupercargoError, toError } from "../../errors/error.ts";
import { removeAbandonedBundle } from "./abandoned-bundle.ts";
import { endShim, findShims, type Shim } from "./shims.ts";
import { TIME_LIMITS_MS } from "./time-limits.ts";

const LOOK_EVERY_MS = 50;
/** A shim outlives its bundle folder for a moment when a task is deleted in the ordinary way. */
const ORPHAN_AFTER_MS = 1_000;
/** containerd's own clean-up has had its time. */
const ABANDONED_AFTER_MS = 8_000;
/** For a task of which containerd says that it exists and that there is none: it never cleans up by itself (pitfalls §6, Tasks/Delete). */
export const HIDDEN_PATIENCE_MS = 500;

export interface LeftoversConfig {
  readonly namespace: string;
  readonly address: string;
}

export class Leftovers {
  constructor(
    private readonly config: LeftoversConfig,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Waits until nothing of a task that containerd does not list is left, ending its shim where containerd does not.
   * @param bundle its bundle folder, if known from an error text
   * @param patienceMs how long containerd may take for its own clean-up before the shim is ended
   * @throws SC_TIMEOUT when it is still there at the limit
   */
  async clear(
    id: string,
    bundle: string | undefined,
    signal: AbortSignal,
    patienceMs = ABANDONED_AFTER_MS,
  ): Promise<void> {
    const since = this.clock.nowMs();
    let lastSeen = bundle;
    for (;;) {
      const shims = this.shims().filter((shim) => shim.id === id);
      lastSeen = shims.find((shim) => shim.bundle !== undefined)?.bundle ?? lastSeen;
      const hasBundle = lastSeen !== undefined && existsSync(lastSeen);
      if (shims.length === 0 && !hasBundle) return;
      const waitedMs = this.clock.nowMs() - since;
      if (waitedMs > TIME_LIMITS_MS.settleTask) throw stuck(id, lastSeen, shims);
      if (shims.length === 0 && lastSeen !== undefined && waitedMs > patienceMs) this.#remove(id, lastSeen);
      for (const shim of shims) {
        if (waitedMs > (shim.hasBundle ? patienceMs : ORPHAN_AFTER_MS)) this.#end(shim);
      }
      await delay(this.clock, LOOK_EVERY_MS, signal);
    }
  }

  /**
   * Ends shims without bundle folder that containerd does not list, for as long as its own clean-up can take.
   * @param known ids of the tasks that containerd lists, and of those that we are working on
   */
  async sweep(known: () => Promise<ReadonlySet<string>>, signal: AbortSignal): Promise<void> {
    const since = this.clock.nowMs();
    const orphanSince = new Map<number, number>();
    while (this.clock.nowMs() - since < TIME_LIMITS_MS.settleTask) {
      const shims = this.shims();
      const ids = shims.length === 0 ? new Set<string>() : await known();
      const unknown = shims.filter((shim) => !ids.has(shim.id));
      if (unknown.length === 0) return;
      for (const shim of unknown.filter(({ hasBundle }) => !hasBundle)) {
        const first = orphanSince.get(shim.pid) ?? this.clock.nowMs();
        orphanSince.set(shim.pid, first);
        if (this.clock.nowMs() - first > ORPHAN_AFTER_MS) this.#end(shim);
      }
      await delay(this.clock, LOOK_EVERY_MS * 5, signal);
    }
  }

  shims(): Shim[] {
    return findShims(this.config.namespace, this.config.address);
  }

  /** The specification of a task, as JSON, as its shim has it; undefined without shim or folder. */
  specOf(id: string): Uint8Array | undefined {
    const bundle = this.shims().find((shim) => shim.id === id && shim.hasBundle)?.bundle;
    const path = bundle === undefined ? undefined : join(bundle, "config.json");
    if (path === undefined || !existsSync(path)) return undefined;
    return readFileSync(path);
  }

  #remove(id: string, bundle: string): void {
    this.log.warn("removing the folder of a task that containerd has lost", {
      container: id,
      folder: bundle,
    });
    try {
      removeAbandonedBundle(bundle, this.config.namespace, id);
    } catch (thrown) {
      this.log.error("cannot remove the folder of a lost task", {
        folder: bundle,
        reason: toError(thrown).message,
      });
    }
  }

  #end(shim: Shim): void {
    this.log.warn("ending a shim that containerd has lost", { container: shim.id, pid: shim.pid });
    try {
      endShim(shim, this.config.namespace, this.config.address);
    } catch (thrown) {
      this.log.error("cannot end a shim", { pid: shim.pid, reason: toError(thrown).message });
    }
  }
}

/** The bundle folder in containerd's refusal to make it again; undefined for any other text. */
export function bundleInTheWay(message: string): string | undefined {
  return /mkdir (\/\S+): file exists/.exec(message)?.[1];
}

function stuck(id: string, bundle: string | undefined, shims: readonly Shim[]): SupercargoError {
  const what = [
    ...shims.map((shim) => `shim process ${shim.pid}`),
    ...(bundle === undefined ? [] : [`folder ${bundle}`]),
  ];
  return new SupercargoError(
    "SC_TIMEOUT",
    `containerd does not clean up after ${id}: ${what.join(", ")} stay`,
    {
      hint: "restart containerd",
      fields: { id },
    },
  );
}
