/** The program kanto-auto-deployer: from the command line to exit code. Everything outside comes in by `deps`. */

import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { HAS_FILE_WATCHER } from "#folder-watch";
import { type Clock, delay } from "../base/clock.ts";
import { keepAlive } from "../base/keep-alive.ts";
import { errnoName } from "../base/libc.ts";
import { createLog, type Log } from "../base/log.ts";
import type { SupervisorNews } from "../base/sd-notify.ts";
import type { Containers } from "../deploy/containers.ts";
import { createEnvLogger, quoted } from "./auto-deployer-log.ts";
import { type AutoDeployerOptions, helpText, parseCommandLine } from "./auto-deployer-options.ts";
import { AutoDeployerRun } from "./auto-deployer-run.ts";
import { showPlan, showStatus } from "./auto-deployer-show.ts";
import { canTakeOver, WITHOUT_MQTT } from "./auto-deployer-take-over.ts";

export type StopSignal = "SIGTERM" | "SIGINT";

export interface AutoDeployerDeps {
  /** Our version, as `-V` prints it. */
  readonly version: string;
  /** A client of Container Management. It connects when it is used, and again after a loss; `warn` is for what it leaves out. */
  readonly openContainers: (
    socketPath: string,
    warn: (message: string) => void,
  ) => Containers & { readonly close: () => void };
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Whether stderr is a terminal. */
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly clock: Clock;
  /** Calls back at each SIGTERM and SIGINT; answers how to end that. */
  /** Tells the supervisor that started us, if there is one. */
  readonly notify: (news: SupervisorNews) => void;
  readonly onStopSignal: (callback: (name: StopSignal) => void) => () => void;
}

const EXIT_BY_SECOND_SIGNAL: Readonly<Record<StopSignal, number>> = { SIGTERM: 143, SIGINT: 130 };
const EXIT_NO_FOLDER = 255;
const EXIT_USAGE = 2;
const WITHOUT_WATCHER =
  "error: this build has no file watcher, so there is no --daemon: run it without, or build it without --without filewatcher";

/** Runs the program; answers its exit code (spec/kad.md §2, DESIGN §5). */
export async function runAutoDeployer(argv: readonly string[], deps: AutoDeployerDeps): Promise<number> {
  const commandLine = parseCommandLine(argv);
  switch (commandLine.kind) {
    case "help":
      deps.stdout(helpText(deps.version));
      return 0;
    case "version":
      deps.stdout(`kanto-auto-deployer ${deps.version}\n`);
      return 0;
    case "mistake":
      deps.stderr(commandLine.text);
      return EXIT_USAGE;
    case "run":
      if (commandLine.options.daemon && !HAS_FILE_WATCHER) {
        deps.stderr(`${WITHOUT_WATCHER}\n`);
        return EXIT_USAGE;
      }
      if (commandLine.options.mqtt && !canTakeOver) {
        deps.stderr(`${WITHOUT_MQTT}\n`);
        return EXIT_USAGE;
      }
      return deploy(commandLine.options, deps);
  }
}

async function deploy(options: AutoDeployerOptions, deps: AutoDeployerDeps): Promise<number> {
  using _alive = keepAlive();
  const { environment, isTerminal, clock, stderr } = deps;
  const sink = createEnvLogger({ environment, isTerminal, stamp: () => clock.stamp(), write: stderr });
  const log = createLog("kanto_auto_deployer", sink);
  log.debug(describeOptions(options));

  const stop = new AbortController();
  const { promise: secondSignal, resolve: onSecondSignal } = Promise.withResolvers<number>();
  const endSignals = deps.onStopSignal((name) => {
    if (stop.signal.aborted) onSecondSignal(EXIT_BY_SECOND_SIGNAL[name]);
    else log.info(`${name}: ending after what is in hand`);
    stop.abort();
  });
  const containers = deps.openContainers(options.socketPath, (message) => log.warn(message));
  try {
    return await Promise.race([secondSignal, deployUntil(stop.signal, options, containers, log, deps)]);
  } finally {
    endSignals();
    containers.close();
  }
}

async function deployUntil(
  stop: AbortSignal,
  options: AutoDeployerOptions,
  containers: Containers,
  log: Log,
  deps: AutoDeployerDeps,
): Promise<number> {
  const folder = await findFolder(stop, options, log, deps);
  if (typeof folder === "number") return folder;
  if (options.show !== "nothing") {
    const { stdout, stderr, clock } = deps;
    const show = options.show === "plan" ? showPlan : showStatus;
    return show({ options, folder, containers, clock, stdout, stderr }, stop);
  }
  const { clock, notify, environment } = deps;
  const run = new AutoDeployerRun({ options, folder, containers, log, clock, notify, environment });
  return run.run(stop);
}

/** Pause between two looks for a folder that is not there yet. */
const FOLDER_LOOK_MS = 250;

/** The real path of the folder, or an exit code. A daemon waits for a folder that is not there yet. */
async function findFolder(
  stop: AbortSignal,
  options: AutoDeployerOptions,
  log: Log,
  deps: AutoDeployerDeps,
): Promise<string | number> {
  const path = resolve(deps.workingDirectory, options.manifestsPath);
  for (let isTold = false; ; isTold = true) {
    const found = resolveFolder(path);
    if (found.ok) return found.path;
    const message = `Could not expand path "${quoted(options.manifestsPath)}", err: ${found.reason}`;
    if (!options.daemon || options.show !== "nothing" || found.errno !== "ENOENT") {
      log.error(message);
      return EXIT_NO_FOLDER;
    }
    if (!isTold) log.warn(`${message}; waiting for it`);
    try {
      await delay(deps.clock, FOLDER_LOOK_MS, stop);
    } catch {
      return 0; // Only the signal rejects a delay: asked to end while waiting.
    }
  }
}

type Resolved =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly errno: string; readonly reason: string };

/** The texts of the C library, as Rust shows them. */
const ERRNO_TEXTS: Readonly<Record<string, string>> = {
  ENOENT: "No such file or directory (os error 2)",
  EACCES: "Permission denied (os error 13)",
  ENOTDIR: "Not a directory (os error 20)",
  ENAMETOOLONG: "File name too long (os error 36)",
  ELOOP: "Too many levels of symbolic links (os error 40)",
};

function resolveFolder(path: string): Resolved {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return { ok: true, path: real };
    return { ok: false, errno: "ENOTDIR", reason: ERRNO_TEXTS["ENOTDIR"] ?? "ENOTDIR" };
  } catch (thrown) {
    const errno = errnoName(thrown);
    if (errno === undefined) throw thrown;
    return { ok: false, errno, reason: ERRNO_TEXTS[errno] ?? errno };
  }
}

function describeOptions(options: AutoDeployerOptions): string {
  const lines = Object.entries(options).map(([key, value]) => {
    const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return `    ${name}: ${typeof value === "string" ? `"${quoted(value)}"` : String(value)},`;
  });
  return `CliArgs {\n${lines.join("\n")}\n}`;
}
