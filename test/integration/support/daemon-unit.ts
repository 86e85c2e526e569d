/**
 * The daemon of a test as a service of systemd: the shipped unit word for word, with the test's own program, configuration
 * and output. Only in a device that a test has booted (under-unit.ts).
 */

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Launch, type Program, spawnProgram } from "../../../scripts/demo/program.ts";
import { until } from "../../../scripts/demo/until.ts";
import { ROOT } from "../../../scripts/project/setup.mjs";
import { isBootedForTests } from "./clean-root.ts";
import { killIfAlive, readProc } from "./containerd.ts";

export const SHIPPED = join(ROOT, "packaging/systemd/container-management.service");
const UNITS = "/run/systemd/system";
const START_LIMIT_MS = 60_000;

/** How the daemon of a test is started: as a process, or with SUPERCARGO_UNDER_UNIT=1 by systemd. */
export function daemonLaunch(): Launch {
  if (process.env["SUPERCARGO_UNDER_UNIT"] !== "1") return async (command, log) => spawnProgram(command, log);
  if (!isBootedForTests()) {
    throw new Error("SUPERCARGO_UNDER_UNIT is for a device that a test has booted: npm run soak -- unit");
  }
  return launchUnit;
}

/** A service gets nothing of our environment but what a test has put into it since. */
const AT_FIRST = { ...process.env };

/** What the shipped unit cannot say of a test, and nothing that restricts; the tests themselves start the daemon again. */
function dropIn(command: readonly string[], log: string): string {
  const given = Object.entries(process.env).filter(([name, value]) => AT_FIRST[name] !== value);
  const environment = given.map(([name, value]) => `Environment=${JSON.stringify(`${name}=${value}`)}`);
  const lines = ["ExecStart=", `ExecStart=${command.join(" ")}`, "Restart=no", ...environment];
  return ["[Service]", ...lines, `StandardOutput=append:${log}`, `StandardError=append:${log}`, ""].join(
    "\n",
  );
}

const launchUnit: Launch = async (command, log) => {
  // Named after the folder of the test, which its configuration lies in.
  const unit = `${basename(dirname(dirname(log)))}.service`;
  const folder = join(UNITS, `${unit}.d`);
  const text = dropIn(command, log);
  const path = join(folder, "test.conf");
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(SHIPPED, join(UNITS, unit));
    writeFileSync(path, text);
    systemctl("daemon-reload");
  }
  const started = spawn("systemctl", ["start", "--wait", unit], {
    stdio: ["ignore", "ignore", "pipe"],
    env: AT_FIRST,
  });
  const said: string[] = [];
  started.stderr.on("data", (chunk) => said.push(String(chunk)));
  let code: number | undefined;
  const ended = new Promise<number>((resolve) =>
    started.once("exit", () => {
      code = exitCodeOf(unit);
      resolve(code);
    }),
  );
  let pid = 0;
  await until(
    () => {
      pid = Number(property(unit, "MainPID"));
      return pid !== 0 || code !== undefined;
    },
    () => `systemd starts ${unit}: ${said.join("")}`,
    START_LIMIT_MS,
  );
  // Before it is the program, it is still on its way to its restrictions.
  const isProgram = () =>
    code !== undefined ||
    readProc(String(pid), "status").startsWith(`Name:\t${basename(command[0]).slice(0, 15)}\n`);
  await until(isProgram, () => `process ${pid} of ${unit} is ${command[0]}`, START_LIMIT_MS);
  if (code === undefined) expectRestricted(pid);
  const program: Program = {
    pid,
    log,
    ended,
    exitCode: () => code,
    kill: (signal) => {
      if (code === undefined) killIfAlive(pid, signal);
    },
  };
  return program;
};

/** What the service's last process ended with; systemd forgets services that ended well, and answers 0 for them too. */
function exitCodeOf(unit: string): number {
  if (property(unit, "ActiveState") !== "failed") return 0;
  const CLD_EXITED = "1";
  return property(unit, "ExecMainCode") === CLD_EXITED ? Number(property(unit, "ExecMainStatus")) : -1;
}

function property(unit: string, name: string): string {
  return systemctl("show", "--value", `--property=${name}`, unit).trim();
}

function systemctl(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("systemctl", words, { encoding: "utf8", env: AT_FIRST });
  if (status !== 0) throw new Error(`systemctl ${words.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

/** Throws unless a process is under the shipped unit's restrictions, by what the kernel says of it. */
function expectRestricted(pid: number): void {
  const status = readProc(String(pid), "status");
  for (const line of [/^NoNewPrivs:\s+1$/m, /^Seccomp:\s+2$/m])
    if (status !== "" && !line.test(status))
      throw new Error(`the daemon is not under the unit's restrictions: no ${line} in\n${status}`);
}
