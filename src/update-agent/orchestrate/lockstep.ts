/**
 * Leads the agents of one activity through the phases in lock-step: what they said so far decides what they are told next. Pure.
 * Rules: nobody is told the next command before all have answered the last one; one failure and all go back, then clean up
 * (spec/update-agent.md §6.2, §7.3; managers that only clean up leave a device with the old container stopped, §7.3.7).
 */

import type { Feedback, WireAction } from "../messages/payloads.ts";
import type { Command, FeedbackStatus } from "../messages/words.ts";

export type Stage = "IDENTIFY" | Command;

export type OutcomeStatus = "COMPLETED" | "INCOMPLETE" | "IDENTIFICATION_FAILED" | "SUPERSEDED";

export interface Outcome {
  readonly status: OutcomeStatus;
  /** Why it is not COMPLETED: what the agents said, with domain and component. Else empty. */
  readonly reason: string;
}

export type Step =
  | { readonly kind: "wait"; readonly domains: readonly string[] }
  | { readonly kind: "command"; readonly command: Command; readonly domains: readonly string[] }
  | { readonly kind: "end"; readonly outcome: Outcome };

/** How far one agent is. */
export interface Part {
  readonly domain: string;
  /** The last that it said; undefined before its first word. */
  readonly status: FeedbackStatus | undefined;
  readonly actions: readonly WireAction[];
  readonly answer: Answer;
}

type Answer = "none" | "success" | "failure" | "over";

const ENDS: readonly FeedbackStatus[] = ["COMPLETED", "INCOMPLETE", "INCOMPLETE_INCONSISTENT", "SUPERSEDED"];

/** What ends the wait for an answer, by stage. CLEANUP ends with the activity itself. */
const ANSWERS: Readonly<
  Record<Stage, { readonly success: FeedbackStatus; readonly failure: FeedbackStatus }>
> = {
  IDENTIFY: { success: "IDENTIFIED", failure: "IDENTIFICATION_FAILED" },
  DOWNLOAD: { success: "DOWNLOAD_SUCCESS", failure: "DOWNLOAD_FAILURE" },
  UPDATE: { success: "UPDATE_SUCCESS", failure: "UPDATE_FAILURE" },
  ACTIVATE: { success: "ACTIVATION_SUCCESS", failure: "ACTIVATION_FAILURE" },
  ROLLBACK: { success: "ROLLBACK_SUCCESS", failure: "ROLLBACK_FAILURE" },
  CLEANUP: { success: "COMPLETED", failure: "INCOMPLETE" },
};

const FORWARD: Readonly<Record<"IDENTIFY" | "DOWNLOAD" | "UPDATE" | "ACTIVATE", Command>> = {
  IDENTIFY: "DOWNLOAD",
  DOWNLOAD: "UPDATE",
  UPDATE: "ACTIVATE",
  ACTIVATE: "CLEANUP",
};

export class Lockstep {
  #stage: Stage = "IDENTIFY";
  readonly #parts = new Map<string, Part>();
  /** Why it goes back; the first reasons count. */
  #reasons: string[] = [];
  #failed: OutcomeStatus | undefined;

  constructor(domains: readonly string[]) {
    for (const domain of domains) {
      this.#parts.set(domain, { domain, status: undefined, actions: [], answer: "none" });
    }
  }

  get stage(): Stage {
    return this.#stage;
  }

  get parts(): readonly Part[] {
    return [...this.#parts.values()];
  }

  /** Takes what an agent said of this activity. Of a domain that has no part in it: nothing happens. */
  take(domain: string, feedback: Feedback): void {
    const part = this.#parts.get(domain);
    // What carries a baseline answers somebody else's command: ours have none.
    if (part === undefined || part.answer === "over" || !isForAll(feedback)) return;
    const { status } = feedback;
    const actions = feedback.actions.length > 0 ? feedback.actions : part.actions;
    this.#parts.set(domain, { domain, status, actions, answer: this.#answerOf(part, feedback) });
  }

  /** What is to be done now. A command is given by `begin`. */
  next(): Step {
    const silent = this.parts.filter(({ answer }) => answer === "none").map(({ domain }) => domain);
    if (silent.length > 0) return { kind: "wait", domains: silent };
    const open = this.parts.filter(({ answer }) => answer !== "over").map(({ domain }) => domain);
    if (open.length === 0) return { kind: "end", outcome: this.#outcome() };
    return { kind: "command", command: this.#following(), domains: open };
  }

  /** The command of `next` was sent: its domains are waited for. */
  begin(command: Command): void {
    this.#stage = command;
    for (const part of this.parts) {
      if (part.answer !== "over") this.#parts.set(part.domain, { ...part, answer: "none" });
    }
  }

  /** Somebody does not want it any more: everything goes back. */
  stop(reason: string): void {
    this.#fail("INCOMPLETE", reason);
  }

  /** Those that are waited for count as failed; those that never said a word, and all in the last stage, as over. */
  giveUpWaiting(reason: string): void {
    for (const part of this.parts) {
      if (part.answer !== "none") continue;
      const isOver = this.#stage === "CLEANUP" || part.status === undefined;
      this.#parts.set(part.domain, { ...part, answer: isOver ? "over" : "failure" });
      this.#fail(this.#failure, `${part.domain}: ${reason}`);
    }
  }

  get #failure(): OutcomeStatus {
    return this.#stage === "IDENTIFY" ? "IDENTIFICATION_FAILED" : "INCOMPLETE";
  }

  #answerOf(part: Part, feedback: Feedback): Answer {
    const { status } = feedback;
    if (ENDS.includes(status)) {
      if (status === "SUPERSEDED") this.#fail("SUPERSEDED", reasonOf(part.domain, feedback));
      else if (status !== "COMPLETED") this.#fail("INCOMPLETE", reasonOf(part.domain, feedback));
      return "over";
    }
    const { success, failure } = ANSWERS[this.#stage];
    if (status === failure) {
      // Kanto's agent refuses to go back where nothing was changed; that is no further reason (spec/update-agent.md §6.2).
      const isRefusal = this.#stage === "ROLLBACK" && feedback.message !== undefined;
      this.#fail(this.#failure, isRefusal ? "" : reasonOf(part.domain, feedback));
      // Who could not identify anything keeps nothing of the activity.
      return this.#stage === "IDENTIFY" ? "over" : "failure";
    }
    // Without actions there is nothing to command; COMPLETED follows by itself.
    if (status === success && !(status === "IDENTIFIED" && feedback.actions.length === 0)) return "success";
    return part.answer;
  }

  #fail(status: OutcomeStatus, reason: string): void {
    this.#failed ??= status;
    if (reason !== "" && !this.#reasons.includes(reason)) this.#reasons.push(reason);
  }

  #following(): Command {
    const stage = this.#stage;
    if (stage === "ROLLBACK" || stage === "CLEANUP") return "CLEANUP";
    if (this.#failed === undefined) return FORWARD[stage];
    return stage === "IDENTIFY" ? "CLEANUP" : "ROLLBACK";
  }

  #outcome(): Outcome {
    if (this.#failed === undefined) return { status: "COMPLETED", reason: "" };
    return { status: this.#failed, reason: this.#reasons.join("; ") };
  }
}

function isForAll({ baseline = "" }: Feedback): boolean {
  return baseline === "" || baseline === "*";
}

/** The agent's own words, or those of its actions that failed; empty when it gives none. */
export function reasonOf(
  domain: string,
  { message = "", actions }: Pick<Feedback, "message" | "actions">,
): string {
  if (message !== "") return `${domain}: ${message}`;
  return actions
    .filter(({ status }) => status.endsWith("FAILURE"))
    .map(({ component, message: text }) => `${component.id}: ${text}`)
    .join("; ");
}
