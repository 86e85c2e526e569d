/**
 * Swapping old one and successor that share an id. The old writable snapshot is set aside by committing it, because the key
 * `<id>-snapshot` must be the running one's (Kanto expects it there when it takes the device back).
 *
 * Where a swap stands can be read from the engine: until `<id>.old.<n>` exists the old one's file system is untouched; once
 * it exists and `<id>-snapshot` lies on it, the old one is back; else the successor is in its place.
 */

import type { Container } from "../model/container.ts";
import { isActive, toStopped } from "../model/state.ts";
import type { Context } from "./context.ts";
import { type Endings, haltOptions } from "./ending.ts";
import { type Entry, snapshotKey } from "./entry.ts";
import type { Probation } from "./probation.ts";
import { epochMs, noteKey, type ReplaceNote } from "./replace-note.ts";
import type { ReplacePath } from "./replace-path.ts";
import type { Restarter } from "./restarter.ts";
import { type Starter, withoutNetwork } from "./starter.ts";
import { savedOf } from "./sweep.ts";
import { clearNetwork, destroyTask, inRemovalOrder, savedNumber } from "./task-clearing.ts";
import { writtenBy } from "./written-layers.ts";

export class SameIdPath implements ReplacePath {
  constructor(
    private readonly ctx: Context,
    private readonly starter: Starter,
    private readonly endings: Endings,
    private readonly restarter: Restarter,
  ) {}

  async swap(
    entry: Entry,
    prepared: ReplaceNote,
    probation: Probation,
    record: (note: ReplaceNote) => void,
  ): Promise<void> {
    const { roster, parts } = this.ctx;
    // First what an earlier replacement left: its note has the same key.
    await this.ctx.leftovers.settle(entry.id);
    record(prepared);
    this.restarter.cancel(entry);
    if (entry.run !== undefined) {
      await this.endings.halt(entry, entry.run, { ...haltOptions(this.ctx, prepared.stop), force: true });
    }
    const written = await writtenBy(this.ctx, entry);
    const note = await this.#setAside(entry, { ...prepared, written }, record);
    await parts.engine.prepareSnapshot(snapshotKey(entry.id), note.chainId, this.ctx.lifetime);
    roster.wish(entry, { container: note.next, additions: note.nextAdditions, action: "replaced" });
    entry.previousWaitMs = undefined;
    entry.probation = probation;
    await this.starter.start(entry);
    const probationEndsAtMs = epochMs(parts.clock.stamp()) + note.probationMs;
    record({ ...note, step: "probation", probationEndsAtMs });
    entry.blocked = undefined;
    probation.begin(note.probationMs);
  }

  async isBack(note: ReplaceNote): Promise<boolean> {
    const { engine } = this.ctx.parts;
    if (!(await engine.hasSnapshot(note.savedSnapshot, this.ctx.lifetime))) return true;
    const parent = await engine.snapshotParent(snapshotKey(note.id), this.ctx.lifetime);
    return parent === note.savedSnapshot;
  }

  async bringBack(note: ReplaceNote): Promise<Entry> {
    const { roster } = this.ctx;
    const { id } = note;
    const entry = roster.get(id) ?? roster.adopt(note.old, note.oldAdditions);
    entry.blocked = "its predecessor comes back";
    entry.probation = undefined;
    this.restarter.cancel(entry);
    if (!(await this.isBack(note))) await this.#takeOut(entry, note);
    entry.previousWaitMs = undefined;
    // With a run it is the old one, which was never stopped.
    if (entry.run === undefined) {
      roster.wish(entry, {
        container: this.#asBefore(note),
        additions: note.oldAdditions,
        action: "replaced",
      });
    }
    return entry;
  }

  async settle(note: ReplaceNote): Promise<void> {
    const { leftovers, parts, lifetime, roster } = this.ctx;
    await leftovers.clear(note.id, "predecessor", async () => {
      const entry = roster.get(note.id);
      const others = entry?.savedSnapshots ?? (await savedOf(this.ctx, note.id));
      const saved = inRemovalOrder(new Set([note.savedSnapshot, ...others]));
      if (entry === undefined) await this.#clearRemoved(note.id);
      // First the note: with it and without the snapshot the next start would not know what to do.
      parts.journal.remove(noteKey(note.id));
      for (const name of saved) {
        await parts.engine.removeSnapshot(name, lifetime);
        entry?.savedSnapshots.delete(name);
      }
    });
  }

  /** A removal that was cut off after the state had gone. */
  async #clearRemoved(id: string): Promise<void> {
    await destroyTask(this.ctx, id);
    await this.ctx.parts.engine.removeSnapshot(snapshotKey(id), this.ctx.lifetime);
    await clearNetwork(this.ctx, id);
  }

  /** Commits the old one's writable snapshot; one that nothing was written to since it came back is not stacked again. */
  async #setAside(
    entry: Entry,
    note: ReplaceNote,
    record: (note: ReplaceNote) => void,
  ): Promise<ReplaceNote> {
    const { engine } = this.ctx.parts;
    const key = snapshotKey(entry.id);
    const newest = [...entry.savedSnapshots].sort((a, b) => savedNumber(b) - savedNumber(a))[0];
    if (newest !== undefined && (await engine.snapshotParent(key, this.ctx.lifetime)) === newest) {
      const { inodes } = await engine.snapshotUsage(key, this.ctx.lifetime);
      // One inode is the folder itself.
      if (inodes <= 1) {
        const kept = { ...note, savedSnapshot: newest };
        record(kept);
        await engine.removeSnapshot(key, this.ctx.lifetime);
        return kept;
      }
    }
    entry.savedSnapshots.add(note.savedSnapshot);
    await engine.commitSnapshot(key, note.savedSnapshot, this.ctx.lifetime);
    return note;
  }

  /** Takes the successor's task and file system away and puts the old file system in their place. */
  async #takeOut(entry: Entry, note: ReplaceNote): Promise<void> {
    const { engine } = this.ctx.parts;
    if (entry.run !== undefined) {
      await this.endings.halt(entry, entry.run, { ...haltOptions(this.ctx, note.stop), force: true });
    }
    await destroyTask(this.ctx, note.id);
    await this.ctx.leftovers.settle(note.id);
    const key = snapshotKey(note.id);
    await engine.removeSnapshot(key, this.ctx.lifetime);
    await engine.prepareSnapshot(key, note.savedSnapshot, this.ctx.lifetime);
    entry.savedSnapshots.add(note.savedSnapshot);
  }

  #asBefore(note: ReplaceNote): Container {
    const { old } = note;
    if (!isActive(old.state.status)) return old;
    const stamp = this.ctx.parts.clock.stamp();
    return withoutNetwork({ ...old, state: toStopped(old.state, { exitCode: 0, error: "", stamp }) });
  }
}
