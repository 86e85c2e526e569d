// npm start [-- --check]: sets up what is missing, builds, and runs the main job on a private containerd.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "./project/build.mjs";
import { BUN, ROOT, runScript, SetupProblem, setUp } from "./project/setup.mjs";

await runScript(async () => {
  const args = process.argv.slice(2);
  const unknown = args.filter((word) => word !== "--check");
  if (unknown.length > 0) throw new SetupProblem(`Unknown option ${unknown[0]}. Use: npm start [-- --check]`);
  setUp("start");
  if (build()) console.log("Built the programs");

  const child = spawn(BUN, [join(ROOT, "scripts/demo/demo.ts"), ...args], { cwd: ROOT, stdio: "inherit" });
  // The demo takes everything down and this process waits for it; a signal that it gets twice means the same.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => child.kill(name));
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
});
