/**
 * What waits to be sent, in order, with a rule per kind (issue of the twin; reliability R12).
 * Invariants: of one `state` key only the latest waits, at the place of the latest, so that the messages that are left say
 * the same as all of them would; at most `maxMessages` and `maxBytes` wait; when they are reached the kinds go in the order
 * sample, reply, state, keep, the oldest first. At most `maxSamples` samples wait at all.
 */

/**
 * `state`: what holds now, by `key`; a later one replaces it. `keep`: never merged, goes last (deletes, feedback).
 * `reply`: somebody waits for it, for a while. `sample`: worth nothing when it is late (metrics).
 */
export type OutKind =
  | { readonly kind: "state"; readonly key: string }
  | { readonly kind: "keep" | "reply" | "sample" };

export type Outgoing = OutKind & {
  readonly topic: string;
  readonly payload: string;
  readonly isRetained?: boolean;
};

/** `sent`: the broker acknowledged it. `replaced`: a later one of its key goes instead. `dropped`: the bound was reached, or the connection was closed. */
export type Fate = "sent" | "replaced" | "dropped";

export interface Waiting {
  readonly message: Outgoing;
  readonly settle: (fate: Fate) => void;
}

export interface QueueBounds {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxSamples: number;
}

export const QUEUE_BOUNDS: QueueBounds = { maxMessages: 5_000, maxBytes: 8 * 1024 * 1024, maxSamples: 16 };

const DROP_ORDER = ["sample", "reply", "state", "keep"] as const;

function keyOf({ message }: Waiting): string | undefined {
  return message.kind === "state" ? message.key : undefined;
}

function sizeOf({ message }: Waiting): number {
  return message.payload.length + message.topic.length;
}

export class OutQueue {
  /** In order; a Set so that one in the middle is taken out at once. */
  readonly #waiting = new Set<Waiting>();
  readonly #byKey = new Map<string, Waiting>();
  #bytes = 0;
  #samples = 0;

  /** @param onDropped told of each message that the bounds cost. */
  constructor(
    private readonly bounds: QueueBounds,
    private readonly onDropped: (message: Outgoing) => void,
  ) {}

  get size(): number {
    return this.#waiting.size;
  }

  push(entry: Waiting): void {
    const key = keyOf(entry);
    const earlier = key === undefined ? undefined : this.#byKey.get(key);
    if (earlier !== undefined) {
      this.#remove(earlier);
      earlier.settle("replaced");
    }
    this.#add(entry);
    this.#keepBounds();
  }

  /** The oldest, taken out. */
  shift(): Waiting | undefined {
    for (const entry of this.#waiting) {
      this.#remove(entry);
      return entry;
    }
    return undefined;
  }

  /** Puts what was sent and not acknowledged in front again, in its order; what a later state replaces meanwhile goes. */
  putBack(entries: readonly Waiting[]): void {
    const later = [...this.#waiting];
    const latest = new Map<string, Waiting>();
    for (const entry of [...entries, ...later]) {
      const key = keyOf(entry);
      if (key !== undefined) latest.set(key, entry);
    }
    this.#clear();
    for (const entry of [...entries, ...later]) {
      const key = keyOf(entry);
      if (key === undefined || latest.get(key) === entry) this.#add(entry);
      else entry.settle("replaced");
    }
    this.#keepBounds();
  }

  /** Drops everything. */
  close(): void {
    const all = [...this.#waiting];
    this.#clear();
    for (const entry of all) entry.settle("dropped");
  }

  #add(entry: Waiting): void {
    this.#waiting.add(entry);
    this.#bytes += sizeOf(entry);
    if (entry.message.kind === "sample") this.#samples++;
    const key = keyOf(entry);
    if (key !== undefined) this.#byKey.set(key, entry);
  }

  #remove(entry: Waiting): void {
    if (!this.#waiting.delete(entry)) return;
    this.#bytes -= sizeOf(entry);
    if (entry.message.kind === "sample") this.#samples--;
    const key = keyOf(entry);
    if (key !== undefined && this.#byKey.get(key) === entry) this.#byKey.delete(key);
  }

  #clear(): void {
    this.#waiting.clear();
    this.#byKey.clear();
    this.#bytes = 0;
    this.#samples = 0;
  }

  #keepBounds(): void {
    const { maxMessages, maxBytes, maxSamples } = this.bounds;
    while (this.#samples > maxSamples) this.#dropOldest("sample");
    // One message alone may be larger than the bound: it is the only way to say what it says.
    while ((this.#waiting.size > maxMessages || this.#bytes > maxBytes) && this.#waiting.size > 1) {
      const kind = DROP_ORDER.find((kind) => this.#has(kind));
      if (kind === undefined) return;
      this.#dropOldest(kind);
    }
  }

  #has(kind: Outgoing["kind"]): boolean {
    if (kind === "sample") return this.#samples > 0;
    for (const { message } of this.#waiting) if (message.kind === kind) return true;
    return false;
  }

  #dropOldest(kind: Outgoing["kind"]): void {
    for (const entry of this.#waiting) {
      if (entry.message.kind !== kind) continue;
      this.#remove(entry);
      entry.settle("dropped");
      this.onDropped(entry.message);
      return;
    }
  }
}
