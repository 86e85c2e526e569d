/** The journal of desired states: the activity that is under way, and the last word about one that has ended until it is heard. */

import type { Journal } from "../../store/store.ts";
import type { Activity } from "./activity.ts";
import type { DesiredStateWish } from "./wish.ts";
import type { Report } from "./words.ts";

const VERSION = 1;
const ACTIVITY_KEY = "desired-state.activity";
const NEXT_KEY = "desired-state.next";
const LAST_WORD_KEY = "desired-state.last-word";
const BIG = "$bigint";

export interface NotedState {
  readonly activity?: Activity;
  readonly lastWord?: Report;
  /** Superseded the activity, and was not identified yet. */
  readonly next?: DesiredStateWish;
  /** Notes of ours that are not understood. */
  readonly unknown: readonly string[];
}

export class ActivityNotes {
  constructor(private readonly journal: Journal) {}

  write(activity: Activity): void {
    this.journal.write(ACTIVITY_KEY, toPlain(activity));
  }

  /** The activity is over: its last word takes its place, and stays until it is heard. */
  end(lastWord: Report): void {
    this.journal.write(LAST_WORD_KEY, toPlain(lastWord));
    this.journal.remove(ACTIVITY_KEY);
  }

  writeNext(wish: DesiredStateWish): void {
    this.journal.write(NEXT_KEY, toPlain(wish));
  }

  forgetNext(): void {
    this.journal.remove(NEXT_KEY);
  }

  heard(): void {
    this.journal.remove(LAST_WORD_KEY);
  }

  read(): NotedState {
    const { entries } = this.journal.entries();
    const unknown: string[] = [];
    const take = (key: string): Record<string, unknown> | undefined => {
      const noted = entries.get(key);
      if (noted === undefined) return undefined;
      const value = fromPlain(noted);
      if (isRecord(value) && value["version"] === VERSION && isRecord(value["content"]))
        return value["content"];
      unknown.push(key);
      return undefined;
    };
    const activity = take(ACTIVITY_KEY);
    const lastWord = take(LAST_WORD_KEY);
    const next = take(NEXT_KEY);
    if (activity !== undefined && !isActivity(activity)) unknown.push(ACTIVITY_KEY);
    if (lastWord !== undefined && !isReport(lastWord)) unknown.push(LAST_WORD_KEY);
    if (next !== undefined && !isWish(next)) unknown.push(NEXT_KEY);
    const isOver = isActivity(activity) && isReport(lastWord) && activity.activityId === lastWord.activityId;
    // Killed between its last word and the end of its note.
    if (isOver) this.journal.remove(ACTIVITY_KEY);
    return {
      ...(isActivity(activity) && !isOver ? { activity } : {}),
      ...(isReport(lastWord) ? { lastWord } : {}),
      // Killed between its identification and the end of its note.
      ...(isWish(next) && !(isActivity(activity) && activity.activityId === next.activityId) ? { next } : {}),
      unknown,
    };
  }
}

/** JSON knows no bigint; the retry timeout of a restart policy is one. */
function toPlain(content: unknown): unknown {
  const text = JSON.stringify({ version: VERSION, content }, (_, part: unknown) =>
    typeof part === "bigint" ? { [BIG]: String(part) } : part,
  );
  return JSON.parse(text);
}

function fromPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) => {
    const digits = isRecord(part) ? part[BIG] : undefined;
    return typeof digits === "string" && /^-?\d+$/.test(digits) ? BigInt(digits) : part;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isActivity(value: unknown): value is Activity {
  return (
    isRecord(value) &&
    typeof value["activityId"] === "string" &&
    (value["leader"] === "commands" || value["leader"] === "self") &&
    Array.isArray(value["actions"]) &&
    value["actions"].every(isAction) &&
    isBaseline(value["all"]) &&
    Array.isArray(value["baselines"]) &&
    value["baselines"].every(isBaseline)
  );
}

function isAction(value: unknown): boolean {
  return (
    isRecord(value) &&
    ["kind", "name", "version", "stage", "status", "message"].every(
      (key) => typeof value[key] === "string",
    ) &&
    Array.isArray(value["olds"]) &&
    value["olds"].every((old) => isRecord(old) && typeof old["id"] === "string") &&
    Array.isArray(value["dependsOn"])
  );
}

function isBaseline(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value["title"] === "string" &&
    typeof value["status"] === "string" &&
    typeof value["isOpen"] === "boolean" &&
    Array.isArray(value["members"])
  );
}

function isWish(value: unknown): value is DesiredStateWish {
  return (
    isRecord(value) &&
    typeof value["activityId"] === "string" &&
    Array.isArray(value["components"]) &&
    value["components"].every(
      (one) => isRecord(one) && isRecord(one["desired"]) && Array.isArray(one["dependsOn"]),
    ) &&
    Array.isArray(value["baselines"])
  );
}

function isReport(value: unknown): value is Report {
  return isRecord(value) && typeof value["activityId"] === "string" && typeof value["status"] === "string";
}
