// Builds the one executable with the names by which it is called.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { BUN, ROOT, SetupProblem } from "./setup.mjs";

export const NAMES = [
  "container-management",
  "kanto-cm",
  "kanto-auto-deployer",
  "sdv-kanto-ctl",
  "supercargo",
];
export const TARGETS = ["x64", "x64-baseline", "arm64", "x64-musl", "x64-musl-baseline", "arm64-musl"];
const EXECUTABLE = "supercargo.bin";
/** No `bunfig.toml`, `.env` or variable of the place where it is called must steer the program (docs/decisions/0001). */
export const COMPILE_OPTIONS = [
  "--minify",
  "--bytecode",
  // A program reads its own part of the code only: a quarter less work at each start of the daemon, a third of kanto-cm.
  "--splitting",
  // A command that prints and ends gains nothing from compiled code; who stays compiles as usual (src/base/compiling.ts).
  "--compile-jit-policy=100",
  "--format=esm",
  "--no-compile-autoload-bunfig",
  "--no-compile-autoload-dotenv",
];

/** Newest change below a folder, in ms. */
function newest(path) {
  const entry = statSync(path);
  if (!entry.isDirectory()) return entry.mtimeMs;
  return readdirSync(path).reduce(
    (latest, name) => Math.max(latest, newest(join(path, name))),
    entry.mtimeMs,
  );
}

/** Parts that can be left out; package.json's `imports` name what stands in for them. */
export const PARTS = ["filewatcher", "mqtt"];

/** Parts of others' code that become files within the executable, compiled when they are needed: by path below `dist/parts`. */
const EMBEDDED = { "mqtt-library.js": "src/mqtt/library.ts" };

/** Where a build lies. */
export function folderOf(target, without = []) {
  const words = [target, ...without.map((part) => `without-${part}`)].filter((word) => word !== undefined);
  return join(ROOT, "dist", ["bin", ...words].join("-"));
}

/** `bun build` with these words. */
function runBun(...words) {
  const result = spawnSync(BUN, ["build", ...words], { cwd: ROOT, encoding: "utf8" });
  if (result.status !== 0) throw new SetupProblem(`The build failed:\n${result.stdout}${result.stderr}`);
}

/** Leaves executable and names in `folder`; answers whether something was built. */
export function build({ target, without = [], folder = folderOf(target, without), force = false } = {}) {
  if (target !== undefined && !TARGETS.includes(target)) {
    throw new SetupProblem(`Unknown target ${target}. Known: ${TARGETS.join(", ")}.`);
  }
  for (const part of without)
    if (!PARTS.includes(part)) throw new SetupProblem(`Unknown part ${part}. Known: ${PARTS.join(", ")}.`);
  const output = join(folder, EXECUTABLE);
  const inputs = ["src", "package-lock.json", "package.json", "scripts/project/build.mjs"].map((name) =>
    newest(join(ROOT, name)),
  );
  if (!force && existsSync(output) && statSync(output).mtimeMs > Math.max(...inputs)) return false;
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(EMBEDDED)) {
    const made = join(ROOT, "dist", "parts", name);
    // Another build may be reading it: it is there or it is the new one.
    const fresh = `${made}.${process.pid}`;
    runBun("--target=bun", "--format=esm", "--minify", join(ROOT, source), "--outfile", fresh);
    renameSync(fresh, made);
  }
  const fresh = join(folder, `.${EXECUTABLE}.${process.pid}`);
  try {
    runBun(
      "--compile",
      ...COMPILE_OPTIONS,
      ...(target === undefined ? [] : [`--target=bun-linux-${target}`]),
      "--conditions=embedded-parts",
      ...without.map((part) => `--conditions=without-${part}`),
      join(ROOT, "src/bin/main.ts"),
      "--outfile",
      fresh,
    );
  } catch (thrown) {
    rmSync(fresh, { force: true });
    throw thrown;
  }
  renameSync(fresh, output);
  for (const name of NAMES) {
    rmSync(join(folder, name), { force: true });
    symlinkSync(EXECUTABLE, join(folder, name));
  }
  return true;
}
