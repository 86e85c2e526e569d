/** Agents in memory that answer by a script, and what was sent to them. */

import type { Feedback, WireAction } from "../../../../src/update-agent/messages/payloads.ts";
import { readCommand } from "../../../../src/update-agent/messages/read.ts";
import type { FeedbackStatus, WireActionStatus } from "../../../../src/update-agent/messages/words.ts";
import type { Agents, HeardListener } from "../../../../src/update-agent/orchestrate/agents.ts";

export const ACTIVITY = "a-1";

export type Said = FeedbackStatus | Feedback;
/** What an agent says to a desired state (`IDENTIFY`) or a command. */
export type Script = Readonly<Record<string, readonly Said[]>>;

export function action(name: string, status: WireActionStatus, message = ""): WireAction {
  return { component: { id: name, version: "1" }, status, message };
}

const WEB = [action("containers:web", "IDENTIFIED")];

export function feedback(said: Said): Feedback {
  return typeof said === "string" ? { status: said, actions: WEB } : said;
}

/** An agent that does everything well. */
export const GOOD: Script = {
  IDENTIFY: [{ status: "IDENTIFYING", actions: [] }, "IDENTIFIED"],
  DOWNLOAD: ["DOWNLOADING", "DOWNLOAD_SUCCESS"],
  UPDATE: ["UPDATING", "UPDATE_SUCCESS"],
  ACTIVATE: ["ACTIVATING", "ACTIVATION_SUCCESS"],
  ROLLBACK: ["ROLLBACK", "ROLLBACK_SUCCESS"],
  CLEANUP: ["CLEANUP_SUCCESS", "COMPLETED"],
};

export const BAD_ENDS: Script = { ...GOOD, CLEANUP: ["CLEANUP_SUCCESS", "INCOMPLETE"] };

export class MemoryAgents implements Agents {
  /** `<domain> <command>`, or `<domain> IDENTIFY`. */
  readonly sent: string[] = [];
  readonly texts: string[] = [];
  #listener: HeardListener | undefined;

  constructor(private readonly scripts: Readonly<Record<string, Script>>) {}

  get isHeard(): boolean {
    return this.#listener !== undefined;
  }

  async listen(_domains: readonly string[], listener: HeardListener, signal: AbortSignal): Promise<void> {
    this.#listener = listener;
    signal.addEventListener("abort", () => {
      this.#listener = undefined;
    });
  }

  send(domain: string, what: "desiredState" | "command", text: string): void {
    const read = what === "command" ? readCommand(text) : undefined;
    const word = read?.ok === true ? read.envelope.payload.command : "IDENTIFY";
    this.sent.push(`${domain} ${word}`);
    this.texts.push(text);
    // Commands of other activities are ignored.
    if (read?.ok === true && read.envelope.activityId !== ACTIVITY) return;
    for (const said of this.scripts[domain]?.[word] ?? []) {
      queueMicrotask(() => this.say(domain, said));
    }
  }

  say(domain: string, said: Said, activityId = ACTIVITY): void {
    this.#listener?.({ domain, activityId, feedback: feedback(said) });
  }
}
