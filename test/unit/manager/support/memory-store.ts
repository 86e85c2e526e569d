/** Store and journal in memory that outlive a manager; both can be told to refuse writes, as a full disk does. */

import { SupercargoError } from "../../../../src/errors/error.ts";
import type { Container } from "../../../../src/model/container.ts";
import type { Additions, ContainerStore, Journal, StoreProblem } from "../../../../src/store/store.ts";

export class MemoryStore implements ContainerStore {
  readonly saved = new Map<string, { container: Container; additions: Additions }>();
  problems: StoreProblem[] = [];
  isFull = false;
  isNew = true;
  saves = 0;

  containerDir(id: string): string {
    return `/home/containers/${id}`;
  }

  load() {
    const containers = [...this.saved.values()].map(({ container, additions }) => ({
      // As read from a file: no part is shared with what was saved.
      container: structuredClone(container),
      additions: structuredClone(additions),
      editedElsewhere: false,
    }));
    return { containers, problems: this.problems, isNew: this.isNew };
  }

  claim(): void {
    this.isNew = false;
  }

  save(container: Container, additions: Additions): void {
    this.saves++;
    if (this.isFull) throw new SupercargoError("SC_DISK_FULL", "no space left on device");
    this.saved.set(container.id, structuredClone({ container, additions }));
  }

  remove(id: string): void {
    this.saved.delete(id);
  }
}

export class MemoryJournal implements Journal {
  readonly notes = new Map<string, string>();
  isFull = false;

  write(key: string, entry: unknown): void {
    if (this.isFull) throw new SupercargoError("SC_DISK_FULL", "no space left on device");
    this.notes.set(key, JSON.stringify(entry));
  }

  remove(key: string): void {
    this.notes.delete(key);
  }

  entries() {
    const entries = new Map<string, unknown>();
    for (const [key, text] of this.notes) entries.set(key, JSON.parse(text));
    return { entries, problems: [] };
  }
}
