/** A containerd of our own: own root, state and socket, no CRI plugin; taken down with everything it started. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { until } from "./until.ts";

export interface PrivateContainerd {
  readonly socket: string;
  readonly process: ChildProcess;
  /** Ends containerd at once; its shims and containers go on. */
  kill(): Promise<void>;
  /** Ends containerd and the shims that still hang on its socket. */
  stop(): Promise<void>;
}

function configText(root: string, state: string, socket: string): string {
  return [
    "version = 2",
    `root = ${JSON.stringify(root)}`,
    `state = ${JSON.stringify(state)}`,
    'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]',
    "[grpc]",
    `  address = ${JSON.stringify(socket)}`,
    "[ttrpc]",
    `  address = ${JSON.stringify(`${socket}.ttrpc`)}`,
    "",
  ].join("\n");
}

function canConnect(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

/** Pids of shims that serve this containerd. */
function shimsOf(socket: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      let words: string[];
      try {
        words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      } catch (error) {
        // The process ended between the listing and the look.
        if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))
          return false;
        throw error;
      }
      return (words[0] ?? "").includes("containerd-shim") && words[words.indexOf("-address") + 1] === socket;
    });
}

function endOf(logFile: string): string {
  return `the end of ${logFile}:\n${readFileSync(logFile, "utf8").slice(-1500)}`;
}

/** @param rootDir kept between runs (images); @param stateDir a short path, emptied at the end. */
export async function startContainerd(
  rootDir: string,
  stateDir: string,
  logFile: string,
): Promise<PrivateContainerd> {
  mkdirSync(rootDir, { recursive: true });
  mkdirSync(stateDir, { recursive: true });
  const socket = join(stateDir, "containerd.sock");
  const config = join(stateDir, "containerd.toml");
  writeFileSync(config, configText(rootDir, join(stateDir, "state"), socket));
  const child = spawn("sh", ["-c", 'exec containerd --config "$1" >"$2" 2>&1', "sh", config, logFile], {
    stdio: "ignore",
    detached: true,
  });
  let isWanted = true;
  const ended = new Promise<void>((resolve) =>
    child.once("exit", (code, signal) => {
      if (isWanted) console.error(`containerd ended by itself with ${code ?? signal}; ${endOf(logFile)}`);
      resolve();
    }),
  );
  const isUp = async () => {
    if (child.exitCode !== null) {
      throw new Error(`containerd ended at once; ${endOf(logFile)}`);
    }
    return existsSync(socket) && (await canConnect(socket));
  };
  await until(isUp, "containerd answers", 30_000);
  return {
    socket,
    process: child,
    kill: async () => {
      isWanted = false;
      child.kill("SIGKILL");
      await ended;
    },
    stop: async () => {
      isWanted = false;
      for (const pid of shimsOf(socket)) process.kill(pid, "SIGKILL");
      child.kill("SIGTERM");
      await ended;
      await until(() => shimsOf(socket).length === 0, "its shims have ended", 10_000);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
