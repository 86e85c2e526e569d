/** A device in memory with its twin, a broker in memory, and someone who plays the cloud. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../src/base/log.ts";
import { settle } from "../../../src/base/virtual-clock.ts";
import { MqttConnection } from "../../../src/mqtt/connection.ts";
import { Twin } from "../../../src/twin/twin.ts";
import { Device } from "../manager/support/device.ts";
import { MemoryBroker } from "../mqtt/memory-broker.ts";

export const THING = "demo.ns:gw01:dev01:edge:containers";
const DITTO = "demo.ns/gw01:dev01:edge:containers";
const TENANT = "tenant1";
export const DEVICE = { deviceId: "demo.ns:gw01:dev01", tenantId: TENANT };
export const ALL_FEATURES = ["ContainerFactory", "SoftwareUpdatable", "Metrics"];

export interface Told {
  readonly topic: string;
  readonly body: {
    readonly topic: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, unknown>>;
    readonly value?: unknown;
    readonly status?: number;
  };
}

export class Scene {
  readonly device = new Device();
  readonly broker = new MemoryBroker();
  readonly folder = mkdtempSync(join(tmpdir(), "sc-twin-"));
  connection: MqttConnection;
  twin: Twin;
  #requests = 0;

  private constructor(readonly features: readonly string[]) {
    [this.connection, this.twin] = this.#make();
  }

  static async start(features: readonly string[] = ALL_FEATURES): Promise<Scene> {
    const scene = new Scene(features);
    await scene.device.boot();
    [scene.connection, scene.twin] = scene.#make();
    scene.open();
    await scene.rest();
    return scene;
  }

  /** The daemon again, with what its folder holds. */
  async restart(): Promise<void> {
    await this.twin.close();
    await this.connection.close();
    [this.connection, this.twin] = this.#make();
    this.open();
    await this.rest();
  }

  open(): void {
    this.twin.open();
    this.connection.open();
  }

  /** Lets everything that is ready run. */
  async rest(): Promise<void> {
    await this.device.clock.advance(1);
    await settle();
  }

  /** The connector's answer. */
  async respond(answer: unknown = DEVICE): Promise<void> {
    this.broker.send("edge/thing/response", typeof answer === "string" ? answer : JSON.stringify(answer));
    await this.rest();
  }

  /** Everything published since the last call, without the hand-shake's requests. */
  take(): readonly Told[] {
    return this.broker.published
      .splice(0)
      .filter(({ topic }) => topic !== "edge/thing/request")
      .map(({ topic, payload }) => ({ topic, body: JSON.parse(payload) }));
  }

  /** Paths of what was published, deletions marked, answers by their status. */
  takePaths(): readonly string[] {
    return this.take().map(({ topic, body }) => {
      if (topic.includes("/res/")) return `reply ${body.status}`;
      return body.topic.endsWith("/delete") ? `delete ${body.path}` : body.path;
    });
  }

  /** Sends a command without waiting; answers its request id. */
  send(
    feature: string,
    operation: string,
    value?: unknown,
    headers: Readonly<Record<string, unknown>> = {},
  ): string {
    const id = `q${++this.#requests}`;
    const envelope = {
      topic: `${DITTO}/things/live/messages/${operation}`,
      headers: {
        "response-required": true,
        "correlation-id": id,
        ...(value === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      path: `/features/${feature}/inbox/messages/${operation}`,
      ...(value === undefined ? {} : { value }),
    };
    this.broker.send(`command//${THING}/req/${id}/${operation}`, JSON.stringify(envelope));
    return id;
  }

  /** Sends a command and waits for its answer. */
  async ask(feature: string, operation: string, value?: unknown): Promise<Told["body"]> {
    return await this.reply(this.send(feature, operation, value));
  }

  async reply(id: string): Promise<Told["body"]> {
    const find = () => this.broker.published.find(({ topic }) => topic.includes(`/res/${id}/`));
    await this.device.until(() => find() !== undefined);
    const found = find();
    if (found === undefined) throw new Error("no answer");
    return JSON.parse(found.payload);
  }

  async end(): Promise<void> {
    await this.twin.close();
    await this.connection.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #make(): [MqttConnection, Twin] {
    const { clock } = this.device;
    const options = {
      broker: "memory",
      connectTimeoutMs: 30_000,
      acknowledgeTimeoutMs: 15_000,
      subscribeTimeoutMs: 15_000,
      unsubscribeTimeoutMs: 5_000,
      disconnectTimeoutMs: 250,
    };
    const connection = new MqttConnection(this.broker.dial, options, clock, silentLog);
    const twin = new Twin({
      connection,
      containers: this.device.manager,
      features: this.features,
      homeDir: this.folder,
      connectTimeoutMs: 30_000,
      clock,
      log: silentLog,
    });
    return [connection, twin];
  }
}
