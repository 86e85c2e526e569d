/**
 * Messages of a twin made comparable: what differs from run to run under a name, and split into streams, because the order
 * between features is open (README of the captures): of the three fixed ones at a hand-shake, between containers and
 * SoftwareUpdatable, and of containers in a whole publication or a snapshot. Within a stream the order is compared.
 */

import type { Message } from "./capture.ts";

/** A message without what is decided by chance. */
export interface Plain {
  readonly topic: string;
  readonly body: unknown;
}

export type Stream = "containers" | "software" | "metrics";
export type Streams = Readonly<Record<Stream, readonly Plain[]>>;

const RFC3339 = /^\d{4}-\d\d-\d\dT[0-9:.]+Z$/;
const PROBE = /\/(?:req|res)\/probe\d+\//;
const WHOLE = /^\/features\/Container:[^/]+$/;

/** What is not of the twin: the update agent's topics, and what the test asks to see whether commands are heard. */
export function isOfTwin({ topic }: Message): boolean {
  return !topic.startsWith("containersupdate/") && !PROBE.test(topic);
}

/** Whether the recorder, not the daemon, sent it. */
export function isRecorders({ topic }: Message): boolean {
  return topic === "edge/thing/response" || /^command\/\/.*\/req\//.test(topic);
}

function plainValue(key: string, value: unknown): unknown {
  if (typeof value === "string" && RFC3339.test(value)) return "TIME";
  if (key === "pid" && typeof value === "number" && value > 0) return "PID";
  if (key === "timestamp") return "SECONDS";
  if (key === "measurements" && Array.isArray(value)) {
    // io.* is often absent (spec/digital-twin.md §5.4).
    return value.map(({ id }) => id).filter((id) => !String(id).startsWith("io."));
  }
  return value;
}

export function toPlain(message: Message): Plain {
  if (isRecorders(message)) return { topic: message.topic, body: "the recorder's" };
  return { topic: message.topic, body: JSON.parse(JSON.stringify(message.body), plainValue) };
}

export function pathOf({ body }: Plain): string {
  return typeof body === "object" && body !== null && "path" in body ? String(body.path) : "";
}

/** `<what> <path>` of a twin message, its topic otherwise: how allowed.json names one. */
export function nameOf(message: Plain): string {
  const { topic, body } = message;
  if (!topic.startsWith("e/")) return topic;
  const said = typeof body === "object" && body !== null && "topic" in body ? String(body.topic) : "";
  return `${said.split("/").at(-1)} ${pathOf(message)}`;
}

function streamsOf(message: Plain): readonly Stream[] {
  const path = pathOf(message);
  if (message.topic.startsWith("edge/")) return ["containers", "software", "metrics"];
  if (message.topic.startsWith("command/")) {
    return ["containers", "metrics"];
  }
  if (path.startsWith("/features/SoftwareUpdatable")) return ["software"];
  return path.startsWith("/features/Metrics") ? ["metrics"] : ["containers"];
}

/** Of measured data in a row one stands for all: how many there are depends on the time. */
function isRepetition(before: Plain | undefined, message: Plain): boolean {
  return (
    before !== undefined &&
    pathOf(message).endsWith("/outbox/messages/data") &&
    Bun.deepEquals(before, message)
  );
}

function inOrder(messages: readonly Plain[]): readonly Plain[] {
  const ordered: Plain[] = [];
  let wholes: Plain[] = [];
  const flush = () => {
    ordered.push(...wholes.sort((a, b) => pathOf(a).localeCompare(pathOf(b))));
    wholes = [];
  };
  for (const message of messages) {
    if (WHOLE.test(pathOf(message)) && nameOf(message).startsWith("modify")) wholes.push(message);
    else {
      flush();
      if (!isRepetition(ordered.at(-1), message)) ordered.push(message);
    }
  }
  flush();
  return ordered;
}

export function toStreams(messages: readonly Plain[]): Streams {
  const of = (stream: Stream) => inOrder(messages.filter((message) => streamsOf(message).includes(stream)));
  return { containers: of("containers"), software: of("software"), metrics: of("metrics") };
}
