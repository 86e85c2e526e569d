/** An agent over fake containers and a broker in memory. */

import { silentLog } from "../../../../src/base/log.ts";
import { settle, VirtualClock } from "../../../../src/base/virtual-clock.ts";
import type { Device } from "../../../../src/deploy/desired-state/device.ts";
import type { ChangeListener } from "../../../../src/manager/event-hub.ts";
import { MqttConnection } from "../../../../src/mqtt/connection.ts";
import { UpdateAgent, type UpdateAgentParts } from "../../../../src/update-agent/agent.ts";
import { MemoryJournal } from "../../deploy/desired-state/bench.ts";
import { FakeContainers } from "../../deploy/support/fake-containers.ts";
import { MemoryBroker } from "../../mqtt/memory-broker.ts";

const FEEDBACK = "containersupdate/desiredstatefeedback";
const STATE = "containersupdate/currentstate";

export interface Told {
  readonly activityId: string;
  readonly timestamp: number;
  readonly payload: {
    readonly status: string;
    readonly message?: string;
    readonly actions?: readonly {
      readonly component: { readonly id: string };
      readonly status: string;
      readonly message: string;
    }[];
  };
}

export class AgentBench {
  readonly clock: VirtualClock;
  readonly broker: MemoryBroker;
  readonly containers: FakeContainers;
  readonly journal: MemoryJournal;
  readonly connection: MqttConnection;
  readonly agent: UpdateAgent;
  readonly #listeners = new Set<ChangeListener>();
  #ids = 0;

  constructor(
    setup: Partial<Omit<UpdateAgentParts, "options" | "device">> & {
      readonly broker?: MemoryBroker;
      readonly bench?: AgentBench;
      /** Puts on the device what is there before the agent first starts. */
      readonly prepare?: (containers: FakeContainers) => void;
      readonly device?: Partial<Device>;
      readonly options?: Partial<UpdateAgentParts["options"]>;
    } = {},
  ) {
    const { bench, options, device, prepare, ...parts } = setup;
    this.clock = bench?.clock ?? new VirtualClock();
    this.broker = setup.broker ?? bench?.broker ?? new MemoryBroker();
    this.containers = bench?.containers ?? new FakeContainers(this.clock, "ours");
    this.journal = bench?.journal ?? new MemoryJournal();
    prepare?.(this.containers);
    const { containers, clock } = this;
    this.connection = new MqttConnection(
      this.broker.dial,
      {
        broker: "memory",
        connectTimeoutMs: 1000,
        acknowledgeTimeoutMs: 1000,
        subscribeTimeoutMs: 1000,
        unsubscribeTimeoutMs: 1000,
        disconnectTimeoutMs: 100,
      },
      clock,
      silentLog,
    );
    this.agent = new UpdateAgent({
      connection: this.connection,
      containers: {
        list: () => [...containers.all.values()],
        subscribe: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      device: {
        list: (signal) => containers.list(signal),
        create: (desired, signal) => containers.create(desired, signal),
        start: (id, signal) => containers.start(id, signal),
        stop: (id, stop, signal) => containers.stop(id, stop, signal),
        unpause: (id, signal) => containers.unpause(id, signal),
        remove: (id, force, stop, signal) => containers.remove(id, force, stop, signal),
        update: (id, policy, resources, signal) => containers.update(id, policy, resources, signal),
        ...device,
      },
      journal: this.journal,
      clock,
      log: silentLog,
      version: "9.9",
      drive: "auto",
      patienceMs: 10_000,
      isVerbose: false,
      currentStateDelayMs: 5_000,
      ...parts,
      options: {
        domain: "containers",
        systemContainers: [],
        isProtected: () => false,
        newId: () => `id${this.containers.calls.length}-${++this.#ids}`,
        stop: { timeoutSeconds: 1, force: true, signal: "" },
        probationMs: 3_000,
        silenceMs: 1_800_000,
        silenceAfterStartMs: 300_000,
        ...options,
      },
    });
  }

  static async open(setup: ConstructorParameters<typeof AgentBench>[0] = {}): Promise<AgentBench> {
    const bench = new AgentBench(setup);
    bench.agent.open();
    bench.connection.open();
    await settle();
    return bench;
  }

  async send(topic: string, body: unknown): Promise<void> {
    this.broker.send(`containersupdate/${topic}`, typeof body === "string" ? body : JSON.stringify(body));
    await settle();
  }

  /** Without a timestamp it is a person's. */
  async desire(activityId: string, components: readonly unknown[], timestamp?: number): Promise<void> {
    await this.send("desiredstate", {
      activityId,
      timestamp,
      payload: { domains: [{ id: "containers", components }] },
    });
  }

  async command(activityId: string, command: string, baseline?: string): Promise<void> {
    await this.send("desiredstate/command", { activityId, timestamp: 1, payload: { command, baseline } });
  }

  get told(): readonly Told[] {
    return this.broker.published
      .filter(({ topic }) => topic === FEEDBACK)
      .map(({ payload }) => JSON.parse(payload));
  }

  get statuses(): readonly string[] {
    return this.told.map(({ payload }) => payload.status);
  }

  /** Activity ids of the current states that were published. */
  get states(): readonly string[] {
    return this.broker.published
      .filter(({ topic, isRetained }) => topic === STATE && isRetained)
      .map(({ payload }) => JSON.parse(payload).activityId);
  }

  changed(): void {
    for (const listener of this.#listeners) void listener("overflowed");
  }
}

export function component(id: string, image = "app:1", ...pairs: readonly (readonly [string, string])[]) {
  const config = [["image", image] as const, ...pairs].map(([key, value]) => ({ key, value }));
  return { id, version: image.split(":")[1] ?? "", config };
}
