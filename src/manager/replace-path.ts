/** What the two ways of replacing (same id, new id) have to offer. All methods run inside a job of the old one's id. */

import type { Entry } from "./entry.ts";
import type { Probation } from "./probation.ts";
import type { ReplaceNote } from "./replace-note.ts";

export interface ReplacePath {
  /**
   * Stops the old one and starts the successor; the probation has begun when it resolves. Whatever it throws, `bringBack` mends.
   * @param record writes the note down, before the step that it speaks of.
   */
  swap(
    entry: Entry,
    note: ReplaceNote,
    probation: Probation,
    record: (note: ReplaceNote) => void,
  ): Promise<void>;
  /** Whether the old one is in its place again, running or not. */
  isBack(note: ReplaceNote): Promise<boolean>;
  /** Takes the successor away and puts the old one in its place, not yet started. Can be repeated until it succeeds. */
  bringBack(note: ReplaceNote): Promise<Entry>;
  /** The successor stays: takes note and old one away. */
  settle(note: ReplaceNote): Promise<void>;
}
