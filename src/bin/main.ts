/** The one executable: which program it is depends on the name it was called by. Each program loads only its own parts. */

import { compileAfterFirstMoments } from "../base/compiling.ts";

type Program = (args: readonly string[]) => Promise<number>;

const PROGRAMS: Readonly<Record<string, () => Promise<Program>>> = {
  "container-management": async () => (await import("./container-management.ts")).runContainerManagement,
  "kanto-cm": async () => (await import("./kanto-cm.ts")).runKantoCmProgram,
  "kanto-auto-deployer": async () => (await import("./kanto-auto-deployer.ts")).runKantoAutoDeployer,
  "sdv-kanto-ctl": async () => (await import("./sdv-kanto-ctl.ts")).runSdvKantoCtl,
  supercargo: async () => (await import("./supercargo.ts")).runSupercargoProgram,
};

async function main(): Promise<number> {
  const name = process.argv0.slice(process.argv0.lastIndexOf("/") + 1);
  const load = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
  if (load === undefined) {
    process.stderr.write(`${name}: call it by the name of a program: ${Object.keys(PROGRAMS).join(", ")}\n`);
    return 2;
  }
  compileAfterFirstMoments();
  const run = await load();
  return run(process.argv.slice(2));
}

process.exitCode = await main();
