/**
 * The containers update agent: what arrives on its topics becomes wishes and commands for the conductor, what the conductor
 * tells becomes feedback (spec/update-agent.md). The connection is shared; nothing here waits for the broker.
 */

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { Conductor } from "../deploy/desired-state/conductor.ts";
import type { ConductorOptions } from "../deploy/desired-state/conductor-parts.ts";
import type { Device } from "../deploy/desired-state/device.ts";
import type { Report } from "../deploy/desired-state/words.ts";
import { isKind, SupercargoError, toError } from "../errors/error.ts";
import type { Manager } from "../manager/manager.ts";
import type { MqttConnection } from "../mqtt/connection.ts";
import type { Message } from "../mqtt/link.ts";
import type { Session } from "../mqtt/session.ts";
import type { Journal } from "../store/store.ts";
import { CurrentState } from "./current-state.ts";
import { feedbackText } from "./feedback.ts";
import { inventoryOf } from "./inventory.ts";
import { KeptWishes } from "./kept-wishes.ts";
import { type Drive, leadAfter, mayLead } from "./lead-rule.ts";
import { LeaderSigns } from "./leader-signs.ts";
import type { DesiredState } from "./messages/payloads.ts";
import { type Envelope, readCommand, readCurrentStateGet, readDesiredState } from "./messages/read.ts";
import { ANY_CURRENT_STATE, type Topics, topicsOf } from "./messages/topics.ts";
import { wishOf } from "./wish.ts";

/** How a manager begins the activity with which it asks at its start. */
const INITIAL = "initial-current-state-";

export interface UpdateAgentParts {
  readonly connection: Pick<MqttConnection, "publish" | "isConnected" | "onSession">;
  readonly containers: Pick<Manager, "list" | "subscribe">;
  readonly device: Device;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** Of our daemon, told in inventories. */
  readonly version: string;
  readonly drive: Drive;
  /** `auto`: how long commands are waited for, ms. */
  readonly patienceMs: number;
  readonly isVerbose: boolean;
  /** From a change to the publication of the current state, ms. */
  readonly currentStateDelayMs: number;
  readonly options: Omit<ConductorOptions, "mayLead">;
}

export class UpdateAgent {
  readonly #topics: Topics;
  readonly #conductor: Conductor;
  readonly #currentState: CurrentState;
  readonly #signs: LeaderSigns;
  readonly #kept: KeptWishes;
  #forgetSessions: () => void = () => {};
  #forgetChanges: () => void = () => {};
  #unsubscribe: () => void = () => {};

  constructor(private readonly parts: UpdateAgentParts) {
    const { connection, containers, device, journal, clock, log, drive, options } = parts;
    const { domain } = options;
    this.#topics = topicsOf(domain);
    const isKantos = () => containers.list().some(({ id }) => device.originOf?.(id) === "");
    this.#kept = new KeptWishes(journal, log);
    this.#signs = new LeaderSigns(journal, domain, isKantos, log);
    this.#currentState = new CurrentState({
      connection,
      topic: this.#topics.currentState,
      inventory: () =>
        inventoryOf(containers.list(), { domain, version: parts.version, isVerbose: parts.isVerbose }),
      clock,
      delayMs: parts.currentStateDelayMs,
      isBusy: () => this.#conductor.isBusy,
    });
    this.#conductor = new Conductor({
      device,
      journal,
      clock,
      log,
      options: { ...options, mayLead: () => mayLead(drive, this.#signs.now) },
      tell: (report) => this.#tell(report),
      onEnd: () => this.#currentState.now(),
    });
  }

  /** The containers have been restored. Goes on with what an earlier life has left. */
  open(): void {
    const { connection, containers } = this.parts;
    this.#forgetChanges = containers.subscribe(() => this.#currentState.soon());
    this.#forgetSessions = connection.onSession((session) => this.#begin(session));
    this.#conductor.resume();
  }

  /** Takes nothing any more and ends what is in hand; it goes on after the next start. */
  async close(): Promise<void> {
    this.#forgetSessions();
    this.#unsubscribe();
    this.#forgetChanges();
    this.#currentState.close();
    await this.#conductor.close();
  }

  async #begin(session: Session): Promise<void> {
    const { desiredState, command, currentStateGet } = this.#topics;
    this.#unsubscribe = await session.subscribe([desiredState, command, currentStateGet], (message) =>
      this.#onMessage(message),
    );
    this.#currentState.initial();
    this.#signs.forgetManagers();
    await session
      .subscribe([ANY_CURRENT_STATE], (message) => {
        if (message.topic !== this.#topics.currentState) this.#signs.currentStateSeen(message);
      })
      .catch((thrown: unknown) => {
        if (!isKind(thrown, "denied")) throw thrown;
        this.parts.log.info("the broker does not tell whether there is an update manager", {
          topic: ANY_CURRENT_STATE,
        });
      });
  }

  #onMessage({ topic, payload, isRetained }: Message): void {
    if (topic === this.#topics.desiredState) this.#onDesiredState(payload, isRetained);
    // What the broker keeps of the others is late: a command belongs to a moment.
    else if (isRetained) this.parts.log.debug("a message that the broker keeps is passed over", { topic });
    else if (topic === this.#topics.command) this.#onCommand(payload);
    else this.#onCurrentStateGet(payload);
  }

  #onDesiredState(payload: Uint8Array, isRetained: boolean): void {
    if (isRetained && this.#kept.wasTaken(payload)) {
      this.parts.log.info("the desired state that the broker keeps was taken before; it is passed over");
      return;
    }
    const read = readDesiredState(payload);
    if (read.ok) {
      this.#submit(read.envelope);
      this.#kept.taken(payload);
    } else if (!read.isEmpty) this.#conductor.refuse(read.activityId, read.reason);
  }

  #submit({ activityId, timestamp, payload }: Envelope<DesiredState>): void {
    const { drive, patienceMs, options, log } = this.parts;
    try {
      const { wish, warnings } = wishOf(activityId, payload, options.domain);
      for (const warning of warnings) log.warn(warning, { activity: activityId });
      this.#conductor.submit({ ...wish, leadAfterMs: leadAfter(drive, timestamp !== undefined, patienceMs) });
    } catch (thrown) {
      if (!(thrown instanceof SupercargoError)) {
        log.error("a desired state cannot be dealt with", { reason: toError(thrown).stack ?? "" });
      }
      this.#conductor.refuse(activityId, toError(thrown).message);
    }
  }

  #onCommand(payload: Uint8Array): void {
    const read = readCommand(payload);
    if (!read.ok) {
      if (!read.isEmpty) this.parts.log.warn("a command is not understood", { reason: read.reason });
      return;
    }
    const { activityId, payload: given } = read.envelope;
    this.#signs.commanded();
    this.#conductor.command(activityId, given.command, given.baseline);
  }

  #onCurrentStateGet(payload: Uint8Array): void {
    const read = readCurrentStateGet(payload);
    if (!read.ok) {
      this.parts.log.warn("a question for the current state is not understood", { reason: read.reason });
      return;
    }
    const { activityId } = read.envelope;
    this.#currentState.answer(activityId);
    if (activityId.startsWith(INITIAL)) this.#conductor.orchestratorBegins();
  }

  async #tell(report: Report): Promise<void> {
    const { connection, clock, options } = this.parts;
    const timestamp = report.timestamp ?? Date.parse(clock.stamp());
    const fate = await connection.publish({
      kind: "keep",
      topic: this.#topics.feedback,
      payload: feedbackText(report, options.domain, timestamp),
    });
    if (fate !== "sent") throw new SupercargoError("SC_BROKER_UNAVAILABLE", "the feedback was not sent");
  }
}
