/** Plays the conversation of a capture with our agent: sends what was sent, and compares what is answered. */

import { expect } from "bun:test";
import { TEXT } from "../../../src/deploy/desired-state/words.ts";
import type { HeardFeedback, HeardNode, UpdateClient } from "../../integration/support/update-client.ts";
import type { Message } from "./capture.ts";

/** A difference that `allowed.json` names for an activity. */
export interface UpdateAllowance {
  readonly why: string;
  readonly spec: string;
  /** Components that the peer reports and we do not have any more. */
  readonly without?: readonly string[];
  /** Feedback that we send beyond the peer's, as `ACTIVITY STATUS: message`. */
  readonly more?: readonly string[];
  /** Inventory nodes whose content differs. */
  readonly nodes?: readonly string[];
  /** Parameters of inventory nodes that we have and the peer has not, as `ID KEY`. */
  readonly parameters?: readonly string[];
}

interface Envelope {
  readonly activityId: string;
  readonly payload: HeardFeedback["payload"];
}

/** One message of ours and what the peer answered until the next one. */
export interface Turn {
  readonly topic: string;
  readonly body: unknown;
  readonly activityId: string;
  readonly feedback: readonly Envelope[];
  readonly states: readonly (readonly HeardNode[])[];
}

const PREFIX = "containersupdate/";
const ASKING: ReadonlySet<string> = new Set(["desiredstate", "desiredstate/command", "currentstate/get"]);

export function turnsOf(messages: readonly Message[]): readonly Turn[] {
  const turns: {
    topic: string;
    body: unknown;
    activityId: string;
    feedback: Envelope[];
    states: HeardNode[][];
  }[] = [];
  for (const { topic, body } of messages) {
    if (!topic.startsWith(PREFIX)) continue;
    const word = topic.slice(PREFIX.length);
    const envelope = body as { readonly activityId?: string; readonly payload: unknown };
    const activityId = envelope.activityId ?? "";
    if (ASKING.has(word)) turns.push({ topic: word, body, activityId, feedback: [], states: [] });
    else if (word === "desiredstatefeedback") {
      turns.findLast((turn) => turn.activityId === activityId)?.feedback.push(body as Envelope);
    } else if (word === "currentstate") {
      const { softwareNodes } = envelope.payload as { readonly softwareNodes: HeardNode[] };
      turns.at(-1)?.states.push(softwareNodes);
    }
  }
  return turns;
}

/** Texts of ours and the peer's are compared; those of registry, runtime and library are not (the captures' README). */
const TEXTS: ReadonlySet<string> = new Set([
  ...Object.values(TEXT).filter((text) => typeof text === "string"),
  ...Object.values(TEXT.undone),
]);

const WORKING: Readonly<Record<string, string>> = {
  DOWNLOADING: "DOWNLOADING",
  UPDATING: "UPDATING",
  ACTIVATING: "ACTIVATING",
};

/** Comparable: without times and progress, foreign texts under a name. */
export function plain(
  feedback: readonly Envelope[],
  named: readonly string[],
  without: readonly string[] = [],
): readonly unknown[] {
  return feedback.flatMap(({ activityId, payload }) => {
    const { actions, message, ...rest } = payload;
    const kept = (actions ?? [])
      .filter(({ component }) => !without.includes(component.id))
      .map(({ message: text = "", progress: _, ...action }) => ({
        ...action,
        text: TEXTS.has(text) ? text : "FOREIGN",
      }));
    // What only told of a component that is not here is not told.
    const working = WORKING[payload.status];
    if (without.length > 0 && working !== undefined && kept.every(({ status }) => status !== working))
      return [];
    const isNamed = ({ component }: { readonly component: { readonly id: string } }) =>
      named.includes(component.id);
    // The order of those that nobody named is free, so which of them is done first is too.
    const others = kept.filter((action) => !isNamed(action));
    return [
      {
        activityId,
        ...rest,
        message,
        actions: kept.filter(isNamed),
        others: others.map(({ component: { id, version } }) => `${id} ${version}`).sort(),
        otherStatuses: others.map(({ status, text }) => `${status}: ${text}`).sort(),
      },
    ];
  });
}

/** Nodes by id; stamps, counts of restarts and the agent's own version vary. */
export function plainNodes(
  nodes: readonly HeardNode[],
  port: number,
  { nodes: differing = [], parameters: extra = [] }: Partial<UpdateAllowance> = {},
): readonly unknown[] {
  return nodes
    .filter(({ id }) => !differing.includes(id))
    .map((node) => ({
      ...node,
      version: node.type === "APPLICATION" ? "VERSION" : node.version,
      parameters: (node.parameters ?? [])
        .filter(({ key }) => !extra.includes(`${node.id} ${key}`))
        .map(({ key, value }) => ({
          key,
          value: /^(created|finishedAt)$/.test(key)
            ? "TIME"
            : value?.replace(`localhost:${port}`, "localhost:REGPORT"),
        })),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function namedIn(body: unknown): readonly string[] {
  const domains = (body as { payload?: { domains?: { components?: { id: string }[] }[] } }).payload?.domains;
  return (domains?.[0]?.components ?? []).map(({ id }) => `containers:${id}`);
}

/** Sends one message, waits for as many answers as the peer gave, and compares them. */
export async function playTurn(
  client: UpdateClient,
  turn: Turn,
  named: readonly string[],
  port: number,
  allowance: UpdateAllowance | undefined,
): Promise<void> {
  const begun = client.feedback.length;
  const { activityId, topic, body } = turn;
  const wanted = plain(turn.feedback, named, allowance?.without);
  const more = topic === "desiredstate" ? (allowance?.more ?? []) : [];
  const text = (typeof body === "string" ? body : JSON.stringify(body)).replaceAll("REGPORT", String(port));
  await client.send(topic, text);
  const since = () => client.feedback.slice(begun).filter((one) => !isProgress(one, client.feedback));
  const mine = () =>
    plain(
      since().filter((one) => wanted.length > 0 && one.activityId === activityId),
      named,
    );
  const others = () =>
    since()
      .filter((one) => wanted.length === 0 || one.activityId !== activityId)
      .map((one) => `${one.activityId} ${one.payload.status}: ${one.payload.message ?? ""}`);
  await client.until(
    `${wanted.length} and ${more.length} feedbacks after ${text}`,
    () => mine().length >= wanted.length && others().length >= more.length,
  );
  expect(mine()).toEqual([...wanted]);
  expect(others()).toEqual([...more]);
  for (const nodes of turn.states) {
    const ours = await client.until("the current state", () => client.statesOf(activityId).at(-1));
    expect(plainNodes(ours, port, allowance)).toEqual([...plainNodes(nodes, port, allowance)]);
  }
}

/** Tells nothing new but how far a download is. */
function isProgress(one: HeardFeedback, all: readonly HeardFeedback[]): boolean {
  const before = all[all.indexOf(one) - 1];
  return (
    before !== undefined &&
    withoutProgress(before) === withoutProgress(one) &&
    /"progress"/.test(JSON.stringify(one))
  );
}

function withoutProgress({ activityId, payload }: HeardFeedback): string {
  return JSON.stringify({ activityId, payload }, (key, value: unknown) =>
    key === "progress" ? undefined : value,
  );
}
