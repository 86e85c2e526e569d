/** Collects the signs that somebody else leads in this domain; those that must outlive the daemon are kept in the journal. */

import type { Log } from "../base/log.ts";
import { describeError } from "../errors/error.ts";
import type { Message } from "../mqtt/link.ts";
import type { Journal } from "../store/store.ts";
import type { Signs } from "./lead-rule.ts";
import { readInventory } from "./messages/read.ts";

const KEY = "update-agent";
const MANAGER_ID = /-update-manager$/;

export class LeaderSigns {
  #managers = new Set<string>();
  #commanded: ReadonlySet<string>;
  readonly #takenOver: boolean;

  /** @param isKantos whether Kanto's containers are on the device: asked only at the first start of an agent on it. */
  constructor(
    private readonly journal: Journal,
    private readonly domain: string,
    isKantos: () => boolean,
    private readonly log: Log,
  ) {
    const noted = readNote(journal.entries().entries.get(KEY));
    this.#commanded = new Set(noted?.commanded ?? []);
    this.#takenOver = noted?.takenOver ?? isKantos();
    if (noted === undefined) this.#write();
  }

  get now(): Signs {
    return {
      managerSeen: this.#managers.size > 0,
      wasCommanded: this.#commanded.has(this.domain),
      takenOver: this.#takenOver,
    };
  }

  commanded(): void {
    if (this.#commanded.has(this.domain)) return;
    this.#commanded = new Set([...this.#commanded, this.domain]);
    this.#write();
  }

  /** What the broker keeps of others; an empty one: it keeps nothing any more. */
  currentStateSeen({ topic, payload, isRetained }: Message): void {
    if (payload.length === 0) this.#managers.delete(topic);
    if (!isRetained) return;
    const read = readInventory(payload);
    const isManager =
      read.ok &&
      read.envelope.payload.softwareNodes.some(
        ({ id, type }) => type === "APPLICATION" && MANAGER_ID.test(id),
      );
    if (isManager) this.#managers.add(topic);
  }

  /** The broker tells anew with each connection. */
  forgetManagers(): void {
    this.#managers = new Set();
  }

  #write(): void {
    const note = { takenOver: this.#takenOver, commanded: [...this.#commanded] };
    try {
      this.journal.write(KEY, note);
    } catch (thrown) {
      this.log.warn("who leads updates here cannot be noted", { reason: describeError(thrown) });
    }
  }
}

function readNote(
  value: unknown,
): { readonly takenOver: boolean; readonly commanded: readonly string[] } | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { takenOver, commanded } = value as Readonly<Record<string, unknown>>;
  if (typeof takenOver !== "boolean" || !Array.isArray(commanded)) return undefined;
  return { takenOver, commanded: commanded.filter((domain) => typeof domain === "string") };
}
