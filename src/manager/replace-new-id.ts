/**
 * Swapping old one and successor that have different ids: two containers that exist beside each other, the old one stopped.
 * List shows the successor from the moment it takes over, and the old one until the successor has proved itself.
 */

import type { Context } from "./context.ts";
import { idInUse } from "./create.ts";
import { type Endings, haltOptions } from "./ending.ts";
import type { Entry } from "./entry.ts";
import { clearFolders } from "./folders.ts";
import type { Probation } from "./probation.ts";
import { forgetContainer } from "./remove.ts";
import { epochMs, noteKey, type ReplaceNote, writeNote } from "./replace-note.ts";
import type { ReplacePath } from "./replace-path.ts";
import type { Restarter } from "./restarter.ts";
import type { Starter } from "./starter.ts";
import { savedOf } from "./sweep.ts";
import { clearNetwork, clearSnapshots, destroyTask } from "./task-clearing.ts";
import { writtenBy } from "./written-layers.ts";

export class NewIdPath implements ReplacePath {
  constructor(
    private readonly ctx: Context,
    private readonly starter: Starter,
    private readonly endings: Endings,
    private readonly restarter: Restarter,
  ) {}

  async swap(
    entry: Entry,
    note: ReplaceNote,
    probation: Probation,
    record: (note: ReplaceNote) => void,
  ): Promise<void> {
    const { parts, roster, work } = this.ctx;
    // First what an earlier replacement left: its note has the same key.
    await this.ctx.leftovers.settle(entry.id);
    record(note);
    entry.blocked = `it is being replaced by ${note.nextId}`;
    this.restarter.cancel(entry);
    if (entry.run !== undefined) {
      await this.endings.halt(entry, entry.run, { ...haltOptions(this.ctx, note.stop), force: true });
    }
    const written = await writtenBy(this.ctx, entry);
    await work.follow(note.nextId, async () => {
      if (roster.get(note.nextId) !== undefined) throw idInUse(note.nextId);
      const successor = roster.add(note.next, note.nextAdditions);
      successor.probation = probation;
      await this.starter.start(successor);
      const probationEndsAtMs = epochMs(parts.clock.stamp()) + note.probationMs;
      record({ ...note, written, step: "probation", probationEndsAtMs });
      probation.begin(note.probationMs);
    });
  }

  async isBack(note: ReplaceNote): Promise<boolean> {
    return this.ctx.roster.get(note.nextId) === undefined;
  }

  async bringBack(note: ReplaceNote): Promise<Entry> {
    const { roster, work } = this.ctx;
    const old = roster.get(note.id) ?? this.#adoptAgain(note);
    old.blocked = `it is being replaced by ${note.nextId}`;
    this.restarter.cancel(old);
    await work.follow(note.nextId, () => this.#takeOut(note));
    old.previousWaitMs = undefined;
    return old;
  }

  async settle(note: ReplaceNote): Promise<void> {
    const { leftovers, parts, roster } = this.ctx;
    await leftovers.clear(note.id, "predecessor", async () => {
      writeNote(parts.journal, { ...note, step: "settle" });
      const old = roster.get(note.id);
      if (old !== undefined) {
        this.restarter.cancel(old);
        if (old.run !== undefined) {
          await this.endings.halt(old, old.run, { ...haltOptions(this.ctx, note.stop), force: true });
        }
        await forgetContainer(this.ctx, old);
      } else await this.#clearAway(note.id);
      parts.journal.remove(noteKey(note.id));
    });
  }

  async #takeOut(note: ReplaceNote): Promise<void> {
    const id = note.nextId;
    const successor = this.ctx.roster.get(id);
    if (successor !== undefined) {
      successor.probation = undefined;
      successor.blocked = "its predecessor comes back";
      this.restarter.cancel(successor);
      if (successor.run !== undefined) {
        await this.endings.halt(successor, successor.run, {
          ...haltOptions(this.ctx, note.stop),
          force: true,
        });
      }
      await forgetContainer(this.ctx, successor);
      return;
    }
    await this.#clearAway(id);
  }

  /** What is left of a container that is gone already, or never came to be; half of its state can be on the disk. */
  async #clearAway(id: string): Promise<void> {
    await clearFolders(this.ctx, id);
    this.ctx.parts.store.remove(id);
    await destroyTask(this.ctx, id);
    const saved = await savedOf(this.ctx, id);
    await Promise.all([clearSnapshots(this.ctx, id, saved), clearNetwork(this.ctx, id)]);
  }

  /** Its state was lost meanwhile (somebody deleted the folder): the note still has it. */
  #adoptAgain(note: ReplaceNote): Entry {
    const entry = this.ctx.roster.adopt(note.old, note.oldAdditions);
    this.ctx.roster.wish(entry, {});
    return entry;
  }
}
