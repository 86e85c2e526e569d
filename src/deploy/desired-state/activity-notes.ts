/** The journal of desired states: the activity that is under way, and the last words about those that have ended until they are heard. */

import type { Journal } from "../../store/store.ts";
import { type Activity, reportOf } from "./activity.ts";
import { type DesiredStateWish, isRepetition } from "./wish.ts";
import type { OverallStatus, Report } from "./words.ts";

const VERSION = 1;
const ACTIVITY_KEY = "desired-state.activity";
const NEXT_KEY = "desired-state.next";
const LAST_WORDS_KEY = "desired-state.last-words";
/** Older ones go: a broker that was away for so many activities is interested in the latest. */
const LAST_WORDS_LIMIT = 20;
const BIG = "$bigint";

/** What was said at the end of one run of a desired state. */
export interface LastWord {
  readonly run: string;
  readonly report: Report;
}

/** @param isUndone whether we ended and undid it; otherwise whoever commands knows why it ended. */
export function lastWordOf(
  activity: Activity,
  status: OverallStatus,
  isUndone: boolean,
  timestamp: number,
): LastWord {
  const { leader, reason, run } = activity;
  const isOurs = leader === "self" || isUndone;
  const message = status === "INCOMPLETE" && isOurs ? reason : undefined;
  return { run, report: { ...reportOf(activity, status, undefined, message), timestamp } };
}

export interface NotedState {
  readonly activity?: Activity;
  /** The oldest first. */
  readonly lastWords: readonly LastWord[];
  /** Was taken and is not identified yet. */
  readonly next?: DesiredStateWish;
  /** Notes of ours that are not understood. */
  readonly unknown: readonly string[];
}

export class ActivityNotes {
  #lastWords: readonly LastWord[] = [];
  #next: DesiredStateWish | undefined;

  constructor(private readonly journal: Journal) {}

  write(activity: Activity): void {
    this.journal.write(ACTIVITY_KEY, toPlain(activity));
  }

  /** The activity is over: its last word takes its place, and stays until it is heard. */
  end(lastWord: LastWord): void {
    this.#lastWords = [...this.#lastWords, lastWord].slice(-LAST_WORDS_LIMIT);
    this.journal.write(LAST_WORDS_KEY, toPlain({ all: this.#lastWords }));
    this.journal.remove(ACTIVITY_KEY);
  }

  /** Taken: from now on it outlives us. A later one takes its place. */
  writeNext(wish: DesiredStateWish): void {
    this.journal.write(NEXT_KEY, toPlain(wish));
    this.#next = wish;
  }

  forgetNext(wish: DesiredStateWish): void {
    if (this.#next !== wish) return;
    this.journal.remove(NEXT_KEY);
    this.#next = undefined;
  }

  heard(run: string): void {
    const left = this.#lastWords.filter((word) => word.run !== run);
    if (left.length === this.#lastWords.length) return;
    this.#lastWords = left;
    if (left.length === 0) this.journal.remove(LAST_WORDS_KEY);
    else this.journal.write(LAST_WORDS_KEY, toPlain({ all: left }));
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
    const lastWords = take(LAST_WORDS_KEY)?.["all"] ?? [];
    const next = take(NEXT_KEY);
    if (activity !== undefined && !isActivity(activity)) unknown.push(ACTIVITY_KEY);
    const areWords = Array.isArray(lastWords) && lastWords.every(isLastWord);
    if (!areWords) unknown.push(LAST_WORDS_KEY);
    this.#lastWords = areWords ? lastWords : [];
    if (next !== undefined && !isWish(next)) unknown.push(NEXT_KEY);
    const isOver = isActivity(activity) && this.#lastWords.some(({ run }) => run === activity.run);
    // Killed between its last word and the end of its note.
    if (isOver) this.journal.remove(ACTIVITY_KEY);
    // Killed between its identification and the end of its note.
    const isBegun = isWish(next) && isActivity(activity) && isRepetition(next, activity);
    if (isBegun) this.journal.remove(NEXT_KEY);
    else if (isWish(next)) this.#next = next;
    return {
      ...(isActivity(activity) && !isOver ? { activity } : {}),
      lastWords: this.#lastWords,
      ...(this.#next === undefined ? {} : { next: this.#next }),
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
    ["activityId", "run", "wishKey"].every((key) => typeof value[key] === "string") &&
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

function isLastWord(value: unknown): value is LastWord {
  if (!isRecord(value) || typeof value["run"] !== "string") return false;
  const { report } = value;
  return isRecord(report) && typeof report["activityId"] === "string" && typeof report["status"] === "string";
}
