// npm test: sets up, builds, checks, runs every test; the last line counts. Arguments choose stages (static, unit, fuzz, conformance, integration).
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { build, TARGETS } from "./project/build.mjs";
import { installGoClient, installH2spec } from "./project/go-tools.mjs";
import { checkLayers } from "./project/layers.mjs";
import { ROOT, runScript, SetupProblem, setUpPrograms, setUpRuntime } from "./project/setup.mjs";
import { failuresIn, runTests } from "./project/test-runs.mjs";

const tally = { passed: 0, failed: 0 };
/** What failed and what was said of it: printed once more at the end, where it is looked for. */
const failures = [];

/** Lines of each failure that are printed again at the end. */
const LINES_AT_THE_END = 80;

function note(name, ok, output = "") {
  tally[ok ? "passed" : "failed"]++;
  console.log(`${ok ? "ok    " : "FAILED"} ${name}`);
  if (!ok) {
    failures.push({ name, output: output.trim() });
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

/** Takes what a run of test files found into the count. */
function take({ name, output, counts, left, ended, seconds }) {
  console.log(`\n== ${name}`);
  if (counts === undefined) {
    note(`${name}: the test runner ended with ${ended} and no report`, false, output);
    return;
  }
  console.log(output.trim());
  const failed = counts.failures + counts.skipped;
  tally.passed += counts.tests - failed;
  tally.failed += failed;
  if (failed > 0) {
    const what = `${name}: ${counts.failures} failed, ${counts.skipped} skipped`;
    failures.push({ name: what, output: failuresIn(output) });
  }
  if (ended !== 0 && failed === 0) note(`${name}: the test runner ended with ${ended}`, false);
  if (left.length > 0) note(`${name}: processes were left behind`, false, left.join("\n"));
  console.log(`${name}: ${counts.tests - failed} passed, ${failed} failed, ${seconds} s`);
}

/** Each file of a folder is a run in network and mount namespaces of its own: nothing of one is seen by the next. */
function filesOf(folder, timeoutMs) {
  const files = readdirSync(join(ROOT, "test", folder)).filter((file) => file.endsWith(".test.ts"));
  if (files.length === 0) note(`${folder}: no tests were found`, false);
  return files.sort().map((file) => ({
    name: `${folder}: ${file}`,
    path: `${folder}/${file}`,
    isIsolated: true,
    timeoutMs,
  }));
}

function checkStatically() {
  check("types", process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."]);
  check("lint and format", join(ROOT, "node_modules/.bin/biome"), ["check", "--error-on-warnings", "."]);
  const { findings, files } = checkLayers(join(ROOT, "src"));
  note(`layers (${files} files)`, findings.length === 0 && files > 20, findings.join("\n"));
}

/** The runs of each stage. */
const STAGES = {
  static: () => {
    checkStatically();
    return [];
  },
  unit: () => [{ name: "unit", path: "unit/", timeoutMs: 60_000 }],
  fuzz: () => [{ name: "fuzz", path: "fuzz/", timeoutMs: 180_000 }],
  conformance: () => filesOf("conformance", 120_000),
  integration: () => filesOf("integration", 180_000),
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
  for (const { name, output } of failures) {
    if (output !== "") console.log(`\n-- ${name}\n${output.split("\n").slice(-LINES_AT_THE_END).join("\n")}`);
  }
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map(({ name }) => `  ${name}`).join("\n")}`);
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
  const runs = Object.entries(STAGES)
    .filter(([name]) => chosen.length === 0 || chosen.includes(name))
    .flatMap(([, stage]) => stage());
  await runTests(runs, take);
  return finish();
});
