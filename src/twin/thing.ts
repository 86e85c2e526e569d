/** Which thing of the cloud this device is: from the connector's answer on `edge/thing/response` (spec/digital-twin.md §2). */

import { parsePlain } from "../base/json/plain.ts";
import { isTopic } from "../mqtt/topic-filter.ts";

const SUFFIX = "edge:containers";

export interface Thing {
  readonly tenantId: string;
  readonly policyId: string;
  /** `<namespace>:<name>`. */
  readonly thingId: string;
  /** Text before the first colon. */
  readonly namespace: string;
  /** Everything after it. */
  readonly name: string;
}

export function sameThing(a: Thing | undefined, b: Thing | undefined): boolean {
  return a?.thingId === b?.thingId && a?.tenantId === b?.tenantId && a?.policyId === b?.policyId;
}

/** Twin changes and live messages go here. */
export function eventTopic({ tenantId, thingId }: Thing): string {
  return `e/${tenantId}/${thingId}`;
}

/** What is sent to the thing. */
export function commandFilter({ thingId }: Thing): string {
  return `command//${thingId}/req/#`;
}

/** The thing, or in words why the answer is not usable. */
export function readThing(payload: Uint8Array): Thing | { readonly fault: string } {
  const answer = readObject(payload);
  if (answer === undefined) return { fault: "it is no JSON object" };
  const { deviceId, tenantId = "", policyId = "" } = answer;
  if (typeof deviceId !== "string" || deviceId === "") return { fault: "it has no deviceId" };
  if (typeof tenantId !== "string") return { fault: "its tenantId is no text" };
  if (typeof policyId !== "string") return { fault: "its policyId is no text" };
  const colon = deviceId.indexOf(":");
  const namespace = colon < 0 ? deviceId : deviceId.slice(0, colon);
  const name = colon < 0 ? `:${SUFFIX}` : `${deviceId.slice(colon + 1)}:${SUFFIX}`;
  const thing = { tenantId, policyId, thingId: `${namespace}:${name}`, namespace, name };
  // The peer goes deaf over wildcards here; a slash would make commands unreadable.
  if (deviceId.includes("/") || !isTopic(eventTopic(thing))) {
    return { fault: "its deviceId or tenantId cannot stand in a topic" };
  }
  return thing;
}

/** The JSON object in a payload, undefined for anything else. */
export function readObject(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const value = readJson(payload);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** undefined for what is no JSON, too deeply nested texts included. */
function readJson(payload: Uint8Array): unknown {
  try {
    const value = parsePlain(payload);
    return value instanceof SyntaxError ? undefined : value;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}
