/**
 * A private containerd for tests: own root, state and socket in a folder of its own, no CRI plugin. Everything that it starts
 * is taken down by pid at the end: tasks, shims, mounts, cgroups, folder.
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import { errnoName, mount, unmount } from "../../../src/base/libc.ts";

const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 20_000;
const SOCKET_PATH_LIMIT = 107;

export interface PrivateContainerd {
  /** Path of the socket. */
  readonly address: string;
  /** A namespace that no other test has: runc's state and cgroups are machine-wide. */
  readonly namespace: string;
  /** For scratch, FIFOs and the like; goes with the rest. */
  readonly folder: string;
  /** `<state>/io.containerd.runtime.v2.task/<namespace>`. */
  readonly bundles: string;
  readonly pid: number;
  /** Ends containerd alone, tasks go on; resolves when it is gone. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts it again after `kill`. */
  start(): Promise<void>;
  /** Runs containerd's own tool; answers what it prints. */
  ctr(...args: string[]): string;
  /** Takes everything down. */
  stop(): Promise<void>;
}

export interface ContainerdStart {
  /** Room of the store: a file system in memory of this size. */
  readonly rootBytes?: number;
}

export async function startContainerd(options: ContainerdStart = {}): Promise<PrivateContainerd> {
  const folder = mkdtempSync(join(tmpdir(), "sc-ctd-"));
  const address = join(folder, "c.sock");
  if (address.length >= SOCKET_PATH_LIMIT) throw new Error(`${address} is too long for a socket`);
  const namespace = `test-${basename(folder).slice("sc-ctd-".length)}`;
  const config = join(folder, "config.toml");
  writeFileSync(config, configText(folder, address));
  mkdirSync(join(folder, "scratch"));
  mkdirSync(join(folder, "root"));
  if (options.rootBytes !== undefined) {
    mount("tmpfs", join(folder, "root"), "tmpfs", 0n, `size=${options.rootBytes}`);
  }
  let child = await launch(config, address);
  let isUp = true;
  const ctr = (...args: string[]) => {
    const run = Bun.spawnSync(["ctr", "-a", address, "-n", namespace, ...args]);
    if (run.exitCode !== 0) throw new Error(`ctr ${args.join(" ")}: ${run.stderr.toString()}`);
    return run.stdout.toString();
  };
  const kill = async (signal: "SIGKILL" | "SIGTERM" = "SIGKILL") => {
    child.kill(signal);
    await within(child.exited, STOP_LIMIT_MS, "containerd does not end");
    isUp = false;
  };
  const start = async () => {
    child = await launch(config, address);
    isUp = true;
  };
  return {
    address,
    namespace,
    folder,
    bundles: join(folder, "state/io.containerd.runtime.v2.task", namespace),
    get pid() {
      return child.pid;
    },
    kill,
    start,
    ctr,
    stop: async () => {
      if (!isUp) await start();
      for (const id of ctr("tasks", "ls", "-q").split("\n").filter(Boolean)) {
        Bun.spawnSync(["ctr", "-a", address, "-n", namespace, "tasks", "rm", "-f", id]);
      }
      await kill("SIGTERM");
      for (const pid of shimPids(address)) endTree(pid);
      unmountBelow(folder);
      await removeCgroups(namespace);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configText(folder: string, address: string): string {
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
  address = "${address}"
[ttrpc]
  address = "${address}.ttrpc"
`;
}

async function launch(config: string, address: string) {
  const child = Bun.spawn(["containerd", "-c", config], { stdout: "ignore", stderr: "pipe" });
  const ready = Promise.withResolvers<void>();
  const tail = follow(child.stderr, ready.resolve);
  child.exited.then(async () => ready.reject(new Error(`containerd ended: ${await tail}`)));
  await within(ready.promise, READY_LIMIT_MS, `containerd does not serve ${address}`);
  return child;
}

/** Reads the log, calls back when containerd serves; answers the end of the log when it ends. */
async function follow(stream: ReadableStream<Uint8Array>, onReady: () => void): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text = (text + Buffer.from(chunk).toString("utf8")).slice(-4000);
    if (text.includes("containerd successfully booted")) onReady();
  }
  return text;
}

function shimPids(address: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const args = readProc(pid, "cmdline").split("\0");
      return args[0]?.includes("containerd-shim") === true && args.includes(address);
    })
    .map(Number);
}

function endTree(pid: number): void {
  for (const child of readProc(String(pid), `task/${pid}/children`).split(" ").filter(Boolean)) {
    endTree(Number(child));
  }
  killIfAlive(pid);
}

/** What the kernel says of a process; empty when it is gone. */
export function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (thrown) {
    if (["ENOENT", "ESRCH"].includes(errnoName(thrown) ?? "")) return "";
    throw thrown;
  }
}

function unmountBelow(folder: string): void {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) unmount(point, true);
}

/**
 * runc removes a container's own cgroup, not the folder of the namespace above it. Whatever still runs in one is ended.
 * Under a systemd they are scopes of its, below a slice.
 */
export async function removeCgroups(namespace: string): Promise<void> {
  const roots = ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)];
  for (const root of roots) {
    for (const folder of [join(root, namespace), ...scopesOf(root, namespace)]) {
      // A process on its way out keeps its group for a moment, and runc may be about to remove it too.
      await until(() => removeTree(folder), `the control groups in ${folder} can be removed`);
    }
  }
}

function scopesOf(root: string, namespace: string): readonly string[] {
  const slice = join(root, "system.slice");
  if (!existsSync(slice)) return [];
  const isScope = (name: string) => name.startsWith(`${namespace}-`) && name.endsWith(".scope");
  return readdirSync(slice)
    .filter(isScope)
    .map((name) => join(slice, name));
}

/** Removes a control group with those below it, and ends what still runs in them; whether it is gone. */
export function removeTree(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(folder, entry.name))) return false;
    }
    for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n"))
      killIfAlive(Number(pid));
    rmdirSync(folder);
    return true;
  } catch (thrown) {
    if (errnoName(thrown) === "EBUSY") return false;
    if (["ENOENT", "ENOTDIR", "ENODEV"].includes(errnoName(thrown) ?? "")) return true;
    throw thrown;
  }
}

/** @param pid 0 is nobody */
export function killIfAlive(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  if (pid <= 0) return;
  try {
    process.kill(pid, signal);
  } catch (thrown) {
    if (errnoName(thrown) !== "ESRCH") throw thrown;
  }
}

/** Rejects when `promise` takes longer. */
export async function within<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`${what} within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
