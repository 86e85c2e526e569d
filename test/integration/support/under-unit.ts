/**
 * Test files in a device with a real systemd, under the directives of the shipped unit: every daemon that they start is a
 * service under them; files of a room of the daemon are under its restrictions themselves. Called by itself it runs the
 * files that are named to it, or all, and ends with 1 when one of them fails.
 */

import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BUN, ROOT } from "../../../scripts/project/setup.mjs";
import { failuresIn, readCounts } from "../../../scripts/project/test-runs.mjs";
import { CleanRoot } from "./clean-root.ts";
import { SHIPPED } from "./daemon-unit.ts";
import { refuseInitialNamespace } from "./namespace.ts";

/** Where the documents that tests read lie beside the clone. */
const SHARED = join(ROOT, "..", "shared");
const RUN_LIMIT_MS = 900_000;
const TEST_LIMIT_MS = 300_000;
/** The services of the machine have nothing to do in it: tests start their own. */
const NOT_OURS = ["containerd.service", "container-management.service", "kanto-auto-deployer.service"];
const ROOMS = ["integration", "conformance"];
/** How the unit says what is restricted; what it says of start, end and supervision is for a daemon alone. */
const RESTRICTS =
  /^(NoNewPrivileges|DevicePolicy|Protect\w+|CapabilityBoundingSet|Restrict\w+|Lock\w+|SystemCall\w+|LimitNOFILE)=/;

/** Files of tests that start a daemon: those whose imports lead to the way of starting it. */
export function filesWithDaemons(): readonly string[] {
  return testFiles(leadsTo(join(import.meta.dir, "daemon-unit.ts")));
}

/** Files of tests that start no daemon, but its network room in their own process. */
export function filesWithNetworks(): readonly string[] {
  const daemons = filesWithDaemons();
  return testFiles(leadsTo(join(import.meta.dir, "private-network.ts"))).filter(
    (file) => !daemons.includes(file),
  );
}

function testFiles(wanted: (path: string) => boolean): readonly string[] {
  return ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, "test", room))
      .filter((name) => name.endsWith(".test.ts") && wanted(join(ROOT, "test", room, name)))
      .map((name) => `./test/${room}/${name}`)
      .sort(),
  );
}

/** Answers whether a file imports another one, itself or through others. */
function leadsTo(wanted: string): (path: string) => boolean {
  // What runs other files in a device does none of it itself.
  const known = new Map([
    [wanted, true],
    [import.meta.path, false],
  ]);
  const leads = (path: string): boolean => {
    const before = known.get(path);
    if (before !== undefined) return before;
    // Imports in a circle lead nowhere new.
    known.set(path, false);
    const imports = readFileSync(path, "utf8").matchAll(/ from "(\.\.?\/[^"]+\.ts)"/g);
    const found = [...imports].some(([, target = ""]) => leads(join(dirname(path), target)));
    known.set(path, found);
    return found;
  };
  return leads;
}

export interface UnderUnit {
  readonly tests: number;
  /** Failed and left out. */
  readonly failures: number;
  readonly output: string;
}

/**
 * Runs test files in a device of their own, which is gone afterwards. Throws when the runner left no counts.
 * @param who is under the unit: the daemons that the tests start, or the tests' own process
 */
export async function runUnderUnit(
  files: readonly string[],
  who: "daemons" | "tests",
  testLimitMs: number,
): Promise<UnderUnit> {
  const device = CleanRoot.make("");
  const tmp = mkdtempSync(join(tmpdir(), "sc-unit-"));
  try {
    chmodSync(tmp, 0o1777);
    // Folders of containerd cannot lie on the overlay that the device's root is.
    device.bind(tmp, "/tmp");
    device.bind(ROOT);
    if (existsSync(SHARED)) device.bind(SHARED);
    for (const unit of NOT_OURS) device.mask(unit);
    await device.boot("dbus.socket");
    const settings = ["HOME=/root", ...(who === "daemons" ? ["SUPERCARGO_UNDER_UNIT=1"] : [])];
    const properties = ["TasksMax=infinity", ...(who === "tests" ? restrictions() : [])];
    const output = await outputOf(
      device.commandFor(
        ...["systemd-run", "--quiet", "--wait", "--pipe", "--collect", `--working-directory=${ROOT}`],
        ...settings.map((setting) => `--setenv=${setting}`),
        ...properties.map((property) => `--property=${property}`),
        ...(who === "tests" ? ONLY_RESTRICTED : []),
        ...[BUN, "test", ...files, `--timeout=${testLimitMs}`],
        ...["--reporter=junit", "--reporter-outfile=/tmp/report.xml"],
      ),
    );
    const counts = readCounts(join(tmp, "report.xml"));
    if (counts === undefined) throw new Error(`${files.join(" ")} under the unit left no counts:\n${output}`);
    return { tests: counts.tests, failures: counts.failures + counts.skipped, output };
  } finally {
    await device.end();
    rmSync(tmp, { recursive: true, force: true });
  }
}

/** Nothing is run that the kernel does not know as restricted. */
const ONLY_RESTRICTED = [
  "sh",
  "-c",
  'grep -q "^NoNewPrivs:.*1$" /proc/self/status && grep -q "^Seccomp:.*2$" /proc/self/status && exec "$@"',
  "sh",
];

function restrictions(): readonly string[] {
  const lines = readFileSync(SHIPPED, "utf8").split("\n");
  return lines.filter((line) => RESTRICTS.test(line));
}

function outputOf([program, ...words]: readonly [string, ...string[]]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => chunks.push(chunk));
    const limit = setTimeout(() => child.kill("SIGKILL"), RUN_LIMIT_MS);
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(limit);
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
  });
}

async function main(chosen: readonly string[]): Promise<number> {
  refuseInitialNamespace();
  const runs = [
    ...filesWithDaemons().map((file) => ({ file, who: "daemons" as const })),
    ...filesWithNetworks().map((file) => ({ file, who: "tests" as const })),
  ].filter(({ file }) => chosen.length === 0 || chosen.some((part) => file.includes(part)));
  const failed: string[] = [];
  let passed = 0;
  for (const { file, who } of runs) {
    const started = performance.now();
    const { tests, failures, output } = await runUnderUnit([file], who, TEST_LIMIT_MS).catch(
      // The other files are run all the same.
      (thrown: unknown) => ({ tests: 1, failures: 1, output: `(fail) ${String(thrown)}` }),
    );
    const seconds = Math.round((performance.now() - started) / 1000);
    if (failures > 0) {
      failed.push(file);
      console.log(failuresIn(output));
    }
    passed += tests - failures;
    console.log(`${file} (${who}): ${tests - failures} passed, ${failures} failed, ${seconds} s`);
  }
  const ill = failed.length === 0 ? "none failed" : `failures in ${failed.join(", ")}`;
  console.log(`${runs.length} files under the shipped unit: ${passed} passed, ${ill}`);
  return failed.length === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
