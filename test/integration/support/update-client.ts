/** A client of the update protocol for tests: another library's eyes on the broker, everything kept in its order. */

import { Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";

const LIMIT_MS = 120_000;

export interface Heard {
  readonly topic: string;
  readonly text: string;
  readonly isRetained: boolean;
}

export interface HeardAction {
  readonly component: { readonly id: string; readonly version?: string };
  readonly status: string;
  readonly progress?: number;
  readonly message?: string;
}

export interface HeardFeedback {
  readonly activityId: string;
  readonly timestamp: number;
  readonly payload: {
    readonly baseline?: string;
    readonly status: string;
    readonly message?: string;
    readonly actions?: readonly HeardAction[];
  };
}

export interface HeardNode {
  readonly id: string;
  readonly version?: string;
  readonly type: string;
  readonly parameters?: readonly { readonly key: string; readonly value?: string }[];
}

const FINAL: ReadonlySet<string> = new Set([
  "COMPLETED",
  "INCOMPLETE",
  "IDENTIFICATION_FAILED",
  "SUPERSEDED",
]);

export class UpdateClient {
  readonly heard: Heard[] = [];
  readonly feedback: HeardFeedback[] = [];
  #waiting: (() => void)[] = [];

  private constructor(
    private readonly client: MqttClient,
    readonly prefix: string,
  ) {
    client.on("message", (topic, payload, packet) => {
      const text = payload.toString();
      this.heard.push({ topic, text, isRetained: packet.retain });
      if (topic === `${prefix}/desiredstatefeedback`) this.feedback.push(JSON.parse(text));
      for (const wake of this.#waiting.splice(0)) wake();
    });
  }

  /** Connected and listening to everything. */
  static async connect(port: number, prefix = "containersupdate"): Promise<UpdateClient> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 100 });
    if (client.stream instanceof Socket) client.stream.setNoDelay(true);
    const made = new UpdateClient(client, prefix);
    await client.subscribeAsync("#", { qos: 1 });
    return made;
  }

  async send(topic: string, body: unknown): Promise<void> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    await this.client.publishAsync(`${this.prefix}/${topic}`, text, { qos: 1 });
  }

  /** A desired state of the domain `containers`; a timestamp as managers give one, unless told otherwise. */
  async desire(
    activityId: string,
    components: readonly unknown[],
    more: { readonly config?: unknown; readonly baselines?: unknown; readonly timestamp?: number } = {
      timestamp: 1,
    },
  ): Promise<void> {
    const { config = [], baselines, timestamp } = more;
    await this.send("desiredstate", {
      activityId,
      timestamp,
      payload: { baselines, domains: [{ id: "containers", config, components }] },
    });
  }

  async command(activityId: string, command: string, baseline?: string): Promise<void> {
    await this.send("desiredstate/command", { activityId, timestamp: 1, payload: { command, baseline } });
  }

  /** Resolves with what `find` finds, asked again after each message. */
  async until<T>(what: string, find: () => T | undefined | false): Promise<T> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    for (;;) {
      const found = find();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve, reject) => {
        const onLimit = () => {
          const last = this.feedback.slice(-5).map((one) => JSON.stringify(one));
          reject(new Error(`not in time: ${what}; the last feedback:\n${last.join("\n")}`));
        };
        limit.addEventListener("abort", onLimit, { once: true });
        this.#waiting.push(() => {
          limit.removeEventListener("abort", onLimit);
          resolve();
        });
      });
    }
  }

  of(activityId: string): readonly HeardFeedback[] {
    return this.feedback.filter((one) => one.activityId === activityId);
  }

  /** Commands it and waits for one of the statuses, or for the command's own end. */
  async lead(activityId: string, command: string, baseline?: string): Promise<HeardFeedback> {
    const before = this.of(activityId).length;
    await this.command(activityId, command, baseline);
    const ends = /_(SUCCESS|FAILURE)$/;
    return await this.until(`the end of ${command}`, () =>
      this.of(activityId)
        .slice(before)
        .find(({ payload }) => ends.test(payload.status)),
    );
  }

  /** All four phases, then the last word. */
  async leadThrough(activityId: string): Promise<HeardFeedback> {
    const { payload } = await this.status(activityId, "IDENTIFIED");
    if (payload.actions === undefined) return await this.lastWord(activityId);
    for (const command of ["DOWNLOAD", "UPDATE", "ACTIVATE", "CLEANUP"]) await this.lead(activityId, command);
    return await this.lastWord(activityId);
  }

  /** The first feedback of that status. */
  status(activityId: string, ...statuses: readonly string[]): Promise<HeardFeedback> {
    return this.until(`${activityId}: ${statuses.join(" or ")}`, () =>
      this.of(activityId).find(({ payload }) => statuses.includes(payload.status)),
    );
  }

  lastWord(activityId: string): Promise<HeardFeedback> {
    return this.until(`the last word about ${activityId}`, () =>
      this.of(activityId).find(({ payload }) => FINAL.has(payload.status)),
    );
  }

  /** Last words with different times; one that was said again has the same. */
  lastWords(activityId: string): readonly HeardFeedback[] {
    const byTime = new Map<string, HeardFeedback>();
    for (const one of this.of(activityId)) {
      if (FINAL.has(one.payload.status)) byTime.set(`${one.timestamp} ${one.payload.status}`, one);
    }
    return [...byTime.values()];
  }

  /** Asks for the current state and answers its nodes. */
  async currentState(activityId: string = crypto.randomUUID()): Promise<readonly HeardNode[]> {
    await this.send("currentstate/get", { activityId, timestamp: 1, payload: null });
    return await this.until(`the current state ${activityId}`, () => this.statesOf(activityId).at(-1));
  }

  /** Nodes of the current states that were published for it. */
  statesOf(activityId: string): readonly (readonly HeardNode[])[] {
    return this.heard
      .filter(({ topic }) => topic === `${this.prefix}/currentstate`)
      .map(({ text }) => JSON.parse(text))
      .filter((body: { activityId: string }) => body.activityId === activityId)
      .map((body: { payload: { softwareNodes: readonly HeardNode[] } }) => body.payload.softwareNodes);
  }

  async end(): Promise<void> {
    await this.client.endAsync(true);
  }
}

/** `STATUS [action statuses]`. */
export function lineOf({ payload: { status, actions } }: HeardFeedback): string {
  return actions === undefined ? status : `${status} [${actions.map((action) => action.status).join(" ")}]`;
}

export function component(id: string, image: string, ...pairs: readonly (readonly [string, string])[]) {
  const version = image.slice(image.lastIndexOf(":") + 1);
  const config = [["image", image] as const, ...pairs].map(([key, value]) => ({ key, value }));
  return { id, version, config };
}
