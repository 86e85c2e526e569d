/**
 * The features of one thing, from its hand-shake until the next (spec/digital-twin.md §6, §7): published as a whole, then
 * kept true by the changes of the containers.
 */

import type { Clock } from "../base/clock.ts";
import type { ContainerChange } from "../manager/event-hub.ts";
import type { Container, State } from "../model/container.ts";
import { isActive } from "../model/state.ts";
import type { Fate } from "../mqtt/out-queue.ts";
import { configurationOf } from "./configuration.ts";
import { CONTAINER_FACTORY, FACTORY_VALUE } from "./container-factory.ts";
import { containerValue, featureIdOf, stateValue } from "./container-feature.ts";
import type { TwinContainers } from "./containers.ts";
import { installedDependencies } from "./dependencies.ts";
import type { ThingVoice } from "./envelope.ts";
import { METRICS, METRICS_VALUE, Metrics } from "./metrics.ts";
import type { PublishedContainers } from "./published-containers.ts";
import { SOFTWARE_UPDATABLE } from "./software-progress.ts";
import { DEPENDENCIES_PATH, softwareValue } from "./software-updatable.ts";

export interface RegistrationParts {
  readonly containers: TwinContainers;
  readonly voice: ThingVoice;
  /** Ids of the features that are on. */
  readonly features: ReadonlySet<string>;
  /** What the cloud knows of containers of this thing; undefined: nothing is told of containers. */
  readonly published: PublishedContainers | undefined;
  readonly clock: Clock;
}

export class Registration {
  readonly metrics: Metrics;
  readonly #published: PublishedContainers | undefined;
  #hasDependencies = false;
  /** Configurations as the cloud knows them, as text, by container: a start may settle what was open (the host's name). */
  readonly #told = new Map<string, string>();
  /** What runs, as it was told: the last word on a container that is removed while it runs (spec/digital-twin.md §5.2). */
  readonly #active = new Map<string, State>();
  /** Changes up to this one are part of what was published as a whole. */
  #from = 0;

  constructor(private readonly parts: RegistrationParts) {
    const { containers, voice, clock, published } = parts;
    this.metrics = new Metrics({
      containers,
      clock,
      tell: (value) => void voice.tell(METRICS, "data", value),
    });
    this.#published = published;
  }

  get voice(): ThingVoice {
    return this.parts.voice;
  }

  /** Publishes all features; resolves when the broker has them. */
  async publishAll(): Promise<void> {
    const { containers, features, voice } = this.parts;
    const list = containers.list();
    this.#from = containers.sequence;
    const fates: Promise<Fate>[] = [];
    if (features.has(SOFTWARE_UPDATABLE)) {
      this.#hasDependencies = list.length > 0;
      fates.push(voice.modify(`/features/${SOFTWARE_UPDATABLE}`, softwareValue(list)));
    }
    if (features.has(METRICS)) fates.push(voice.modify(`/features/${METRICS}`, METRICS_VALUE));
    if (this.#published !== undefined) fates.push(...this.#publishContainers(this.#published, list));
    await Promise.all(fates);
  }

  onChange(change: ContainerChange | "overflowed"): void {
    if (change === "overflowed") {
      this.#catchUp();
      return;
    }
    if (change.sequence <= this.#from) return;
    const { action, container } = change;
    if (action === "created" || action === "removed") this.#tellDependencies();
    if (action === "replaced") this.#tellDependencies();
    if (action === "running") this.metrics.onStarted();
    if (this.#published !== undefined) this.#tellContainer(this.#published, change, container);
  }

  /** Nothing is taken away from the cloud. */
  close(): void {
    this.metrics.stop();
  }

  /** Changes were lost: everything that they could have been about is told anew. */
  #catchUp(): void {
    const list = this.parts.containers.list();
    this.#from = this.parts.containers.sequence;
    this.#tellDependencies();
    this.metrics.onStarted();
    if (this.#published !== undefined) void Promise.all(this.#publishContainers(this.#published, list));
  }

  #publishContainers(published: PublishedContainers, list: readonly Container[]): readonly Promise<Fate>[] {
    const { voice } = this.parts;
    published.add(list.map(({ id }) => id));
    const there = new Set(list.map(({ id }) => id));
    return [
      ...list.map((container) => this.#whole(container)),
      ...published.ids.filter((id) => !there.has(id)).map((id) => this.#delete(published, id)),
      voice.modify(`/features/${CONTAINER_FACTORY}`, FACTORY_VALUE),
    ];
  }

  #tellContainer(published: PublishedContainers, { action }: ContainerChange, container: Container): void {
    const status = (property: string, value: unknown) =>
      void this.parts.voice.modify(
        `/features/${featureIdOf(container.id)}/properties/status/${property}`,
        value,
      );
    switch (action) {
      case "created":
        published.add([container.id]);
        void this.#whole(container);
        status("state", stateValue(container.state));
        break;
      case "replaced":
        void this.#whole(container);
        break;
      case "updated":
        this.#tellConfiguration(container, status);
        break;
      case "renamed":
        status("name", container.name);
        break;
      case "removed":
        status("state", stateValue(this.#lastWord(container)));
        this.#told.delete(container.id);
        void this.#delete(published, container.id);
        break;
      case "health":
        break;
      default:
        this.#noteState(container);
        status("state", stateValue(container.state));
        if (this.#told.get(container.id) !== JSON.stringify(configurationOf(container))) {
          this.#tellConfiguration(container, status);
        }
    }
  }

  #noteState({ id, state }: Container): void {
    if (isActive(state.status)) this.#active.set(id, state);
    else this.#active.delete(id);
  }

  #lastWord({ id, state }: Container): State {
    const before = this.#active.get(id);
    this.#active.delete(id);
    return before === undefined ? state : { ...before, status: state.status };
  }

  #tellConfiguration(container: Container, status: (property: string, value: unknown) => void): void {
    const configuration = configurationOf(container);
    this.#told.set(container.id, JSON.stringify(configuration));
    status("config", configuration);
  }

  #whole(container: Container): Promise<Fate> {
    this.#told.set(container.id, JSON.stringify(configurationOf(container)));
    this.#noteState(container);
    return this.parts.voice.modify(`/features/${featureIdOf(container.id)}`, containerValue(container));
  }

  async #delete(published: PublishedContainers, id: string): Promise<Fate> {
    const fate = await this.parts.voice.remove(`/features/${featureIdOf(id)}`);
    // One of the same id may have been made meanwhile.
    if (fate === "sent" && this.parts.containers.get(id) === undefined) published.delete(id);
    return fate;
  }

  /** Null when the last one went; nothing when there was nothing. */
  #tellDependencies(): void {
    const { containers, features, voice } = this.parts;
    if (!features.has(SOFTWARE_UPDATABLE)) return;
    const installed = installedDependencies(containers.list());
    if (installed === undefined && !this.#hasDependencies) return;
    this.#hasDependencies = installed !== undefined;
    void voice.modify(DEPENDENCIES_PATH, installed ?? null);
  }
}
