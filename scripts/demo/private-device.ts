/**
 * A whole device under the clone: containerd, the daemon and the auto deployer, each with its own folders, and the way
 * back: after `stop` links, namespaces, rules, mounts and processes are as before.
 */

import { createHash } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { ContainersClient } from "../../src/api/containers-client.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { endProcess, findKeepers } from "../../src/base/keeper-process.ts";
import { unmount } from "../../src/base/libc.ts";
import { hasCode } from "../../src/errors/error.ts";
import { lockDevice } from "./device-lock.ts";
import { type PrivateContainerd, startContainerd } from "./private-containerd.ts";
import { type Launch, type Program, spawnProgram } from "./program.ts";
import { until } from "./until.ts";

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

/** Changes to the daemon's configuration, by section. */
export type ConfigChanges = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const DAEMON = "container-management";
const DEPLOYER = "kanto-auto-deployer";
const ANSWER_LIMIT_MS = 60_000;
const END_LIMIT_MS = 60_000;

export class PrivateDevice {
  readonly client: ContainersClient;
  readonly socket: string;
  readonly #programs = new Map<string, Program>();
  #containerd: PrivateContainerd | undefined;
  #lock: number | undefined;

  constructor(
    readonly places: DevicePlaces,
    private readonly changes: ConfigChanges = {},
    /** How the daemon is started; the other programs are processes of ours. */
    private readonly launch: Launch = async (command, log) => spawnProgram(command, log),
  ) {
    this.socket = join(places.run, "cm.sock");
    this.client = new ContainersClient(new DaemonConnection({ unix: this.socket }), "demo");
  }

  /** Namespace in containerd. */
  get namespace(): string {
    return this.places.bridge;
  }

  logPath(name: string): string {
    return join(this.places.home, "log", `${name}.log`);
  }

  /** Takes down what a killed run left, starts containerd and the daemon, waits until it answers. Throws when another process runs this device. */
  async start(signal: AbortSignal): Promise<void> {
    mkdirSync(join(this.places.home, "log"), { recursive: true });
    this.#lock = lockDevice(join(this.places.home, "lock"));
    mkdirSync(this.places.run, { recursive: true, mode: 0o711 });
    await this.#endLeftovers();
    await this.startContainerd();
    await this.startDaemon(signal);
  }

  async startContainerd(): Promise<void> {
    const { home, run } = this.places;
    const log = this.logPath("containerd");
    this.#containerd = await startContainerd(join(home, "containerd"), join(run, "c"), log);
    this.#notePid(this.#containerd.process.pid);
  }

  get containerd(): PrivateContainerd {
    if (this.#containerd === undefined) throw new Error("containerd was not started");
    return this.#containerd;
  }

  /** Ends containerd at once; its shims and containers go on. */
  async killContainerd(): Promise<void> {
    await this.containerd.kill();
  }

  async startDaemon(signal: AbortSignal): Promise<void> {
    const config = join(this.places.home, "config.json");
    writeFileSync(config, JSON.stringify(this.#daemonConfig(this.containerd.socket), undefined, 2));
    const command = [join(this.places.bin, DAEMON), "--cfg-file", config] as const;
    this.#note(DAEMON, await this.launch(command, this.logPath(`${DAEMON}-output`)));
    await until(
      async () => {
        signal.throwIfAborted();
        this.checkAlive();
        return existsSync(this.socket) && (await this.#answers(signal));
      },
      "the daemon answers",
      ANSWER_LIMIT_MS,
    );
  }

  /** Runs the auto deployer over a folder, watching it. */
  deploy(folder: string, options: readonly string[] = [], socket = this.socket): void {
    const state = this.deployerState();
    const words = ["--daemon", "--socket-cm", socket, "--state-dir", state, ...options, folder];
    const command = [join(this.places.bin, DEPLOYER), ...words] as const;
    this.#note(DEPLOYER, spawnProgram(command, this.logPath(`${DEPLOYER}-output`)));
  }

  /** The newest lines in which the auto deployer named an error. */
  deployerErrors(): string[] {
    const path = this.logPath(`${DEPLOYER}-output`);
    // One that has just been started has not said anything yet.
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    return lines.filter((line) => line.includes(" ERROR ")).slice(-5);
  }

  /** Folder in which the auto deployer remembers what it deployed. */
  deployerState(): string {
    const state = join(this.places.home, "deployer");
    mkdirSync(state, { recursive: true });
    return state;
  }

  /** Throws when one of the programs has ended by itself. */
  checkAlive(): void {
    for (const [name, program] of this.#programs) {
      const code = program.exitCode();
      if (code === undefined) continue;
      const tail = readFileSync(program.log, "utf8").slice(-1500);
      throw new Error(`${name} ended with ${code}; the end of its output:\n${tail}`);
    }
  }

  pidOf(name: "container-management" | "kanto-auto-deployer"): number | undefined {
    return this.#programs.get(name)?.pid;
  }

  /** Ends one program with a signal and answers its exit code (-1 for a signal); fine when it does not run. */
  async end(name: "container-management" | "kanto-auto-deployer", signal: NodeJS.Signals): Promise<number> {
    const program = this.#programs.get(name);
    if (program === undefined) return 0;
    this.#programs.delete(name);
    program.kill(signal);
    const timer = setTimeout(() => program.kill("SIGKILL"), END_LIMIT_MS);
    const code = await program.ended;
    clearTimeout(timer);
    return code;
  }

  /** Takes everything down, the last started first; containers are stopped and removed with force. */
  async stop(): Promise<void> {
    const isOurs = this.#lock !== undefined || this.#containerd !== undefined || this.#programs.size > 0;
    // Nothing was started, or another process runs it.
    if (!isOurs) return await this.client.close();
    const failures: unknown[] = [];
    const attempt = async (act: () => Promise<void>) => {
      try {
        await act();
      } catch (thrown) {
        failures.push(thrown);
      }
    };
    await attempt(() => this.#endWell(DEPLOYER));
    if (this.#programs.has(DAEMON)) await attempt(() => this.#removeAll());
    await attempt(() => this.client.close());
    await attempt(() => this.#endWell(DAEMON));
    // What keeps the output of containers for a daemon that comes back; here none does.
    await attempt(async () => {
      for (const keeper of findKeepers(join(this.places.run, "cm", "fifo"))) endProcess(keeper);
    });
    await attempt(async () => this.#containerd?.stop());
    await attempt(async () => this.#removeRunFolder());
    rmSync(this.#pidFile, { force: true });
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
    if (failures.length > 0) throw new AggregateError(failures, "not everything could be taken down");
  }

  /** Whether everything is restored; a list is answered before. */
  async #answers(signal: AbortSignal): Promise<boolean> {
    try {
      await this.client.get("", signal);
      return true;
    } catch (thrown) {
      // The socket of a killed daemon is still there.
      if (hasCode(thrown, "SC_DAEMON_UNAVAILABLE")) return false;
      throw thrown;
    }
  }

  async #endWell(name: "container-management" | "kanto-auto-deployer"): Promise<void> {
    const log = this.#programs.get(name)?.log;
    const code = await this.end(name, "SIGTERM");
    if (code !== 0) throw new Error(`${name} ended with ${code}; see ${log}`);
  }

  async #removeAll(): Promise<void> {
    const signal = AbortSignal.timeout(END_LIMIT_MS);
    const stop = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
    const containers = await this.client.list(signal);
    await Promise.all(containers.map(({ id }) => this.client.remove(id, true, stop, signal)));
  }

  /** Mounts in it are there only when the daemon could not end in order. */
  #removeRunFolder(): void {
    const targets = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .map((line) => line.split(" ")[4] ?? "")
      .filter((target) => target.startsWith(`${this.places.run}/`));
    for (const target of targets.reverse()) unmount(target, true);
    rmSync(this.places.run, { recursive: true, force: true });
  }

  #daemonConfig(containerdSocket: string) {
    const { home, run, bridge } = this.places;
    const daemonHome = join(home, "cm");
    const execRoot = join(run, "cm");
    const folders = { home_dir: daemonHome, exec_root_dir: execRoot };
    const config: Record<string, Readonly<Record<string, unknown>>> = {
      log: { log_file: this.logPath(DAEMON), log_level: "DEBUG" },
      manager: { ...folders, live_restore: false, default_ctrs_stop_timeout: "2s" },
      // A namespace of its own: cgroups are named by it, and a daemon of the machine may use the usual one.
      containers: { ...folders, address_path: containerdSocket, default_ns: this.namespace },
      network: { ...folders, default_bridge: { name: bridge } },
      grpc_server: { address_path: this.socket },
      deployment: { enable: false, home_dir: daemonHome },
      things: { enable: false, home_dir: daemonHome },
    };
    for (const [section, values] of Object.entries(this.changes)) {
      config[section] = { ...config[section], ...values };
    }
    return config;
  }

  #note(name: string, program: Program): void {
    this.#notePid(program.pid);
    this.#programs.set(name, program);
  }

  get #pidFile(): string {
    return join(this.places.home, "pids");
  }

  /** Pid and start time, so that only our own processes are ever ended after a killed run. */
  #notePid(pid: number | undefined): void {
    if (pid === undefined) return;
    appendFileSync(this.#pidFile, `${pid} ${startTime(pid) ?? ""}\n`);
  }

  async #endLeftovers(): Promise<void> {
    if (!existsSync(this.#pidFile)) return;
    const lines = readFileSync(this.#pidFile, "utf8").split("\n").reverse();
    const isThere = (line: string) => {
      const [pid = "", started = ""] = line.split(" ");
      return pid !== "" && started !== "" && startTime(Number(pid)) === started;
    };
    for (const line of lines.filter(isThere)) process.kill(Number(line.split(" ")[0]), "SIGKILL");
    await until(() => !lines.some(isThere), "processes of an earlier run have ended", END_LIMIT_MS);
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
