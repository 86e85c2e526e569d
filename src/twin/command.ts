/** Incoming messages of a thing: the checks of spec/digital-twin.md §4.3 in their order; pure. */

import { invalid, type Refusal, unsupported } from "./refusal.ts";
import { readObject } from "./thing.ts";

/** Where the answer goes. */
export interface ReplyPlace {
  readonly thingId: string;
  readonly requestId: string;
}

/** The parts of the request that its answer repeats. */
export interface Echo {
  readonly topic: string;
  readonly path: string;
  readonly correlationId: string;
}

export interface Command {
  readonly kind: "command";
  readonly featureId: string;
  readonly operation: string;
  readonly value: unknown;
  /** undefined: nobody waits. */
  readonly reply: ReplyPlace | undefined;
  readonly echo: Echo;
  /** Names the request: one that comes again has the same. */
  readonly identity: string;
  /** For how long the sender waits. */
  readonly timeoutMs: number;
}

export interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
  readonly reply: ReplyPlace | undefined;
  /** undefined: the request could not be read. */
  readonly echo: Echo | undefined;
}

/** Events of the twin that mean something to us: the thing was made or taken away. */
export interface ThingEvent {
  readonly kind: "thing-created" | "thing-deleted";
}

export interface Ignored {
  readonly kind: "ignored";
  readonly reason: string;
}

export type Incoming = Command | Refused | ThingEvent | Ignored;

/** What the checks need to know. */
export interface KnownThing {
  /** Whether the thing of this id is there. */
  hasThing(thingId: string): boolean;
  hasFeature(featureId: string): boolean;
}

const TOPIC = /^command\/\/([^/]+)\/req\/([^/]*)\/([^/]+)$/;
const EVENTS: ReadonlySet<string> = new Set(["created", "modified", "deleted"]);
/** Ditto's own for a command without the header. */
const DEFAULT_TIMEOUT_MS = 10_000;
const LONGEST_TIMEOUT_MS = 300_000;

/** Never throws for what is in the message. */
export function readIncoming(topic: string, payload: Uint8Array, known: KnownThing): Incoming {
  const [, device, requestId, word] = TOPIC.exec(topic) ?? [];
  if (device === undefined || requestId === undefined || word === undefined) {
    return { kind: "ignored", reason: "its topic is none of a command" };
  }
  const place = requestId === "" ? undefined : { thingId: device, requestId };
  if (place === undefined && word === "errors-response") {
    return { kind: "ignored", reason: "the cloud refused a change of the twin" };
  }
  const envelope = readObject(payload);
  if (place === undefined && EVENTS.has(word)) return readEvent(word, device, envelope);
  return readCommand(device, envelope, place, known);
}

function readEvent(
  word: string,
  device: string,
  envelope: Readonly<Record<string, unknown>> | undefined,
): Incoming {
  const [namespace, name] = String(envelope?.["topic"] ?? "").split("/");
  if (envelope?.["path"] === "/" && `${namespace}:${name}` === device) {
    if (word === "created") return { kind: "thing-created" };
    if (word === "deleted") return { kind: "thing-deleted" };
  }
  return { kind: "ignored", reason: "an event of the twin" };
}

function readCommand(
  device: string,
  envelope: Readonly<Record<string, unknown>> | undefined,
  place: ReplyPlace | undefined,
  known: KnownThing,
): Incoming {
  const unread = (message: string): Refused => ({
    kind: "refused",
    refusal: invalid(message),
    reply: place,
    echo: undefined,
  });
  if (envelope === undefined) return unread(`error parsing Ditto message received for device id [${device}]`);
  const { topic = "", path = "", headers: rawHeaders = null, value = null } = envelope;
  const isObject = typeof rawHeaders === "object" && !Array.isArray(rawHeaders);
  if (typeof topic !== "string" || typeof path !== "string" || !isObject) {
    return unread(`error parsing Ditto message received for device id [${device}]`);
  }
  if (topic === "" || path === "") return unread(`invalid Ditto message received for device id [${device}]`);
  const [namespace, name, third] = topic.split("/");
  if (third === undefined) return unread(`invalid Ditto message topic received for device id [${device}]`);
  const headers = (rawHeaders ?? {}) as Readonly<Record<string, unknown>>;
  const correlationId = headers["correlation-id"];
  const reply = headers["response-required"] === true ? place : undefined;
  const echo = { topic, path, correlationId: typeof correlationId === "string" ? correlationId : "" };
  const refuse = (refusal: Refusal): Refused => ({ kind: "refused", refusal, reply, echo });
  const fault = headersFault(headers, value !== null);
  if (fault !== undefined) {
    return refuse(invalid(`invalid Ditto message received for device id [${device}]: ${fault}`));
  }
  if (!known.hasThing(`${namespace}:${name}`)) {
    return refuse(unsupported(`thing with ID = ${device} is not found`));
  }
  const [, first, featureId = ""] = path.split("/");
  if (first === "features" && !known.hasFeature(featureId)) {
    // The trailing blank is the protocol's.
    return refuse(invalid(`feature [${featureId}] not found `));
  }
  const operation = /^(?:\/features\/[^/]+)?\/inbox\/messages\/([^/]+)$/.exec(path)?.[1];
  if (operation === undefined) {
    return refuse(invalid(`missing operation name for device id [${namespace}:${name}]`));
  }
  if (first !== "features") {
    const message = `the target thing ID = ${namespace}:${name} does not have e registered operations handler - thus, the command will not be processed`;
    return refuse(unsupported(message));
  }
  const timeoutMs = timeoutOf(headers["timeout"]);
  const identity = `${device} ${place?.requestId ?? ""} ${echo.correlationId}`;
  return { kind: "command", featureId, operation, value, reply, echo, identity, timeoutMs };
}

/** Rules 4 to 7. */
function headersFault(headers: Readonly<Record<string, unknown>>, hasValue: boolean): string | undefined {
  const correlationId = headers["correlation-id"] ?? "";
  if (typeof correlationId !== "string") return "correlation id header is not a text";
  if (correlationId === "") return "correlation id header is missing";
  const contentType = headers["content-type"] ?? "";
  if (typeof contentType !== "string") return "content type header is not a text";
  if (!hasValue) return contentType === "" ? undefined : `unexpected content type header ${contentType}`;
  if (contentType === "") return "missing content type header";
  return contentType === "application/json" ? undefined : `unsupported content type header ${contentType}`;
}

/** Ditto's forms: `10`, `10s`, `500ms`, `1m`; anything else is the default. */
function timeoutOf(header: unknown): number {
  const [, digits, unit = "s"] = /^(\d{1,9})(ms|s|m)?$/.exec(String(header ?? "")) ?? [];
  if (digits === undefined) return DEFAULT_TIMEOUT_MS;
  const factor = unit === "ms" ? 1 : unit === "m" ? 60_000 : 1000;
  return Math.min(Number(digits) * factor, LONGEST_TIMEOUT_MS);
}
