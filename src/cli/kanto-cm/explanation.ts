/** In words: what state a container is in, since when, how the last run ended and why, what comes next, what to do. */

import type { ContainerDetails } from "../../api/gen/supercargo/v1/details.ts";
import type { Container } from "../../model/container.ts";
import type { Problem } from "../../model/problem.ts";
import { localTime, msSince, shownText, spanText } from "../human-text.ts";
import { healthText } from "./details.ts";
import { portsText } from "./wide-table.ts";

export interface Explanation {
  /** The state, and since when. */
  readonly state: string;
  /** How the last run ended; absent while it runs its first time. */
  readonly lastExit?: string;
  /** What happens by itself; absent when nothing does. */
  readonly next?: string;
  /** Other things worth knowing. */
  readonly notes: readonly string[];
  /** What a person can do; the first is the likeliest. */
  readonly advice: readonly string[];
}

export interface ExplainInput {
  readonly container: Container;
  /** undefined with Kanto's daemon. */
  readonly details: ContainerDetails | undefined;
  /** What the daemon says of this container. */
  readonly problems: readonly Problem[];
}

/** Codes from which a reader can learn: shells' conventions, and signals. */
const EXIT_MEANINGS: ReadonlyMap<number, string> = new Map([
  [0, "it ended by itself and reported success"],
  [125, "the runtime could not run it"],
  [126, "the program could not be executed (permission, or wrong architecture)"],
  [127, "the program was not found in the image"],
  [130, "interrupted (SIGINT)"],
  [134, "it gave up by itself (SIGABRT)"],
  [137, "killed (SIGKILL)"],
  [139, "it used memory that is not its own (SIGSEGV)"],
  [143, "it was asked to end (SIGTERM)"],
]);

function ago(stamp: string): string {
  const ms = msSince(stamp);
  return ms === undefined ? "" : ` (${spanText(ms)} ago, ${localTime(stamp)})`;
}

function since(stamp: string): string {
  const ms = msSince(stamp);
  return ms === undefined ? "" : ` for ${spanText(ms)}, since ${localTime(stamp)}`;
}

function stateSentence({ container, details }: ExplainInput): string {
  const { name, state, created } = container;
  switch (state.status) {
    case "Running": {
      const health = details === undefined ? "" : healthText(details);
      return `${name} runs${since(state.startedAt)}${health === "" ? "" : `; its healthcheck says ${health}`}.`;
    }
    case "Paused":
      return `${name} is paused: its processes are frozen; it was started${ago(state.startedAt)}.`;
    case "Creating":
      return `${name} is being made; its image may still be on its way.`;
    case "Created":
      return `${name} was made${ago(created)} and has never been started.`;
    case "Stopped":
      return container.manuallyStopped
        ? `${name} was stopped on request${ago(state.finishedAt)}.`
        : `${name} does not run: its start failed or it was stopped${ago(state.finishedAt)}.`;
    case "Exited":
      return `${name} has ended${ago(state.finishedAt)}.`;
    case "Dead":
      return `${name} is dead: its removal did not come to its end.`;
    default:
      return `The state of ${name} is unknown.`;
  }
}

function exitSentence({ state }: Container): string | undefined {
  if (state.finishedAt === "")
    return state.error === "" ? undefined : `The last start failed: ${shownText(state.error)}`;
  const meaning = state.oomKilled
    ? "it needed more memory than its limit and was killed for it"
    : EXIT_MEANINGS.get(state.exitCode);
  const reason = state.error === "" ? "" : `; the error was: ${shownText(state.error)}`;
  return `The last run ended with code ${state.exitCode}${meaning === undefined ? "" : `: ${meaning}`}${reason}${ago(state.finishedAt)}.`;
}

function nextSentence({ container, details }: ExplainInput): string | undefined {
  const { state, hostConfig, manuallyStopped, restartCount } = container;
  const due = details?.restart;
  if (due !== undefined) {
    const tries = restartCount === 0 ? "" : `; it has been restarted ${restartCount} times`;
    return `It is started again in ${spanText(Number(due.inMs))} (${localTime(due.nextTry)}), because: ${shownText(due.reason)}${tries}.`;
  }
  if (state.status === "Running" || state.status === "Paused") return undefined;
  const { type } = hostConfig.restartPolicy;
  if (state.status === "Created") return "It stays so until somebody starts it.";
  if (manuallyStopped) return "It stays so until somebody starts it: it was stopped on request.";
  if (type === "no") return "It stays so: its restart policy is no.";
  if (type === "on-failure") {
    if (state.exitCode === 0) return "It stays so: its restart policy is on-failure, and it did not fail.";
    const most = hostConfig.restartPolicy.maximumRetryCount;
    if (most > 0)
      return `It stays so: its restart policy on-failure allows ${most} restarts, and they are used up.`;
  }
  return details === undefined ? `Its restart policy is ${type}.` : undefined;
}

function notes({ container, details, problems }: ExplainInput): string[] {
  const lines = problems.map(
    ({ message, hint }) => `${shownText(message)}${hint === "" ? "" : ` (${hint})`}`,
  );
  if (details === undefined) {
    lines.push("The daemon is Kanto's: health, the next restart and the origin are not known.");
  } else {
    const probe = details.healthReport?.lastProbe;
    if (probe !== undefined) {
      const word = probe.success ? "succeeded" : "failed";
      lines.push(
        `The last probe ${word}${ago(probe.time)}: ${shownText(probe.output.trim()) || "no output"}`,
      );
    }
    if (details.blocked !== "") lines.push(`Requests for it wait: ${shownText(details.blocked)}`);
    if (details.origin !== "") lines.push(`It was made by: ${details.origin}`);
  }
  const ports = portsText(container, details);
  if (ports !== "-") lines.push(`Ports: ${ports}`);
  return lines;
}

function advice({ container, details }: ExplainInput): string[] {
  const { name, state, manuallyStopped } = container;
  const logs = `kanto-cm logs --text ${name}   tells what it said last`;
  if (details !== undefined && details.blocked !== "") return ["wait: the daemon is working on it"];
  if (state.status === "Running") {
    return details !== undefined && healthText(details) === "unhealthy" ? [logs] : [];
  }
  if (state.status === "Paused") return [`kanto-cm unpause ${name}   lets it go on`];
  if (state.status === "Dead") return [`kanto-cm remove --force ${name}   takes it away`];
  const start = `kanto-cm start ${name}   starts it`;
  if (state.status === "Created" || manuallyStopped) return [start];
  if (state.oomKilled) return [`kanto-cm update --memory <more> ${name}   raises its limit`, logs];
  if (state.status === "Creating") return [];
  const stop = `kanto-cm stop ${name}   ends the restarts`;
  if (details?.restart !== undefined) return [logs, stop];
  return state.exitCode === 0 && state.error === "" ? [start] : [logs, start];
}

export function explain(input: ExplainInput): Explanation {
  const lastExit = exitSentence(input.container);
  const next = nextSentence(input);
  return {
    state: stateSentence(input),
    ...(lastExit === undefined ? {} : { lastExit }),
    ...(next === undefined ? {} : { next }),
    notes: notes(input),
    advice: advice(input),
  };
}
