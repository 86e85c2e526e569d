// Runs of bun's test runner, some side by side: a run is a folder or a file of tests, if isolated in network and mount namespaces of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { BUN, ROOT } from "./setup.mjs";

/** Files that build in this clone or install on the machine, so that nothing else may run beside them. */
const ALONE = new Set(["package.test.ts", "platforms.test.ts", "setup.test.ts", "start.test.ts"]);
/** What takes longest begins first, so that the end does not wait for one run alone. */
const LONG = ["unit", "crash.test.ts", "random-operations.test.ts", "logs.test.ts", "bad-input.test.ts"];

/** Tests of containers wait more than they calculate: one run more than there are processors. */
const SIDE_BY_SIDE = availableParallelism() + 1;

/** Counts of bun's JUnit file; undefined when it is not there or not whole. */
export function readCounts(path) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  const root = /<testsuites[^>]*>/.exec(text)?.[0];
  const number = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(root ?? "")?.[1]);
  const counts = { tests: number("tests"), failures: number("failures"), skipped: number("skipped") };
  return Object.values(counts).some(Number.isNaN) ? undefined : counts;
}

/** Lines that are kept of one failed test: its error and where it was thrown stand right before its name. */
const LINES_OF_A_FAILURE = 40;

/** What bun printed of each failed test. */
export function failuresIn(output) {
  const found = [];
  let lines = [];
  for (const line of output.split("\n")) {
    lines.push(line);
    if (line.startsWith("(fail)")) found.push(lines.slice(-LINES_OF_A_FAILURE).join("\n").trim());
    if (/^\((?:fail|pass)\)/.test(line)) lines = [];
  }
  return found.join("\n\n");
}

const NAMESPACES = ["unshare", "--net", "--mount", "--propagation", "private"];
const WITH_LOOPBACK = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"];

/** Limit of one run; a runner that hangs is a failure, not a wait for ever. */
const RUN_LIMIT_MS = 600_000;
/** How long the last output of a run is waited for: a program that a test leaves behind may hold it for ever. */
const OUTPUT_LIMIT_MS = 2_000;
/** Processes that a run has told to end may take so long. */
const LEFTOVER_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** Name of the network namespace of a process; undefined when it is gone. */
function networkOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES"].includes(error.code)) return undefined;
    throw error;
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes(error.code)) return "";
    throw error;
  }
}

/** Processes that live in a run's own network namespace: all that it started, but for containers with one of their own. */
function processesIn(network) {
  if (network === undefined) return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  // One that has ended and waits to be reaped has no command any more.
  return pids.filter((pid) => networkOf(pid) === network && commandOf(pid) !== "");
}

/** What of a run is still there when it is over is ended, and told. */
async function endLeftovers(network) {
  for (let waitedMs = 0; waitedMs < LEFTOVER_LIMIT_MS && processesIn(network).length > 0; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    waitedMs += LOOK_EVERY_MS;
  }
  const left = processesIn(network).map((pid) => ({ pid: Number(pid), command: commandOf(pid) }));
  for (const { pid } of left) endProcess(pid);
  return left.map(({ command }) => command);
}

function endProcess(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Resolves with the name of the network namespace that a child of ours has made for itself. */
async function ownNetworkOf(child) {
  const ours = networkOf("self");
  while (child.exitCode === null && child.signalCode === null) {
    const network = networkOf(child.pid);
    if (network !== undefined && network !== ours) return network;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return undefined;
}

/** Everything a program writes, and what it ended with (exit code or signal). */
function outcomeOf(command, args, onStarted = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"], detached: true });
    child.once("spawn", () => onStarted(child));
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
    const limit = setTimeout(() => process.kill(-child.pid, "SIGKILL"), RUN_LIMIT_MS);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      const finish = () => {
        clearTimeout(rest);
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
        resolve({ output: Buffer.concat(chunks).toString("utf8"), ended: code ?? signal });
      };
      const rest = setTimeout(finish, OUTPUT_LIMIT_MS);
      child.once("close", finish);
    });
  });
}

/** One run to its end, with its counts if it wrote any. */
async function runOnce({ name, path, isIsolated = false, timeoutMs }) {
  const place = mkdtempSync(join(tmpdir(), "supercargo-test-"));
  const report = join(place, "report.xml");
  const runner = [BUN, "test", `./test/${path}`, `--timeout=${timeoutMs}`];
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const [command, ...args] = [
    ...(isIsolated ? [...NAMESPACES, ...WITH_LOOPBACK] : []),
    ...runner,
    ...reporter,
  ];
  const started = performance.now();
  let network = Promise.resolve(undefined);
  const outcome = await outcomeOf(command, args, (child) => {
    if (isIsolated) network = ownNetworkOf(child);
  });
  const left = await endLeftovers(await network);
  const counts = readCounts(report);
  rmSync(place, { recursive: true, force: true });
  return { name, ...outcome, counts, left, seconds: Math.round((performance.now() - started) / 1000) };
}

function rank({ name, path }) {
  const place = LONG.findIndex((long) => long === name || long === basename(path));
  return place === -1 ? LONG.length : place;
}

/**
 * All runs, a few side by side, those that need the machine for themselves afterwards and one by one; `take` gets each
 * result when its run has ended.
 */
export async function runTests(runs, take) {
  const isAlone = ({ path }) => ALONE.has(basename(path));
  const waiting = runs.filter((run) => !isAlone(run)).sort((a, b) => rank(a) - rank(b));
  const work = async () => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) take(await runOnce(run));
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  for (const run of runs.filter(isAlone)) take(await runOnce(run));
}
