/** The daemon: configuration, lock, rooms, API, and an orderly end. */

import { resolve } from "node:path";
import { systemClock } from "../base/clock.ts";
import { letGoOfFilePages, returnFilePages } from "../base/file-pages.ts";
import { keepAlive } from "../base/keep-alive.ts";
import type { Log } from "../base/log.ts";
import { notifySupervisor, watchdogIntervalMs } from "../base/sd-notify.ts";
import { VERSION } from "../cli/build-info.ts";
import { ConfigWatch } from "../config/config-watch.ts";
import { DEFAULT_CONFIG } from "../config/daemon-config.ts";
import { keepLastGood, loadConfigOrLastGood } from "../config/last-good.ts";
import { LiveConfig, type Reloaded } from "../config/live-config.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { type DaemonCommandLine, daemonHelp, readCommandLine } from "../config/read-flags.ts";
import { usualConfigPath } from "../config/sources.ts";
import { describeError, hasCode, toError } from "../errors/error.ts";
import { dropKantoMounts } from "../store/kanto-mounts.ts";
import { letGoAfterStart } from "./after-start.ts";
import { listen, makeServer } from "./api-server.ts";
import { openDaemonLog } from "./daemon-log.ts";
import { makeDaemonParts } from "./daemon-parts.ts";
import type { RunningDeployment } from "./deployment.ts";
import { RemoteKeeper } from "./remote-keeper.ts";
import { ownCpuMs, returnMemoryWhenIdle } from "./return-memory.ts";
import { takeRunLock } from "./run-lock.ts";
import { Supervision } from "./supervision.ts";
import { forgetSystemEnd, isSystemEnding } from "./system-end.ts";
import { watchImages } from "./watch-images.ts";

/** For requests under way when the daemon ends. */
const END_GRACE_MS = 2_000;
/** Looking for the lock ends much earlier by itself. */
const LOCK_LIMIT_MS = 30_000;
/** For everything that the end waits for; the unit's own limit (TimeoutStopSec) is 300 s. */
const END_LIMIT_MS = 280_000;
/** For what is left open after the end. */
const LEFT_OPEN_MS = 2_000;

type RunLine = Extract<DaemonCommandLine, { readonly kind: "run" }>;

function writeError(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Resolves with the first signal that asks the daemon to end; a second one ends it at once. */
function whenAsked(log: Log): Promise<string> {
  return new Promise((resolve) => {
    let isEnding = false;
    for (const name of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
      process.on(name, () => {
        if (isEnding) {
          log.warn("asked to end a second time; ending at once", { signal: name });
          process.exit(1);
        }
        isEnding = true;
        resolve(name);
      });
    }
  });
}

/** Reads the configuration again by itself: nobody waits for the outcome, which is logged and stands in the status. */
function reloadQuietly(reload: () => Reloaded): void {
  try {
    reload();
  } catch (thrown) {
    if (!hasCode(thrown, "SC_CONFIG_INVALID")) throw thrown;
  }
}

function returnMemory(log: Log): Disposable {
  const parts = { clock: systemClock, log, cpuMs: ownCpuMs, returnPages: returnFilePages };
  return returnMemoryWhenIdle(parts);
}

async function serve(line: RunLine, loaded: LoadedConfig): Promise<number> {
  const { config, warnings, refused } = loaded;
  const path = line.configPath;
  const live = new LiveConfig(path, line.values, loaded);
  const log = openDaemonLog(config, () => live.get().log.level);
  using _lock = await takeRunLock(
    config.manager.execRootDir,
    config.manager.homeDir,
    config.grpcServer.addressPath,
    AbortSignal.timeout(LOCK_LIMIT_MS),
  );
  forgetSystemEnd(config.manager.execRootDir);
  dropKantoMounts(config.containers.homeDir, log);
  for (const warning of warnings) log.warn(warning);
  if (refused !== undefined)
    log.error("the configuration was refused; the last good one is used", { reason: refused });
  process.on("unhandledRejection", (thrown) =>
    log.error("a promise failed that nobody waited for", { reason: String(thrown) }),
  );
  process.on("uncaughtException", (thrown) =>
    log.error("an error that nobody caught", { reason: toError(thrown).stack ?? "" }),
  );
  const asked = whenAsked(log);
  const parts = makeDaemonParts(config, live.get, log);
  let deployment: RunningDeployment | undefined;
  const remote = new RemoteKeeper(
    async (wanted) => (await import("#remote")).startRemote(wanted, parts, log),
    log,
  );
  let isRestored = false;
  const reload = (): Reloaded => {
    const reloaded = live.reload(log);
    if (isRestored) void remote.apply(live.get());
    return reloaded;
  };
  process.on("SIGHUP", () => reloadQuietly(reload));
  const problems = () => [
    ...live.problems(),
    ...parts.manager.problems(),
    ...(deployment?.problems() ?? []),
    ...remote.problems(),
  ];
  const server = makeServer(parts, { problems, reload, settingsRead: () => live.reads }, log);
  listen(server, config.grpcServer);
  log.info("listening", { address: config.grpcServer.addressPath, version: VERSION });
  using supervision = new Supervision({
    clock: systemClock,
    log,
    notify: notifySupervisor,
    watchdogIntervalMs: watchdogIntervalMs(),
  });
  supervision.listening();
  const onConfigChange = () => reloadQuietly(reload);
  using _watch =
    path === ""
      ? undefined
      : new ConfigWatch(
          resolve(path),
          loaded.refused === undefined ? loaded.parts : [],
          systemClock,
          onConfigChange,
          (reason) => log.warn("changes of the configuration are noticed late", { reason }),
        );
  using _memory = config.manager.returnMemory ? returnMemory(log) : undefined;
  let exitCode = 0;
  const opening = new AbortController();
  const opened = parts.manager.open(opening.signal).then(
    async () => {
      const count = parts.manager.list().length;
      log.info("containers are restored", { count });
      supervision.restored(count);
      keepLastGood(loaded, config.manager.homeDir);
      letGoAfterStart({ clock: systemClock, cpuMs: ownCpuMs, letGo: letGoOfFilePages });
      watchImages(parts);
      isRestored = true;
      await remote.apply(live.get());
      if (!config.deployment.enable) return undefined;
      const { startDeployment } = await import("./deployment.ts");
      if (!opening.signal.aborted)
        deployment = startDeployment(config.deployment, parts.manager, log, live.whenRead);
      return undefined;
    },
    (thrown) => {
      if (opening.signal.aborted) return undefined;
      log.error("the daemon could not start", { reason: describeError(thrown) });
      exitCode = 1;
      return "start failed";
    },
  );
  const reason = await Promise.race([asked, opened.then((failure) => failure ?? asked)]);
  log.info("ending", { reason });
  supervision.ending(reason);
  const systemEnds = isSystemEnding(config.manager.execRootDir, log);
  opening.abort(new Error(reason));
  await server.stop({ graceMs: END_GRACE_MS });
  await opened;
  await deployment?.end();
  await remote.endRequests();
  await parts.images.expiry.close();
  try {
    const stopsAll = (await systemEnds) || !config.manager.liveRestore;
    await parts.manager.close(AbortSignal.timeout(END_LIMIT_MS), stopsAll);
  } catch (thrown) {
    log.error("not everything ended in order", { reason: describeError(thrown) });
    exitCode = 1;
  }
  await remote.end();
  log.info("ended");
  return exitCode;
}

/** Without --cfg-file the configuration is where the packages put it, if it is there. */
function withUsualPlace(line: DaemonCommandLine): DaemonCommandLine {
  return line.kind === "run" && !line.isConfigNamed ? { ...line, configPath: usualConfigPath() } : line;
}

/** The process ends by itself when nothing is open any more; what could not be closed must not keep it. */
function endSoon(code: number): number {
  systemClock.after(LEFT_OPEN_MS, () => process.exit(code));
  return code;
}

export async function runContainerManagement(args: readonly string[]): Promise<number> {
  using _alive = keepAlive();
  const line = withUsualPlace(readCommandLine(args));
  if (line.kind === "help") {
    process.stdout.write(daemonHelp());
    return 0;
  }
  if (line.kind === "mistake") {
    writeError(`Error: ${line.text}`);
    return 1;
  }
  try {
    if (line.isCheck) {
      for (const warning of loadConfig(line.configPath, line.values).warnings) writeError(warning);
      process.stdout.write("the configuration is good\n");
      return 0;
    }
    const home = line.values.get("manager.home_dir");
    const loaded = loadConfigOrLastGood(
      line.configPath,
      line.values,
      typeof home === "string" ? home : DEFAULT_CONFIG.manager.homeDir,
    );
    return endSoon(await serve(line, loaded));
  } catch (thrown) {
    writeError(describeError(thrown));
    return endSoon(1);
  }
}
