/** Carries one command out and says what follows for the activity; what nobody foresaw is told, and undone where we lead. */

import { describeError } from "../../errors/error.ts";
import type { Book } from "./book.ts";
import { type CommandParts, carryOut, tellFailure } from "./commands.ts";
import type { Command } from "./words.ts";

export interface Order {
  readonly command: Command;
  readonly baseline?: string;
}

/** `goes-on`: more commands are awaited; the others end the activity, `given-up` after undoing. */
export type Outcome = "goes-on" | "COMPLETED" | "INCOMPLETE" | "given-up";

/** @param isCut whether the work was cut off on purpose, and is no failure. */
export async function obey(order: Order, parts: CommandParts, isCut: () => boolean): Promise<Outcome> {
  const { command, baseline } = order;
  const { book, log } = parts;
  try {
    const end = await carryOut(command, baseline, parts);
    return typeof end === "object" ? end.over : "goes-on";
  } catch (thrown) {
    if (isCut()) return "goes-on";
    log.error("a command failed", { command, reason: describeError(thrown) });
    return giveUp(order, book, thrown);
  }
}

function giveUp({ command, baseline }: Order, book: Book, thrown: unknown): Outcome {
  if (book.record.leader === "commands") {
    tellFailure(command, baseline, book, thrown);
    return "goes-on";
  }
  book.set({ reason: describeError(thrown) });
  return "given-up";
}
