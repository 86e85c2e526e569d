// npm test: sets up, builds, checks, runs every test; the last line counts. Arguments choose stages (static, unit, fuzz, conformance, integration).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, TARGETS } from "./project/build.mjs";
import { installGoClient, installH2spec } from "./project/go-tools.mjs";
import { checkLayers } from "./project/layers.mjs";
import { BUN, ROOT, runScript, SetupProblem, setUpPrograms, setUpRuntime } from "./project/setup.mjs";

const tally = { passed: 0, failed: 0 };
const failures = [];

function note(name, ok, output = "") {
  tally[ok ? "passed" : "failed"]++;
  console.log(`${ok ? "ok    " : "FAILED"} ${name}`);
  if (!ok) {
    failures.push(name);
    if (output !== "") console.log(output.trim());
  }
}

function check(name, command, args) {
  const result = spawnSync(command, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
  note(
    name,
    result.status === 0,
    `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`,
  );
}

/** Counts of bun's JUnit file; undefined when it is not there or not whole. */
function readCounts(path) {
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

/** Runs each file of a folder in network and mount namespaces of its own: nothing of one is seen by the next. */
function runIsolated(folder, timeoutMs) {
  const files = readdirSync(join(ROOT, "test", folder)).filter((file) => file.endsWith(".test.ts"));
  if (files.length === 0) note(`${folder}: no tests were found`, false);
  for (const file of files.sort())
    runTests(`${folder}: ${file}`, `${folder}/${file}`, { isolated: true, timeoutMs });
}

/** Runs a folder or a file of tests; a runner that ends without counts, and a skipped test, are failures. */
function runTests(name, path, { isolated = false, timeoutMs = 60_000 } = {}) {
  console.log(`\n== ${name}`);
  const place = mkdtempSync(join(tmpdir(), "supercargo-test-"));
  const report = join(place, "report.xml");
  const runner = [
    BUN,
    "test",
    `./test/${path}`,
    `--timeout=${timeoutMs}`,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
  ];
  const command = isolated
    ? [
        "unshare",
        "--net",
        "--mount",
        "--propagation",
        "private",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
        ...runner,
      ]
    : runner;
  const started = Date.now();
  const result = spawnSync(command[0], command.slice(1), {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const counts = readCounts(report);
  rmSync(place, { recursive: true, force: true });
  if (counts === undefined) {
    note(`${name}: the test runner ended with ${result.status ?? result.signal} and no report`, false);
    return;
  }
  const failed = counts.failures + counts.skipped;
  tally.passed += counts.tests - failed;
  tally.failed += failed;
  if (failed > 0) failures.push(`${name}: ${counts.failures} failed, ${counts.skipped} skipped`);
  if (result.status !== 0 && failed === 0)
    note(`${name}: the test runner ended with ${result.status ?? result.signal}`, false);
  console.log(
    `${name}: ${counts.tests - failed} passed, ${failed} failed, ${Math.round((Date.now() - started) / 1000)} s`,
  );
}

const STAGES = {
  static: () => {
    check("types", process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."]);
    check("lint and format", join(ROOT, "node_modules/.bin/biome"), ["check", "--error-on-warnings", "."]);
    const { findings, files } = checkLayers(join(ROOT, "src"));
    note(`layers (${files} files)`, findings.length === 0 && files > 20, findings.join("\n"));
  },
  unit: () => runTests("unit", "unit/"),
  fuzz: () => runTests("fuzz", "fuzz/", { timeoutMs: 180_000 }),
  conformance: () => runIsolated("conformance", 120_000),
  integration: () => runIsolated("integration", 180_000),
};

/** What is missing is a failure that is counted; the tests that can do without go on. */
function prepare(name, work) {
  try {
    work();
    return true;
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    note(name, false, error.message);
    return false;
  }
}

function finish() {
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ${name}`).join("\n")}`);
  console.log(`\n${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

await runScript(async () => {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !(name in STAGES));
  if (unknown.length > 0)
    throw new SetupProblem(`Unknown stage ${unknown.join(", ")}. Known: ${Object.keys(STAGES).join(", ")}.`);
  if (!prepare("set-up of the runtime", () => setUpRuntime("test"))) return finish();
  prepare("set-up of programs", () => setUpPrograms("test"));
  // Before the stages without a network.
  if (chosen.length === 0 || chosen.includes("integration")) {
    prepare("build of h2spec", installH2spec);
    prepare("build of the Go client", installGoClient);
    for (const target of TARGETS) prepare(`build for ${target}`, () => build({ target }));
  }
  prepare("build", build);
  for (const [name, stage] of Object.entries(STAGES))
    if (chosen.length === 0 || chosen.includes(name)) stage();
  return finish();
});
