/**
 * A whole device under the clone: containerd, the daemon and the auto deployer, each with its own folders, and the way
 * back: after `stop` links, namespaces, rules, mounts and processes are as before.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ContainersClient } from "../../src/api/containers-client.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { type PrivateContainerd, startContainerd, waitUntil } from "./private-containerd.ts";

export interface DevicePlaces {
  /** Folder of the clone; its hash names what must be unique on the machine. */
  readonly root: string;
  /** Everything that is kept between runs. */
  readonly home: string;
  /** Sockets and state that must lie on a short path. */
  readonly run: string;
  readonly bridge: string;
  readonly bin: string;
}

export function placesOf(root: string, home = join(root, ".home", "demo")): DevicePlaces {
  const hash = createHash("sha256").update(home).digest("hex").slice(0, 8);
  return { root, home, run: `/run/supercargo-${hash}`, bridge: `sc-${hash}`, bin: join(root, "dist", "bin") };
}

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  readonly log: string;
}

export class PrivateDevice {
  readonly client: ContainersClient;
  readonly socket: string;
  #containerd: PrivateContainerd | undefined;
  #daemon: Program | undefined;
  #deployer: Program | undefined;

  constructor(private readonly places: DevicePlaces) {
    this.socket = join(places.run, "cm.sock");
    this.client = new ContainersClient(new DaemonConnection({ unix: this.socket }), "demo");
  }

  logPath(name: string): string {
    return join(this.places.home, "log", `${name}.log`);
  }

  /** Starts containerd and the daemon, and waits until the daemon answers. Takes down what a killed run left first. */
  async start(signal: AbortSignal): Promise<void> {
    const { home, run } = this.places;
    mkdirSync(join(home, "log"), { recursive: true });
    mkdirSync(run, { recursive: true, mode: 0o711 });
    this.#endLeftovers();
    this.#containerd = await startContainerd(
      join(home, "containerd"),
      join(run, "c"),
      this.logPath("containerd"),
    );
    this.#notePid(this.#containerd.process.pid);
    const config = join(home, "config.json");
    writeFileSync(config, JSON.stringify(this.#daemonConfig(this.#containerd.socket), undefined, 2));
    this.#daemon = this.#spawn("container-management", ["--cfg-file", config]);
    await waitUntil(
      async () => {
        signal.throwIfAborted();
        this.#failIfEnded(this.#daemon, "container-management");
        return existsSync(this.socket) && (await this.#answers(signal));
      },
      60_000,
      "the daemon did not answer",
    );
  }

  /** Runs the auto deployer over a folder, watching it. */
  deploy(folder: string): void {
    const state = join(this.places.home, "deployer");
    mkdirSync(state, { recursive: true });
    this.#deployer = this.#spawn("kanto-auto-deployer", [
      "--daemon",
      "--socket-cm",
      this.socket,
      "--state-dir",
      state,
      folder,
    ]);
  }

  /** Throws when one of the programs has ended by itself. */
  checkAlive(): void {
    this.#failIfEnded(this.#daemon, "container-management");
    this.#failIfEnded(this.#deployer, "kanto-auto-deployer");
  }

  /** Takes everything down, the last started first; containers are stopped and removed with force. */
  async stop(): Promise<void> {
    const failures: unknown[] = [];
    const attempt = async (act: () => Promise<void>) => {
      try {
        await act();
      } catch (thrown) {
        failures.push(thrown);
      }
    };
    await attempt(() => this.#end(this.#deployer, "kanto-auto-deployer"));
    if (this.#daemon !== undefined) await attempt(() => this.#removeAll());
    await attempt(() => this.client.close());
    await attempt(() => this.#end(this.#daemon, "container-management"));
    await attempt(async () => this.#containerd?.stop());
    rmSync(this.places.run, { recursive: true, force: true });
    rmSync(this.#pidFile, { force: true });
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be taken down");
  }

  async #answers(signal: AbortSignal): Promise<boolean> {
    await this.client.list(signal);
    return true;
  }

  async #removeAll(): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    const stop = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
    const containers = await this.client.list(signal);
    await Promise.all(containers.map(({ id }) => this.client.remove(id, true, stop, signal)));
  }

  #daemonConfig(containerdSocket: string) {
    const { home, run, bridge } = this.places;
    const daemonHome = join(home, "cm");
    const execRoot = join(run, "cm");
    const folders = { home_dir: daemonHome, exec_root_dir: execRoot };
    return {
      log: { log_file: this.logPath("container-management"), log_level: "DEBUG" },
      manager: { ...folders, live_restore: false, default_ctrs_stop_timeout: "2s" },
      containers: { ...folders, address_path: containerdSocket },
      network: { ...folders, default_bridge: { name: bridge } },
      grpc_server: { address_path: this.socket },
      deployment: { enable: false, home_dir: daemonHome },
      things: { enable: false },
    };
  }

  #spawn(name: string, args: readonly string[]): Program {
    const log = this.logPath(name === "container-management" ? "container-management-output" : name);
    const command = ["-c", 'exec "$0" "$@" >"$LOG" 2>&1', join(this.places.bin, name), ...args];
    const child = spawn("sh", command, {
      stdio: "ignore",
      env: { ...process.env, LOG: log },
      detached: true,
    });
    this.#notePid(child.pid);
    return { child, log, ended: new Promise((resolve) => child.once("exit", (code) => resolve(code ?? -1))) };
  }

  async #end(program: Program | undefined, name: string): Promise<void> {
    if (program === undefined) return;
    if (program.child.exitCode === null && program.child.signalCode === null) program.child.kill("SIGTERM");
    const timer = setTimeout(() => program.child.kill("SIGKILL"), 60_000);
    const code = await program.ended;
    clearTimeout(timer);
    if (code !== 0) throw new Error(`${name} ended with ${code}; see ${program.log}`);
  }

  #failIfEnded(program: Program | undefined, name: string): void {
    if (program === undefined || program.child.exitCode === null) return;
    const tail = readFileSync(program.log, "utf8").slice(-1500);
    throw new Error(`${name} ended with ${program.child.exitCode}; the end of its output:\n${tail}`);
  }

  get #pidFile(): string {
    return join(this.places.home, "pids");
  }

  /** Pid and start time, so that only our own processes are ever ended after a killed run. */
  #notePid(pid: number | undefined): void {
    if (pid === undefined) return;
    appendFileSync(this.#pidFile, `${pid} ${startTime(pid) ?? ""}\n`);
  }

  #endLeftovers(): void {
    if (!existsSync(this.#pidFile)) return;
    for (const line of readFileSync(this.#pidFile, "utf8").split("\n").reverse()) {
      const [pid = "", started = ""] = line.split(" ");
      if (pid !== "" && started !== "" && startTime(Number(pid)) === started)
        process.kill(Number(pid), "SIGKILL");
    }
    rmSync(this.#pidFile);
  }
}

/** Start time of a process in clock ticks since boot; undefined when it is gone. */
function startTime(pid: number): string | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  return readFileSync(path, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")[19];
}
