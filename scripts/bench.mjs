// npm run bench [-- --quick] [-- flow ...]: sets up, builds, and measures beside yardsticks in the same run (test/bench).
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, COMPILE_OPTIONS } from "./project/build.mjs";
import { BUN, ROOT, runScript, SetupProblem, setUp } from "./project/setup.mjs";

/** In a sandbox /run may be a folder of the disk; on every system with systemd it is in memory. */
const PREPARE = `ip link set lo up || exit
[ "$(stat -f -c %T /run)" = tmpfs ] || mount -t tmpfs -o mode=755 tmpfs /run || exit
exec "$@"`;

/** The yardstick of starts and memory: an empty program, compiled as ours is; with an argument it stays. */
function buildHello(folder) {
  const source = join(folder, "hello.ts");
  writeFileSync(
    source,
    'import { writeSync } from "node:fs";\nwriteSync(1, "hello, world\\n");\nif (process.argv.length > 2) setInterval(() => {}, 1e9);\n',
  );
  const output = join(folder, "hello");
  const result = spawnSync(BUN, ["build", "--compile", ...COMPILE_OPTIONS, source, "--outfile", output], {
    cwd: folder,
    encoding: "utf8",
  });
  if (result.status !== 0) throw new SetupProblem(`hello-world was not built:\n${result.stderr}`);
  return output;
}

await runScript(async () => {
  setUp("test");
  build();
  const folder = mkdtempSync(join(tmpdir(), "supercargo-hello-"));
  try {
    const words = [BUN, join(ROOT, "test/bench/run.ts"), buildHello(folder), ...process.argv.slice(2)];
    const isolate = ["--net", "--mount", "--propagation", "private", "sh", "-c"];
    const child = spawn("unshare", [...isolate, PREPARE, "sh", ...words], {
      cwd: ROOT,
      stdio: "inherit",
    });
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => child.kill(name));
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
