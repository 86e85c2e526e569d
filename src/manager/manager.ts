/** The keeper of all containers: every request for their lives comes in here, every change of them goes out from here. */

import { Limiter } from "../base/limiter.ts";
import { SupercargoError } from "../errors/error.ts";
import type { ImageNeeds } from "../images/image-needs.ts";
import type { LogQuery } from "../logs/logs.ts";
import type { Container, Resources, RestartPolicy, StopOptions } from "../model/container.ts";
import type { ContainerWish } from "../model/defaults.ts";
import type { ContainerDetails } from "../model/details.ts";
import type { ExecWish } from "../model/exec.ts";
import type { LiveLimits } from "../model/extras-rules.ts";
import type { Problem } from "../model/problem.ts";
import type { ReplaceOptions, ReplaceOutcome } from "../model/replace.ts";
import { type Attached, Attachments } from "./attach.ts";
import { pause, rename, unpause, update } from "./changes.ts";
import { closeRooms } from "./close-rooms.ts";
import { readLogs } from "./container-logs.ts";
import type { Context } from "./context.ts";
import { requestNamed } from "./create.ts";
import { detailsOf } from "./details.ts";
import { Endings } from "./ending.ts";
import type { Entry } from "./entry.ts";
import { type ChangeListener, type ContainerChange, EventHub } from "./event-hub.ts";
import { Execs } from "./exec.ts";
import type { ExecSession } from "./exec-session.ts";
import { HealthKeeper } from "./health-keeper.ts";
import { ImagesAsked, imageNeeds } from "./image-needs.ts";
import { Leftovers } from "./leftovers.ts";
import { watchConnection } from "./outage.ts";
import type { ManagerParts } from "./parts.ts";
import { containerProblems, UnreadableStates } from "./problems.ts";
import { Readiness } from "./readiness.ts";
import { Recovery } from "./recovery.ts";
import { removeContainer } from "./remove.ts";
import { Replacer } from "./replacer.ts";
import { restart } from "./restart-request.ts";
import { Restarter } from "./restarter.ts";
import { loadRoster, restore } from "./restore.ts";
import { Roster } from "./roster.ts";
import { letGo, stopAll } from "./shutdown.ts";
import { StartPolicy } from "./start-policy.ts";
import { Starter } from "./starter.ts";
import { Starts } from "./starts.ts";
import { Unhealthy } from "./unhealthy.ts";
import { untilAborted, Work } from "./work.ts";

export class Manager {
  readonly #ctx: Context;
  readonly #starter: Starter;
  readonly #starts: Starts;
  readonly #endings: Endings;
  readonly #restarter: Restarter;
  readonly #replacer: Replacer;
  readonly #startPolicy: StartPolicy;
  readonly #execs: Execs;
  readonly #health: HealthKeeper;
  readonly #unreadable: UnreadableStates;
  readonly #attachments: Attachments;
  readonly #lifetime = new AbortController();
  #forgetConnection: () => void = () => {};
  readonly #readiness: Readiness;

  constructor(parts: ManagerParts) {
    const { clock, log, options, store } = parts;
    const hub = new EventHub(options.maxWaitingEvents, (fault) =>
      log.error("a listener of container changes failed", { reason: fault.message }),
    );
    const work = new Work(options.maxWaitingRequests, log);
    this.#ctx = {
      parts,
      hub,
      roster: new Roster(store, hub, clock, log),
      work,
      leftovers: new Leftovers(work, clock, log),
      starts: new Limiter(options.maxParallelStarts),
      reserved: new Set(),
      asked: new ImagesAsked(),
      health: new Map(),
      lifetime: this.#lifetime.signal,
    };
    this.#readiness = new Readiness(parts);
    this.#unreadable = new UnreadableStates(this.#ctx);
    this.#restarter = new Restarter(this.#ctx, (entry) => this.#starts.byItself(entry));
    this.#endings = new Endings(this.#ctx, this.#restarter);
    this.#starter = new Starter(this.#ctx, (entry, run, end) => this.#endings.onEnd(entry, run, end));
    this.#starts = new Starts(this.#ctx, this.#starter, this.#restarter);
    this.#replacer = new Replacer(this.#ctx, this.#starter, this.#endings, this.#restarter);
    this.#startPolicy = new StartPolicy(this.#ctx, this.#endings, this.#restarter);
    this.#execs = new Execs(this.#ctx);
    this.#attachments = new Attachments(this.#ctx);
    this.#health = new HealthKeeper(this.#ctx, this.#execs, new Unhealthy(this.#ctx, this.#restarter));
  }

  /** Loads and restores; requests wait for its end. Restarts and unfinished replacements go on afterwards. */
  async open(signal: AbortSignal): Promise<void> {
    const loaded = loadRoster(this.#ctx, this.#unreadable);
    this.#forgetConnection = watchConnection(this.#ctx, this.#restarter, this.#execs);
    const recovery = new Recovery(this.#ctx, this.#replacer, this.#starter, this.#endings, this.#startPolicy);
    const [starter, startPolicy, unreadable] = [this.#starter, this.#startPolicy, this.#unreadable];
    const onKnown = () => this.#readiness.beginLooking();
    const crew = { starter, startPolicy, recovery, unreadable, onKnown };
    await restore(this.#ctx, crew, loaded, AbortSignal.any([signal, this.#lifetime.signal]));
    this.#health.open();
    this.#readiness.begin();
    this.#ctx.work.background("taking away processes that were left", this.#execs.sweep());
  }

  /**
   * Ends. With live restore containers go on, else all are stopped. `signal` bounds the waiting for work that is under way.
   * @param stop overrides the live_restore option (the machine is going down).
   */
  async close(signal: AbortSignal, stop = !this.#ctx.parts.options.liveRestore): Promise<void> {
    const { work, roster, leftovers, parts } = this.#ctx;
    work.refuse("the daemon is stopping");
    this.#forgetConnection();
    this.#restarter.close();
    this.#health.close();
    await this.#execs.close(signal);
    if (stop) await stopAll(this.#ctx, this.#endings, this.#restarter, signal);
    leftovers.close();
    await untilAborted(work.whenIdle(), signal).catch((thrown) => {
      parts.log.warn("work under way was cut off by the end of the daemon", { reason: String(thrown) });
    });
    this.#lifetime.abort(new SupercargoError("SC_DAEMON_UNAVAILABLE", "the daemon is stopping"));
    await letGo(this.#ctx);
    roster.close();
    await closeRooms(parts, stop);
  }

  /** Resolves when requests are answered. SC_DAEMON_UNAVAILABLE when that takes longer than the limit. */
  whenReady(signal: AbortSignal): Promise<void> {
    return this.#readiness.wait(signal);
  }

  /** Resolves when what is listed is true, often before requests are answered. Fails as `whenReady`. */
  whenKnown(signal: AbortSignal): Promise<void> {
    return this.#readiness.waitToLook(signal);
  }

  /** Never waits, nor does get; in the order in which they were made or loaded. */
  list(): readonly Container[] {
    return this.#ctx.roster.containers();
  }

  get(id: string): Container | undefined {
    return this.#ctx.roster.get(id)?.container;
  }

  /** What only we keep of a container, e.g. `published` ports and the `restart` that waits. */
  additions(id: string): Readonly<Record<string, unknown>> | undefined {
    return this.#ctx.roster.get(id)?.additions.values;
  }

  /** Never waits. SC_CONTAINER_NOT_FOUND. */
  details(id: string): ContainerDetails {
    return detailsOf(this.#ctx, this.#ctx.roster.require(id));
  }

  /** What a person should know of or act on, as it is now. */
  problems(): readonly Problem[] {
    return [
      ...this.#unreadable.list(),
      ...containerProblems(this.#ctx),
      ...this.#ctx.parts.network.problems(),
    ];
  }

  /** Which images must stay; true at this moment only. */
  imageNeeds(): ImageNeeds {
    return imageNeeds(this.#ctx);
  }

  /** @param origin who asks: `grpc`, `folder`, `init-dir`, `desired-state`. */
  async create(wish: ContainerWish, origin: string, signal: AbortSignal): Promise<Container> {
    await this.whenReady(signal);
    return await requestNamed(this.#ctx, this.#replacer, wish, origin, signal);
  }

  async start(id: string, signal: AbortSignal): Promise<void> {
    await this.#request(id, signal, (entry) => this.#starts.asked(entry));
  }

  async stop(id: string, options: StopOptions, signal: AbortSignal): Promise<void> {
    await this.#request(id, signal, (entry) => this.#endings.stop(entry, options));
  }

  async restart(id: string, signal: AbortSignal): Promise<void> {
    await this.#request(id, signal, (entry) => restart(this.#ctx, this.#endings, this.#starts, entry));
  }

  async pause(id: string, signal: AbortSignal): Promise<void> {
    await this.#request(id, signal, (entry) => pause(this.#ctx, entry));
  }

  async unpause(id: string, signal: AbortSignal): Promise<void> {
    await this.#request(id, signal, (entry) => unpause(this.#ctx, entry));
  }

  async rename(id: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#request(id, signal, async (entry) => rename(this.#ctx, entry, name));
  }

  async update(
    id: string,
    policy: RestartPolicy | undefined,
    resources: Resources | undefined,
    signal: AbortSignal,
    limits?: LiveLimits,
  ): Promise<void> {
    const all = { policy, resources, limits };
    await this.#request(id, signal, (entry) => update(this.#ctx, this.#restarter, entry, all));
  }

  /** @param stop undefined: the daemon's defaults, forced when `force` is. */
  async remove(
    id: string,
    force: boolean,
    stop: StopOptions | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#request(id, signal, async (entry) => {
      const { probation } = entry;
      await removeContainer(this.#ctx, this.#endings, this.#restarter, entry, force, stop);
      probation?.removed();
    });
  }

  /** Replaces `id` by what `wish` describes, under the same id when the wish has it (DESIGN §2). */
  async replace(
    id: string,
    wish: ContainerWish,
    options: ReplaceOptions,
    signal: AbortSignal,
    origin = "grpc",
  ): Promise<ReplaceOutcome> {
    await this.whenReady(signal);
    this.#requireFree(this.#ctx.roster.require(id));
    return await this.#replacer.replace(id, wish, options, signal, origin);
  }

  /** Runs `job` while no other deployer works on a container of this name. */
  withName<T>(name: string, signal: AbortSignal, job: () => Promise<T>): Promise<T> {
    return this.#replacer.withName(name, signal, job);
  }

  /** Raw JSON lines, see Logs.read; a following ends when the container is removed. */
  readLogs(id: string, query: LogQuery, signal: AbortSignal): AsyncIterable<string> {
    return readLogs(this.#ctx, id, query, signal);
  }

  /** Output, and input when wanted, of the container's run, or of its next one. Rejects with the signal's reason. */
  attach(id: string, wantsInput: boolean, signal: AbortSignal): Promise<Attached> {
    return this.#attachments.attach(id, wantsInput, signal);
  }

  /** Runs a command in a running container; it is killed when the signal aborts. */
  async exec(id: string, wish: ExecWish, signal: AbortSignal): Promise<ExecSession> {
    await this.whenReady(signal);
    return await this.#execs.run(id, wish, signal);
  }

  /** Sequence number of the last change. */
  get sequence(): number {
    return this.#ctx.hub.sequence;
  }

  /** Names this life of the daemon; sequence numbers mean something only together with it. */
  get run(): string {
    return this.#ctx.hub.run;
  }

  /** All changes after that number; undefined when some of them are not kept any more. */
  changesSince(sequence: number): readonly ContainerChange[] | undefined {
    return this.#ctx.hub.since(sequence);
  }

  subscribe(listener: ChangeListener): () => void {
    return this.#ctx.hub.subscribe(listener);
  }

  async #request(id: string, signal: AbortSignal, job: (entry: Entry) => Promise<void>): Promise<void> {
    await this.whenReady(signal);
    this.#ctx.roster.require(id);
    await this.#ctx.work.request(id, signal, async () => {
      const entry = this.#ctx.roster.require(id);
      this.#requireFree(entry);
      await job(entry);
    });
  }

  #requireFree(entry: Entry): void {
    if (entry.blocked === undefined) return;
    throw new SupercargoError(
      "SC_CONTAINER_STATE",
      `container with id = ${entry.id} cannot be changed at the moment: ${entry.blocked}`,
      { hint: "try again when that is done", fields: { container: entry.id } },
    );
  }
}
