/** Shows an activity while it goes on: a tree with bars that is painted again in place, plain lines, or JSON. */

import type { WireAction } from "../../update-agent/messages/payloads.ts";
import type { WireActionStatus } from "../../update-agent/messages/words.ts";
import type { View } from "../../update-agent/orchestrate/lead.ts";
import { shownText } from "../human-text.ts";
import { RepaintedBlock } from "../repainted-block.ts";
import { isLively, type Terminal } from "../terminal.ts";

export interface ActivityView extends Disposable {
  show(view: View): void;
  /** Leaves the screen to a question until the next `show`. */
  pause(): void;
}

const BAR_WIDTH = 20;

/** How much of its way a component has behind it; fetching is half of it. Failures keep what was reached before. */
const SHARE: Readonly<Record<WireActionStatus, number>> = {
  IDENTIFIED: 0,
  DOWNLOADING: 0,
  DOWNLOAD_SUCCESS: 0.5,
  DOWNLOAD_FAILURE: 0,
  UPDATING: 0.6,
  UPDATE_SUCCESS: 0.7,
  UPDATE_FAILURE: 0,
  ACTIVATING: 0.8,
  ACTIVATION_SUCCESS: 1,
  ACTIVATION_FAILURE: 0.8,
  REMOVING: 0.9,
  REMOVAL_SUCCESS: 1,
  REMOVAL_FAILURE: 0.9,
};

function barOf({ status, progress = 0 }: WireAction): string {
  const share = status === "DOWNLOADING" ? Math.min(progress, 100) / 200 : SHARE[status];
  const filled = Math.round(share * BAR_WIDTH);
  return `[${"=".repeat(filled)}${" ".repeat(BAR_WIDTH - filled)}]`;
}

function statusOf({ status, progress }: WireAction): string {
  return status === "DOWNLOADING" && progress !== undefined
    ? `${status} ${Math.min(progress, 100)} %`
    : status;
}

function nameOf(domain: string, { component }: WireAction): string {
  const own = `${domain}:`;
  return shownText(component.id.startsWith(own) ? component.id.slice(own.length) : component.id);
}

/** The tree: the activity, below it each domain, below that its components. */
export function treeLines({ activityId, stage, parts }: View): readonly string[] {
  const head = `activity ${shownText(activityId)}${stage === "WATCH" ? "" : `  ${stage}`}`;
  return [
    head,
    ...parts.flatMap(({ domain, status = "no answer yet", actions }) => {
      const names = actions.map((action) => nameOf(domain, action));
      const versions = actions.map(({ component }) => shownText(component.version));
      const nameWidth = Math.max(0, ...names.map(({ length }) => length));
      const versionWidth = Math.max(0, ...versions.map(({ length }) => length));
      return [
        `${domain}  ${status}`,
        ...actions.map((action, index) => {
          const branch = index === actions.length - 1 ? "└─" : "├─";
          const name = names[index]?.padEnd(nameWidth);
          const version = versions[index]?.padEnd(versionWidth);
          return `${branch} ${name}  ${version}  ${barOf(action)}  ${statusOf(action)}  ${shownText(action.message)}`;
        }),
      ];
    }),
  ];
}

class Tree implements ActivityView {
  #block: RepaintedBlock | undefined;

  constructor(private readonly terminal: Terminal) {}

  show(view: View): void {
    this.#block ??= new RepaintedBlock({
      write: (text) => this.terminal.out(text),
      size: () => this.terminal.size(),
    });
    this.#block.paint(treeLines(view));
  }

  pause(): void {
    this.#block?.[Symbol.dispose]();
    this.#block = undefined;
  }

  [Symbol.dispose](): void {
    this.pause();
  }
}

/** A line for each domain and each component whose status or message is another than before. */
class Lines implements ActivityView {
  readonly #last = new Map<string, string>();

  constructor(private readonly out: (text: string) => void) {}

  show({ activityId, parts }: View): void {
    this.#say("activity", `activity ${shownText(activityId)}`);
    for (const { domain, status, actions } of parts) {
      if (status !== undefined) this.#say(domain, `${domain} ${status}`);
      for (const action of actions) {
        const id = `${domain}:${nameOf(domain, action)}`;
        const { version } = action.component;
        this.#say(id, `${id} ${shownText(version)} ${action.status} ${shownText(action.message)}`.trimEnd());
      }
    }
  }

  pause(): void {}

  [Symbol.dispose](): void {}

  #say(key: string, line: string): void {
    if (this.#last.get(key) === line) return;
    this.#last.set(key, line);
    this.out(`${line}\n`);
  }
}

/** One JSON object a line, each time something is another than before. */
class JsonLines implements ActivityView {
  #last = "";

  constructor(private readonly out: (text: string) => void) {}

  show({ activityId, stage, parts }: View): void {
    const domains = parts.map(({ domain, status, actions }) => ({ domain, status: status ?? null, actions }));
    const line = JSON.stringify({ activityId, stage, domains });
    if (line === this.#last) return;
    this.#last = line;
    this.out(`${line}\n`);
  }

  pause(): void {}

  [Symbol.dispose](): void {}
}

export function activityView(terminal: Terminal, isJson: boolean): ActivityView {
  const out = (text: string) => terminal.out(text);
  if (isJson) return new JsonLines(out);
  return isLively(terminal, "stdout") ? new Tree(terminal) : new Lines(out);
}
