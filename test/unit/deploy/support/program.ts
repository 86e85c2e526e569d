/** The program kanto-auto-deployer in this process, over fake containers and the real clock and file system. */

import { until } from "../../../../scripts/demo/until.ts";
import { systemClock } from "../../../../src/base/clock.ts";
import type { SupervisorNews } from "../../../../src/base/sd-notify.ts";
import {
  type AutoDeployerDeps,
  runAutoDeployer,
  type StopSignal,
} from "../../../../src/cli/auto-deployer.ts";
import { FakeContainers } from "./fake-containers.ts";

export interface Program {
  readonly containers: FakeContainers;
  /** What was written to stderr so far, times replaced by TIME. */
  readonly log: () => string;
  readonly lines: () => readonly string[];
  readonly stdout: () => string;
  /** What the supervisor was told. */
  readonly notices: readonly SupervisorNews[];
  readonly exitCode: Promise<number>;
  readonly signal: (name: StopSignal) => void;
  /** Waits until the log holds the text. */
  readonly says: (text: string, times?: number) => Promise<void>;
}

export interface ProgramOptions {
  readonly containers?: FakeContainers;
  readonly flavour?: "ours" | "peer";
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly isTerminal?: boolean;
}

export function startProgram(argv: readonly string[], options: ProgramOptions = {}): Program {
  const containers = options.containers ?? new FakeContainers(systemClock, options.flavour ?? "ours");
  const notices: SupervisorNews[] = [];
  let stdout = "";
  let stderr = "";
  const listeners = new Set<(name: StopSignal) => void>();
  const deps: AutoDeployerDeps = {
    version: "9.8.7",
    openContainers: () => Object.assign(containers, { close: () => {} }),
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    isTerminal: options.isTerminal ?? false,
    environment: options.environment ?? {},
    workingDirectory: options.workingDirectory ?? "/",
    clock: systemClock,
    notify: (news) => notices.push(news),
    onStopSignal: (callback) => {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
  const log = () => stderr.replaceAll(/\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "[TIME");
  const exitCode = runAutoDeployer(argv, deps);
  return {
    containers,
    log,
    lines: () => log().split("\n").slice(0, -1),
    stdout: () => stdout,
    notices,
    exitCode,
    signal: (name) => {
      for (const listener of listeners) listener(name);
    },
    says: (text, times = 1) =>
      until(() => log().split(text).length > times, `it says ${text}; it said ${log()}`),
  };
}
