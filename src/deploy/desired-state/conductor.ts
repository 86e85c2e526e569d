/**
 * Leads desired states: takes wishes and commands in their order, one at a time, and leads an activity itself where nobody
 * else does. Invariants: at most one activity is under way; what it does is written down before it is done; every activity
 * that was identified gets one last word, also after a kill.
 */

import { describeError, SupercargoError } from "../../errors/error.ts";
import { type Activity, isDisturbing, isUntouched, meansAll, reportOf } from "./activity.ts";
import { ActivityNotes, lastWordOf } from "./activity-notes.ts";
import { Acts } from "./acts.ts";
import { checkBaselines } from "./baselines.ts";
import { Book } from "./book.ts";
import { makeSafe } from "./commands.ts";
import type { ConductorParts } from "./conductor-parts.ts";
import { identify } from "./identify.ts";
import { Inbox, type Message } from "./inbox.ts";
import { type Order, obey } from "./leading.ts";
import { ownStep, presentStatus } from "./own-lead.ts";
import { Patience } from "./patience.ts";
import { Telling } from "./telling.ts";
import { checkWish, type DesiredStateWish, isRepetition } from "./wish.ts";
import type { Command } from "./words.ts";

export class Conductor {
  readonly #notes: ActivityNotes;
  readonly #acts: Acts;
  readonly #telling: Telling;
  readonly #patience: Patience;
  readonly #abort = new AbortController();
  readonly #inbox = new Inbox();
  #current: Book | undefined;
  #interrupt = new AbortController();
  #working: Promise<void> | undefined;
  #isClosing = false;

  constructor(private readonly parts: ConductorParts) {
    const { device, clock, options, log, journal } = parts;
    this.#notes = new ActivityNotes(journal);
    this.#telling = new Telling(parts.tell, this.#notes, log);
    const onLead = (id: string) => this.#onPatienceOver(id);
    this.#patience = new Patience(clock, onLead, (id) => this.#onSilence(id));
    this.#acts = new Acts(device, clock, options.stop, this.#abort.signal, (message) => log.warn(message));
  }

  /** Goes on with what an earlier life of the daemon has left. */
  resume(): void {
    const { activity, lastWords, next, unknown } = this.#notes.read();
    for (const key of unknown) this.parts.log.warn("a note of a desired state is not understood", { key });
    for (const word of lastWords) this.#telling.sayLast(word);
    if (activity !== undefined) this.#goOn(activity);
    if (next !== undefined) this.#inbox.add({ kind: "wish", wish: next });
    this.#work();
  }

  #goOn(activity: Activity): void {
    this.#current = this.#bookOf(activity);
    const { working, activityId, leader, ending, over } = activity;
    this.parts.log.info("a desired state goes on", { activity: activityId, command: working?.command });
    if (over !== undefined) this.#inbox.add({ kind: "over", id: activityId, status: over });
    else if (ending !== undefined) this.#inbox.add({ kind: "end", id: activityId, status: ending });
    else if (working !== undefined) this.#inbox.add({ kind: "command", id: activityId, ...working });
    else if (leader === "commands") this.#telling.repeat(activity);
    this.#patience.begin(activity, this.parts.options.silenceAfterStartMs);
  }

  /** The activity that is under way. */
  get activity(): Activity | undefined {
    return this.#current?.record;
  }

  /** Whether containers are being changed at this moment. */
  get isBusy(): boolean {
    return this.#working !== undefined;
  }

  /** Answers a desired state that could not even be read. */
  refuse(activityId: string, reason: string): void {
    this.#telling.refuse(activityId, reason);
  }

  /** Takes a desired state; it supersedes the one that is under way. */
  submit(wish: DesiredStateWish): void {
    const { domain, systemContainers } = this.parts.options;
    try {
      checkWish(wish, new Set(wish.systemContainers ?? systemContainers));
      checkBaselines(domain, wish);
      this.#notes.writeNext(wish);
      this.#inbox.take({ kind: "wish", wish });
    } catch (thrown) {
      this.#telling.refuse(wish.activityId, thrown);
      return;
    }
    if (!isRepetition(wish, this.#current?.record)) {
      this.#interrupt.abort(new SupercargoError("SC_SUPERSEDED", "a newer desired state is there"));
    }
    this.#work();
  }

  /** Takes a command; one for another activity, or without one, has no effect. */
  command(activityId: string, command: Command, baseline: string | undefined): void {
    const book = this.#current;
    if (book?.record.activityId === activityId && book.record.leader === "self") {
      if (this.#yieldLead(book, command, baseline)) return;
    }
    try {
      this.#inbox.take({
        kind: "command",
        id: activityId,
        command,
        ...(baseline === undefined ? {} : { baseline }),
      });
    } catch (thrown) {
      this.parts.log.warn("a command was dropped", { command, reason: describeError(thrown) });
      return;
    }
    this.#work();
  }

  /** An orchestrator has begun anew and knows of no activity: what is down because of one comes back now. */
  orchestratorBegins(): void {
    const record = this.#current?.record;
    if (record?.leader === "commands" && isDisturbing(record)) this.#onSilence(record.activityId);
  }

  /** Resolves when nothing is being done; an activity may still wait for commands. */
  async whenIdle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Begins nothing any more; what is in hand goes on after the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#patience.end();
    const reason = new SupercargoError("SC_DAEMON_UNAVAILABLE", "the daemon is stopping");
    this.#interrupt.abort(reason);
    this.#abort.abort(reason);
    await this.whenIdle();
  }

  #work(): void {
    if (this.#working !== undefined || this.#isClosing) return;
    this.#working = this.#loop().finally(() => {
      this.#working = undefined;
      if (!this.#inbox.isEmpty) this.#work();
    });
  }

  async #loop(): Promise<void> {
    while (!this.#isClosing) {
      const message = this.#inbox.next();
      const book = this.#current;
      try {
        if (message !== undefined) await this.#handle(message);
        else if (book?.record.leader === "self") await this.#obey(book, { command: ownStep(book.record) });
        else return;
      } catch (thrown) {
        // Cut off by the end of the daemon: the notes say where it goes on.
        if (!this.#isClosing) throw thrown;
      }
    }
  }

  async #handle(message: Message): Promise<void> {
    if (message.kind === "wish") {
      await this.#begin(message.wish);
      return;
    }
    const book = this.#current;
    if (book === undefined || book.record.activityId !== message.id) return;
    this.#patience.end();
    if (message.kind === "lead") book.set({ leader: "self" });
    else if (message.kind === "over") await this.#end(book, message.status, false);
    else if (message.kind === "end") await this.#end(book, message.status, true);
    else if (!this.#inbox.hasWish) await this.#obey(book, message);
  }

  async #obey(book: Book, order: Order): Promise<void> {
    const { device, clock, log, options } = this.parts;
    // Whoever asked for the interruption may have turned out to repeat what is under way.
    if (!this.#inbox.hasWish) this.#renewInterrupt();
    const interrupt = this.#interrupt.signal;
    const probationMs = book.record.leader === "self" ? options.probationMs : 0;
    const parts = { book, acts: this.#acts, device, clock, log, probationMs, interrupt };
    const outcome = await obey(order, parts, () => this.#isClosing || interrupt.aborted);
    if (outcome === "goes-on") this.#patience.begin(book.record, options.silenceMs);
    else if (outcome === "given-up") await this.#end(book, "INCOMPLETE", true);
    else await this.#end(book, outcome, false);
  }

  #renewInterrupt(): void {
    if (this.#interrupt.signal.aborted && !this.#isClosing) this.#interrupt = new AbortController();
  }

  async #begin(wish: DesiredStateWish): Promise<void> {
    const { activityId } = wish;
    const before = this.#current;
    if (before !== undefined && isRepetition(wish, before.record)) {
      if (isUntouched(before.record)) this.#telling.say({ activityId, status: "IDENTIFYING" });
      this.#telling.repeat(before.record);
      this.#telling.identified(wish);
      return;
    }
    this.#patience.end();
    this.#renewInterrupt();
    // Of two of one name the first ends before the second is spoken of.
    const isNamesake = before?.record.activityId === activityId;
    try {
      if (!isNamesake) this.#telling.say({ activityId, status: "IDENTIFYING" });
      let containers = await this.#acts.list();
      if (before !== undefined) {
        await this.#end(before, "SUPERSEDED", true);
        containers = await this.#acts.list();
      }
      if (isNamesake) this.#telling.say({ activityId, status: "IDENTIFYING" });
      this.#identified(identify(wish, containers, this.parts.options, this.parts.log));
    } catch (thrown) {
      if (this.#isClosing) return;
      this.#telling.refuse(activityId, thrown);
    }
    this.#telling.identified(wish);
  }

  #identified(record: Activity): void {
    if (record.actions.length === 0) {
      this.#telling.say(reportOf(record, "IDENTIFIED"));
      this.#telling.say(reportOf(record, "COMPLETED"));
      this.parts.onEnd?.();
      return;
    }
    const book = this.#bookOf(record);
    book.save();
    this.#current = book;
    book.report("IDENTIFIED");
    this.#patience.begin(record, this.parts.options.silenceMs);
  }

  /** Says the last word; before, if asked to, undoes what is not finished. */
  async #end(
    book: Book,
    status: "COMPLETED" | "INCOMPLETE" | "SUPERSEDED",
    isToBeSafe: boolean,
  ): Promise<void> {
    if (isToBeSafe && status !== "COMPLETED") {
      book.set({ ending: status });
      book.saveIfPossible();
      await makeSafe({ book, acts: this.#acts, log: this.parts.log });
    }
    const lastWord = lastWordOf(book.record, status, isToBeSafe, Date.parse(this.parts.clock.stamp()));
    this.#patience.end();
    this.#current = undefined;
    try {
      this.#notes.end(lastWord);
    } catch (thrown) {
      this.parts.log.error("the end of a desired state cannot be noted", { reason: describeError(thrown) });
    }
    this.#telling.sayLast(lastWord);
    this.parts.onEnd?.();
  }

  /** Whoever commands takes over: at once, or where our own phase ends. Answers whether that was the command's whole effect. */
  #yieldLead(book: Book, command: Command, baseline: string | undefined): boolean {
    book.set({ leader: "commands" });
    book.saveIfPossible();
    this.parts.log.info("an orchestrator takes over", { activity: book.record.activityId, command });
    const status = meansAll(baseline) ? presentStatus(book.record, command) : undefined;
    if (status === undefined) return false;
    book.report(status, baseline);
    return true;
  }

  #onPatienceOver(id: string): void {
    if (this.parts.options.mayLead?.() ?? true) this.#later({ kind: "lead", id });
    else this.parts.log.info("an update manager leads here; its commands are awaited", { activity: id });
  }

  #onSilence(id: string): void {
    const { log } = this.parts;
    log.warn("no command came while containers were down; what ran before comes back", { activity: id });
    this.#current?.set({ reason: "no command came while containers were down" });
    this.#later({ kind: "end", id, status: "INCOMPLETE" });
  }

  #later(message: Message): void {
    if (this.#isClosing) return;
    this.#inbox.add(message);
    this.#work();
  }

  #bookOf(record: Activity): Book {
    const write = (now: Activity) => this.#notes.write(now);
    return new Book(record, write, (report) => this.#telling.say(report), this.parts.log);
  }
}
