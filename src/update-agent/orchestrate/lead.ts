/** Publishes a desired state and leads its agents through the phases: sends, waits with limits, asks where consent is wanted. */

import type { Clock } from "../../base/clock.ts";
import { SupercargoError } from "../../errors/error.ts";
import type { DesiredState } from "../messages/payloads.ts";
import type { Command } from "../messages/words.ts";
import { writeCommand, writeDesiredState } from "../messages/write.ts";
import type { Agents } from "./agents.ts";
import { Lockstep, type Outcome, type Part, type Stage } from "./lockstep.ts";
import { splitByDomain } from "./split.ts";

/** What can be shown of an activity at one moment. */
export interface View {
  readonly activityId: string;
  readonly stage: Stage | "WATCH";
  readonly parts: readonly Pick<Part, "domain" | "status" | "actions">[];
}

export interface LeadOptions {
  readonly activityId: string;
  /** Limit for the first word of each agent. */
  readonly answerTimeoutMs: number;
  /** Limit for each phase; consent does not count. */
  readonly phaseTimeoutMs: number;
  /** The commands before which `ask` is asked. */
  readonly consents: readonly Command[];
  /** Whether the command may be given; false as soon as `signal` aborts. */
  ask(command: Command, signal: AbortSignal): Promise<boolean>;
  show(view: View): void;
}

/** How long the agents have for going back after we were interrupted. */
const INTERRUPTED_LIMIT_MS = 60_000;

/**
 * Leads to the end and tells how it ended. When `signal` aborts in the middle the agents are told to go back, and the signal's
 * reason is thrown when they have. SC_DESIRED_STATE_INVALID before anything is sent.
 */
export async function lead(
  desiredState: DesiredState,
  agents: Agents,
  options: LeadOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<Outcome> {
  const split = splitByDomain(desiredState);
  const listening = new AbortController();
  const leader = new Leader(new Lockstep([...split.keys()]), agents, options, clock);
  try {
    const heard = agents.listen(
      [...split.keys()],
      ({ domain, activityId, feedback }) => {
        if (activityId !== options.activityId) return;
        leader.lockstep.take(domain, feedback);
        leader.onNews();
      },
      listening.signal,
    );
    await untilAborted(heard, signal);
    signal.addEventListener("abort", leader.onNews, { signal: listening.signal });
    if (options.consents.length > 0) leader.claim();
    for (const [domain, own] of split) {
      agents.send(domain, "desiredState", writeDesiredState(leader.stamp(), own));
    }
    return await leader.run(signal);
  } finally {
    listening.abort(new SupercargoError("SC_CANCELLED", "the activity is over"));
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", onAbort));
}

class Leader {
  #news = Promise.withResolvers<void>();
  /** What was allowed is not asked twice. */
  readonly #allowed = new Set<Command>();
  /** When the present stage began, and when we were interrupted, monotonic. */
  #stageMs: number;
  #interruptedMs: number | undefined;

  constructor(
    readonly lockstep: Lockstep,
    private readonly agents: Agents,
    private readonly options: LeadOptions,
    private readonly clock: Clock,
  ) {
    this.#stageMs = clock.nowMs();
  }

  stamp() {
    return { activityId: this.options.activityId, timestamp: Date.now() };
  }

  readonly onNews = (): void => {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  };

  /**
   * Says that somebody leads here: an agent that waits only so long for commands would go on by itself while somebody thinks
   * (DESIGN §5). A command of an activity that nobody knows does nothing (spec/update-agent.md §6.2).
   */
  claim(): void {
    const stamp = { ...this.stamp(), activityId: `${this.options.activityId}-led` };
    for (const { domain } of this.lockstep.parts) {
      this.agents.send(domain, "command", writeCommand(stamp, { command: "CLEANUP" }));
    }
  }

  async run(signal: AbortSignal): Promise<Outcome> {
    const { lockstep, options } = this;
    for (;;) {
      options.show({ activityId: options.activityId, stage: lockstep.stage, parts: lockstep.parts });
      if (signal.aborted && this.#interruptedMs === undefined) this.#interrupt();
      const step = lockstep.next();
      if (step.kind === "end") {
        if (this.#interruptedMs !== undefined) throw signal.reason;
        return step.outcome;
      }
      if (step.kind === "wait") {
        if (!(await this.#untilNews(this.#limitMs()))) lockstep.giveUpWaiting(this.#silence(step.domains));
      } else if (this.#interruptedMs !== undefined || (await this.#isAllowed(step.command, signal))) {
        lockstep.begin(step.command);
        this.#stageMs = this.clock.nowMs();
        const command = writeCommand(this.stamp(), { command: step.command });
        for (const domain of step.domains) this.agents.send(domain, "command", command);
      }
    }
  }

  #interrupt(): void {
    this.#interruptedMs = this.clock.nowMs();
    this.lockstep.stop("interrupted");
    this.lockstep.giveUpWaiting("interrupted");
  }

  /** Until when the present stage may last, monotonic. */
  #limitMs(): number {
    if (this.#interruptedMs !== undefined) return this.#interruptedMs + INTERRUPTED_LIMIT_MS;
    const { answerTimeoutMs, phaseTimeoutMs } = this.options;
    const isMute = this.lockstep.parts.some(({ status }) => status === undefined);
    return this.#stageMs + (this.lockstep.stage === "IDENTIFY" && isMute ? answerTimeoutMs : phaseTimeoutMs);
  }

  #silence(domains: readonly string[]): string {
    const { lockstep, options } = this;
    const isMute = lockstep.parts.some(
      ({ domain, status }) => domains.includes(domain) && status === undefined,
    );
    if (lockstep.stage === "IDENTIFY" && isMute) {
      return `no update agent answered within ${options.answerTimeoutMs / 1000} s`;
    }
    return `no answer to ${lockstep.stage} within ${options.phaseTimeoutMs / 1000} s`;
  }

  /** Whether something was heard before `limitMs` (monotonic). */
  async #untilNews(limitMs: number): Promise<boolean> {
    const late = Promise.withResolvers<"late">();
    const timer = this.clock.after(Math.max(0, limitMs - this.clock.nowMs()), () => late.resolve("late"));
    try {
      return (await Promise.race([this.#news.promise, late.promise])) !== "late";
    } finally {
      timer.cancel();
    }
  }

  /** False also when the question is void: an agent has given up meanwhile, or we were interrupted. */
  async #isAllowed(command: Command, signal: AbortSignal): Promise<boolean> {
    if (!this.options.consents.includes(command) || this.#allowed.has(command)) return true;
    const asking = new AbortController();
    const answer = this.options.ask(command, asking.signal).then((isAllowed) => ({ isAllowed }));
    try {
      for (;;) {
        const first = await Promise.race([answer, this.#news.promise]);
        if (first?.isAllowed === false) this.lockstep.stop(`consent to ${command} was denied`);
        if (first?.isAllowed === true) this.#allowed.add(command);
        if (first !== undefined) return first.isAllowed;
        const step = this.lockstep.next();
        if (signal.aborted || step.kind !== "command" || step.command !== command) return false;
      }
    } finally {
      asking.abort(new SupercargoError("SC_CANCELLED", "the question is void"));
    }
  }
}
