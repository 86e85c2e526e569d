/** From the bytes of a message to its envelope with a typed payload (spec/update-agent.md §3, §4). Never throws for what is in them. */

import { parseJson } from "../../base/json/parse.ts";
import { describeError, SupercargoError } from "../../errors/error.ts";
import { Members } from "./members.ts";
import type {
  BaselineGroup,
  CommandPayload,
  Component,
  ConfiguredComponent,
  ConsentAnswer,
  ConsentRequest,
  DesiredState,
  Domain,
  Feedback,
  HardwareNode,
  Inventory,
  KeyValue,
  SoftwareNode,
  WireAction,
} from "./payloads.ts";
import { ACTION_STATUSES, COMMANDS, CONSENTS, FEEDBACK_STATUSES, SOFTWARE_TYPES } from "./words.ts";

/** A desired state of ten thousand components with all their keys is below it. */
const LIMIT_BYTES = 16 * 1024 * 1024;

/** Every feedback repeats it. */
const ID_LIMIT = 1000;

function tooLong(member: string, text: string): SupercargoError {
  const found = `at most ${ID_LIMIT} characters expected, ${text.length} found`;
  return new SupercargoError("SC_DESIRED_STATE_INVALID", `${member}: ${found}`);
}

export interface Envelope<T> {
  /** Empty when missing. */
  readonly activityId: string;
  /** ms since the epoch; absent as in a message that a person wrote. */
  readonly timestamp?: number;
  readonly payload: T;
}

export type Read<T> =
  | { readonly ok: true; readonly envelope: Envelope<T> }
  /** `activityId` as far as it could be read; `reason` names member, place and what was expected. */
  | { readonly ok: false; readonly activityId: string; readonly reason: string; readonly isEmpty: boolean };

function read<T>(bytes: Uint8Array | string, payloadOf: (envelope: Members) => T): Read<T> {
  if (bytes.length === 0) return { ok: false, activityId: "", reason: "the message is empty", isEmpty: true };
  const parsed = parseJson(bytes, { limitBytes: LIMIT_BYTES, keepsDuplicates: true });
  if (!parsed.ok) {
    const [{ message, expected, position }] = parsed.faults;
    const wanted = expected === "" ? "" : `; expected: ${expected}`;
    const reason = `not JSON at line ${position.line}, column ${position.column}: ${message}${wanted}`;
    return { ok: false, activityId: "", reason, isEmpty: false };
  }
  let activityId = "";
  try {
    const members = Members.of(parsed.root, "", parsed.at);
    const given = members.text("activityId");
    if (given.length > ID_LIMIT) throw tooLong("activityId", given);
    activityId = given;
    const timestamp = members.whole("timestamp", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const payload = payloadOf(members);
    return {
      ok: true,
      envelope: { activityId, ...(timestamp === undefined ? {} : { timestamp }), payload },
    };
  } catch (thrown) {
    if (!(thrown instanceof SupercargoError)) throw thrown;
    return { ok: false, activityId, reason: describeError(thrown), isEmpty: false };
  }
}

export function readDesiredState(bytes: Uint8Array | string): Read<DesiredState> {
  return read(bytes, (envelope) => desiredStateOf(envelope.object("payload")));
}

/** What a person keeps in a file: a whole message, or the desired state alone. */
export function readDesiredStateFile(bytes: Uint8Array | string): Read<DesiredState> {
  return read(bytes, (envelope) =>
    desiredStateOf(envelope.has("payload") ? envelope.object("payload") : envelope),
  );
}

export function readCommand(bytes: Uint8Array | string): Read<CommandPayload> {
  return read(bytes, (envelope) => {
    const payload = envelope.object("payload");
    const baseline = payload.optionalText("baseline");
    return { command: payload.word("command", COMMANDS), ...(baseline === undefined ? {} : { baseline }) };
  });
}

/** Any payload will do, and an empty message is a question too, as documented. */
export function readCurrentStateGet(bytes: Uint8Array | string): Read<undefined> {
  if (bytes.length === 0) return { ok: true, envelope: { activityId: "", payload: undefined } };
  return read(bytes, () => undefined);
}

export function readFeedback(bytes: Uint8Array | string): Read<Feedback> {
  return read(bytes, (envelope) => {
    const payload = envelope.object("payload");
    const baseline = payload.optionalText("baseline");
    const message = payload.optionalText("message");
    return {
      ...(baseline === undefined ? {} : { baseline }),
      status: payload.word("status", FEEDBACK_STATUSES),
      ...(message === undefined ? {} : { message }),
      actions: payload.objects("actions").map(actionOf),
    };
  });
}

export function readInventory(bytes: Uint8Array | string): Read<Inventory> {
  return read(bytes, (envelope) => {
    const payload = envelope.object("payload");
    return {
      hardwareNodes: payload.objects("hardwareNodes").map(hardwareOf),
      softwareNodes: payload.objects("softwareNodes").map(softwareOf),
      associations: payload.objects("associations").map((association) => ({
        sourceId: association.text("sourceId"),
        targetId: association.text("targetId"),
      })),
    };
  });
}

export function readConsentRequest(bytes: Uint8Array | string): Read<ConsentRequest> {
  return read(bytes, (envelope) => ({ command: envelope.object("payload").word("command", COMMANDS) }));
}

export function readConsentAnswer(bytes: Uint8Array | string): Read<ConsentAnswer> {
  return read(bytes, (envelope) => ({ status: envelope.object("payload").word("status", CONSENTS) }));
}

function desiredStateOf(payload: Members): DesiredState {
  return {
    baselines: payload.objects("baselines").map(groupOf),
    domains: payload.objects("domains").map(domainOf),
  };
}

function groupOf(group: Members): BaselineGroup {
  return {
    title: group.text("title"),
    description: group.text("description"),
    preconditions: group.text("preconditions"),
    components: group.texts("components"),
  };
}

function domainOf(domain: Members): Domain {
  return {
    id: domain.text("id"),
    config: domain.objects("config").map(pairOf),
    components: domain.objects("components").map(
      (component): ConfiguredComponent => ({
        ...componentOf(component),
        config: component.objects("config").map(pairOf),
      }),
    ),
  };
}

function componentOf(component: Members): Component {
  return { id: component.text("id"), version: component.text("version") };
}

function pairOf(pair: Members): KeyValue {
  return { key: pair.text("key"), value: pair.text("value") };
}

function actionOf(action: Members): WireAction {
  const progress = action.whole("progress", 0, 255);
  return {
    component: componentOf(action.object("component")),
    status: action.word("status", ACTION_STATUSES),
    ...(progress === undefined ? {} : { progress }),
    message: action.text("message"),
  };
}

function hardwareOf(node: Members): HardwareNode {
  return {
    id: node.text("id"),
    version: node.text("version"),
    name: node.text("name"),
    parameters: node.objects("parameters").map(pairOf),
    addressable: node.flag("addressable"),
  };
}

function softwareOf(node: Members): SoftwareNode {
  return {
    id: node.text("id"),
    version: node.text("version"),
    name: node.text("name"),
    parameters: node.objects("parameters").map(pairOf),
    type: node.word("type", SOFTWARE_TYPES),
  };
}
