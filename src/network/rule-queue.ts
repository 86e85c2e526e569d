/**
 * One writer for the packet filter: changes that arrive while a transaction runs share the next one, and a transaction
 * that fails is answered by loading everything anew, because then somebody else has touched our rules.
 */

import type { PortRule, RuleSet } from "./nft-script.ts";

export interface RuleWriter {
  /** Makes these changes in one transaction; absent where replacing everything is as quick. */
  readonly apply?: (added: readonly PortRule[], removed: readonly PortRule[]) => Promise<void>;
  /** Replaces everything by these rules. */
  replace(rules: RuleSet): Promise<void>;
}

interface Waiting {
  readonly added: readonly PortRule[];
  readonly removed: readonly PortRule[];
  readonly done: () => void;
  readonly failed: (reason: unknown) => void;
}

export type IsWhole = (rules: RuleSet, depth: "all" | "any") => Promise<boolean>;

export class RuleQueue {
  readonly #writer: RuleWriter;
  #rules: RuleSet | undefined;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #depth: "all" | "any" = "all";

  constructor(writer: RuleWriter) {
    this.#writer = writer;
  }

  /** Loads a whole set of rules; waits for changes that are under way. */
  async load(rules: RuleSet): Promise<void> {
    await this.#running;
    this.#rules = rules;
    await this.#writer.replace(rules);
  }

  /** As many wait here as attaches and releases are under way: the manager bounds those. */
  change(added: readonly PortRule[], removed: readonly PortRule[]): Promise<void> {
    const rules = this.#rules;
    if (rules === undefined || added.length + removed.length === 0) return Promise.resolve();
    const gone = new Set(removed.map(keyOf));
    this.#rules = { ...rules, ports: [...rules.ports.filter((port) => !gone.has(keyOf(port))), ...added] };
    return new Promise((done, failed) => {
      this.#waiting.push({ added, removed, done, failed });
      this.#running ??= this.#drain();
    });
  }

  /**
   * Has somebody else's interference repaired; changes that come meanwhile wait.
   * @param isWhole whether the kernel has these rules, or, when it lists them in a way that is not understood, any of ours
   * @returns whether they had to be loaded anew
   */
  async mend(isWhole: IsWhole): Promise<boolean> {
    while (this.#running !== undefined) await this.#running;
    const rules = this.#rules;
    if (rules === undefined) return false;
    const mending = this.#mend(rules, isWhole);
    const over = () => {
      this.#running = undefined;
      if (this.#waiting.length > 0) this.#running = this.#drain();
    };
    this.#running = mending.then(over, over);
    return await mending;
  }

  /** Forgets the rules and waits for the change that is under way. */
  async end(): Promise<void> {
    await this.#running;
    this.#rules = undefined;
  }

  async #mend(rules: RuleSet, isWhole: IsWhole): Promise<boolean> {
    if (await isWhole(rules, this.#depth)) return false;
    await this.#writer.replace(rules);
    // Else a listing of another form than expected would have them loaded anew at every look.
    if (!(await isWhole(rules, "all"))) this.#depth = "any";
    return true;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await this.#write(batch);
        for (const { done } of batch) done();
      } catch (reason) {
        for (const { failed } of batch) failed(reason);
      }
    }
    this.#running = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const rules = this.#rules;
    if (rules === undefined) return;
    const { apply } = this.#writer;
    if (apply === undefined) return this.#writer.replace(rules);
    try {
      await apply(
        batch.flatMap(({ added }) => added),
        batch.flatMap(({ removed }) => removed),
      );
    } catch (first) {
      try {
        await this.#writer.replace(rules);
      } catch (second) {
        throw new AggregateError([first, second], String(second instanceof Error ? second.message : second), {
          cause: second,
        });
      }
    }
  }
}

function keyOf(port: PortRule): string {
  return `${port.protocol} ${port.address} ${port.port}`;
}
