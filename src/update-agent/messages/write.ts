/** From a typed payload to the text of a message, members and their order as the peer writes them (spec/update-agent.md §3, §4). */

import { type JsonValue, printJson } from "../../base/json/print.ts";
import type {
  CommandPayload,
  Component,
  ConsentAnswer,
  ConsentRequest,
  DesiredState,
  Feedback,
  Inventory,
  KeyValue,
} from "./payloads.ts";

type Content = { readonly [key: string]: JsonValue | undefined };

/** Whose message, and when it is sent (ms since the epoch); `timestamp` is left out only by people. */
export interface Stamp {
  readonly activityId: string;
  readonly timestamp?: number;
}

function message({ activityId, timestamp }: Stamp, payload: JsonValue): string {
  return printJson({ activityId, ...(timestamp === undefined ? {} : { timestamp }), payload });
}

/** Leaves out what is empty, as the peer's `omitempty` does. */
function filled(content: Content): { readonly [key: string]: JsonValue } {
  const members: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(content)) {
    if (value === undefined || value === "" || value === false || value === 0) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    members.push([key, value]);
  }
  return Object.fromEntries(members);
}

export function writeDesiredState(stamp: Stamp, desiredState: DesiredState): string {
  return message(stamp, desiredStateJson(desiredState));
}

/** The payload alone: for files that a person edits. */
export function desiredStateJson({ baselines, domains }: DesiredState): JsonValue {
  return filled({
    baselines: baselines.map(({ title, description, preconditions, components }) =>
      filled({ title, description, preconditions, components }),
    ),
    domains: domains.map(({ id, config, components }) =>
      filled({
        id,
        config: config.map(pair),
        components: components.map((one) => filled({ ...component(one), config: one.config.map(pair) })),
      }),
    ),
  });
}

export function writeCommand(stamp: Stamp, { command, baseline }: CommandPayload): string {
  return message(stamp, filled({ command, baseline }));
}

export function writeCurrentStateGet(stamp: Stamp): string {
  return message(stamp, null);
}

export function writeFeedback(stamp: Stamp, { baseline, status, message: text, actions }: Feedback): string {
  const payload = filled({
    baseline,
    status,
    message: text,
    actions: actions.map((action) =>
      filled({
        component: component(action.component),
        status: action.status,
        progress: action.progress,
        message: action.message,
      }),
    ),
  });
  return message(stamp, payload);
}

export function writeInventory(stamp: Stamp, inventory: Inventory): string {
  return message(stamp, inventoryJson(inventory));
}

/** The payload alone. */
export function inventoryJson({ hardwareNodes, softwareNodes, associations }: Inventory): JsonValue {
  return filled({
    hardwareNodes: hardwareNodes.map(({ id, version, name, parameters, addressable }) =>
      filled({ id, version, name, parameters: parameters.map(pair), addressable }),
    ),
    softwareNodes: softwareNodes.map(({ id, version, name, parameters, type }) =>
      filled({ id, version, name, parameters: parameters.map(pair), type }),
    ),
    associations: associations.map(({ sourceId, targetId }) => ({ sourceId, targetId })),
  });
}

export function writeConsentRequest(stamp: Stamp, { command }: ConsentRequest): string {
  return message(stamp, { command });
}

export function writeConsentAnswer(stamp: Stamp, { status }: ConsentAnswer): string {
  return message(stamp, { status });
}

function component({ id, version }: Component): { readonly [key: string]: JsonValue } {
  return filled({ id, version });
}

function pair({ key, value }: KeyValue): { readonly [key: string]: JsonValue } {
  return filled({ key, value });
}
