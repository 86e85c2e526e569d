/** Someone who plays the cloud and its connector on a real broker: hears everything, answers the hand-shake, sends commands. */

import { type MqttClient, connect as openClient } from "mqtt";
import { until } from "../../../scripts/demo/until.ts";

const LIMIT_MS = 30_000;
const RETRY_MS = 20;
const PROBE_EVERY_MS = 200;
const PROBE_REPLY = /\/res\/probe\d+\//;

export const DEVICE = { deviceId: "demo.ns:gw01:dev01", tenantId: "tenant1" } as const;
export const THING = `${DEVICE.deviceId}:edge:containers`;
export const EVENTS = `e/${DEVICE.tenantId}/${THING}`;

export interface Heard {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  /** JSON, or the text when it is none. */
  readonly body: unknown;
  /** Monotonic; when it arrived. */
  readonly atMs: number;
}

/** A message of the twin or a reply. */
export interface Envelope {
  readonly topic: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly value?: unknown;
  readonly status?: number;
}

export interface CloudOptions {
  /** Whether each request of the device is answered by itself, and each connection announced, as a connector does. */
  readonly answers?: boolean;
  /** Whether the broker keeps what was sent while it was not connected. */
  readonly keepsSession?: boolean;
  /** Of its subscription; with 0 it acknowledges nothing, so that what a killed broker has sent arrives. Default 1. */
  readonly qos?: 0 | 1;
  /** PEM texts. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

function parse(payload: Buffer): unknown {
  const text = payload.toString();
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return text;
    throw thrown;
  }
}

export function isEnvelope(body: unknown): body is Envelope {
  return typeof body === "object" && body !== null && "path" in body && "topic" in body;
}

export class Cloud {
  readonly heard: Heard[] = [];
  #requests = 0;
  #probes = 0;
  #device: object = DEVICE;

  private constructor(
    private readonly client: MqttClient,
    private readonly options: CloudOptions,
  ) {}

  /** Resolves when it hears; comes back by itself when the broker does. */
  static async connect(port: number, options: CloudOptions = {}): Promise<Cloud> {
    const client = openClient({
      protocol: options.tls === undefined ? "mqtt" : "mqtts",
      host: "localhost",
      port,
      reconnectPeriod: RETRY_MS,
      connectTimeout: LIMIT_MS,
      keepalive: 60,
      queueQoSZero: false,
      clientId: crypto.randomUUID(),
      clean: options.keepsSession !== true,
      ...options.tls,
    });
    const cloud = new Cloud(client, options);
    const first = Promise.withResolvers<void>();
    client.on("message", (topic, payload, { qos, retain }) => cloud.#take({ topic, qos, retain }, payload));
    // A broker that is away is what these tests are about; the client goes on trying.
    client.on("error", () => {});
    client.on("connect", () => {
      client.subscribe("#", { qos: options.qos ?? 1 }, (failure) => {
        if (failure) return;
        if (options.answers === true) cloud.respond();
        first.resolve();
      });
    });
    const timer = setTimeout(() => first.reject(new Error("the cloud found no broker")), LIMIT_MS);
    await first.promise.finally(() => clearTimeout(timer));
    return cloud;
  }

  /** The connector's answer. */
  respond(device: object = this.#device): void {
    this.#device = device;
    this.publish("edge/thing/response", JSON.stringify(device));
  }

  publish(topic: string, payload: string | Buffer, qos: 0 | 1 = 1): void {
    this.client.publish(topic, payload, { qos });
  }

  /** Sends a command and does not wait; answers its request id. */
  send(
    feature: string,
    operation: string,
    value?: unknown,
    headers: Readonly<Record<string, unknown>> = {},
    { id = `q${++this.#requests}`, thing = THING }: { readonly id?: string; readonly thing?: string } = {},
  ): string {
    const [namespace, ...name] = thing.split(":");
    const envelope = {
      topic: `${namespace}/${name.join(":")}/things/live/messages/${operation}`,
      headers: {
        "response-required": true,
        "correlation-id": id,
        ...(value === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      path: `/features/${feature}/inbox/messages/${operation}`,
      ...(value === undefined ? {} : { value }),
    };
    this.publish(`command//${thing}/req/${id}/${operation}`, JSON.stringify(envelope));
    return id;
  }

  async ask(feature: string, operation: string, value?: unknown): Promise<Envelope> {
    return await this.reply(this.send(feature, operation, value));
  }

  /** Waits until the device hears commands: it listens to them after it has published its features. */
  async untilObeyed(thing: string = THING): Promise<void> {
    const from = this.heard.length;
    const isAnswered = () => this.heard.slice(from).some(({ topic }) => PROBE_REPLY.test(topic));
    let sentMs = Number.NEGATIVE_INFINITY;
    await until(
      () => {
        if (performance.now() - sentMs > PROBE_EVERY_MS) {
          sentMs = performance.now();
          const id = `probe${++this.#probes}`;
          this.send("probe", "probe", undefined, { "correlation-id": id }, { id, thing });
        }
        return isAnswered();
      },
      "commands are answered",
      LIMIT_MS,
    );
  }

  /** Waits until it hears again what is said, after the broker was away. */
  async untilHears(): Promise<void> {
    const topic = `hears/${++this.#probes}`;
    let sentMs = Number.NEGATIVE_INFINITY;
    await until(
      () => {
        if (performance.now() - sentMs > PROBE_EVERY_MS) {
          sentMs = performance.now();
          this.publish(topic, "", 0);
        }
        return this.heard.some((heard) => heard.topic === topic);
      },
      "the cloud hears itself",
      LIMIT_MS,
    );
  }

  /** Waits until the device has read the acknowledgements of what it published before, so that it sends none of it again. */
  async untilSettled(): Promise<void> {
    // To the second probe it can answer only after it has read what the broker sent it before.
    await this.untilObeyed();
    await this.untilObeyed();
  }

  async reply(id: string): Promise<Envelope> {
    const { body } = await this.wait(`the answer to ${id}`, ({ topic }) => topic.includes(`/res/${id}/`));
    return body as Envelope;
  }

  /** Waits until all of these are answered. */
  async untilAnswered(ids: readonly string[]): Promise<void> {
    const open = new Set(ids);
    let seen = 0;
    await until(
      () => {
        for (; seen < this.heard.length; seen++) {
          const id = /\/res\/([^/]+)\/\d+$/.exec(this.heard[seen]?.topic ?? "")?.[1];
          if (id !== undefined) open.delete(id);
        }
        return open.size === 0;
      },
      () => `the answers to ${open.size} of ${ids.length} requests`,
      4 * LIMIT_MS,
    );
  }

  /** The first message that is as wanted, from the `from`th on, waited for. */
  async wait(what: string, isWanted: (heard: Heard) => boolean, from = 0): Promise<Heard> {
    const find = () => this.heard.find((heard, index) => index >= from && isWanted(heard));
    await until(
      () => find() !== undefined,
      () =>
        `${what}; heard last: ${this.heard.slice(-5).map(({ topic, body }) => `${topic} ${JSON.stringify(body).slice(0, 200)}`)}`,
      LIMIT_MS,
    );
    const found = find();
    if (found === undefined) throw new Error(what);
    return found;
  }

  async end(): Promise<void> {
    await this.client.endAsync(true);
  }

  #take({ topic, qos, retain }: Pick<Heard, "topic" | "qos" | "retain">, payload: Buffer): void {
    this.heard.push({ topic, qos, retain, body: parse(payload), atMs: performance.now() });
    if (topic === "edge/thing/request" && this.options.answers === true) this.respond();
  }
}

/** What the cloud knows of the thing after all these messages: features by their ids. */
export function pictureOf(
  heard: readonly Heard[],
  topic: string = EVENTS,
): Readonly<Record<string, unknown>> {
  const root: Record<string, unknown> = { features: {} };
  for (const { body, topic: at } of heard) {
    if (at !== topic || !isEnvelope(body) || !body.topic.includes("/things/twin/commands/")) continue;
    const parts = body.path.split("/").slice(1);
    const last = parts.pop() ?? "";
    let place = root;
    for (const part of parts) {
      place[part] ??= {};
      place = place[part] as Record<string, unknown>;
    }
    if (body.topic.endsWith("/delete")) delete place[last];
    else place[last] = body.value;
  }
  return root["features"] as Readonly<Record<string, unknown>>;
}
