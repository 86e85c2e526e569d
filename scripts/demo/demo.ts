/**
 * The main job, shown: a folder of manifests becomes running containers on a private containerd.
 * `--check` edits one manifest, waits for the replacement, prints the times and ends.
 */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toError } from "../../src/errors/error.ts";
import type { Container } from "../../src/model/container.ts";
import { findBusybox, ROOT } from "../project/setup.mjs";
import { DEMO, DEMO_IMAGE, writeImageArchive } from "./demo-image.ts";
import { demoTable, recentErrors, webAddresses } from "./demo-table.ts";
import { PrivateDevice, placesOf } from "./private-device.ts";
import { until } from "./until.ts";

const RUNNING_LIMIT_MS = 60_000;
const EDITED = "web.json";
const isCheck = process.argv.includes("--check");
const places = placesOf(ROOT);
const stopping = new AbortController();

function manifestNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")).container_name);
}

/** A copy for --check, so that the edit touches no tracked file. */
function manifestFolder(): string {
  const examples = join(ROOT, "examples", "manifests");
  if (!isCheck) return examples;
  const copy = join(places.home, "manifests");
  rmSync(copy, { recursive: true, force: true });
  cpSync(examples, copy, { recursive: true });
  return copy;
}

async function importDemoImage(device: PrivateDevice): Promise<void> {
  const archive = join(places.home, "demo-image.tar");
  if (!existsSync(archive)) {
    const busybox = findBusybox();
    if (busybox === undefined) throw new Error("no static busybox was found");
    mkdirSync(places.home, { recursive: true });
    writeImageArchive(busybox, archive, DEMO);
  }
  await device.client.importImage(archive, DEMO_IMAGE, stopping.signal);
}

async function waitUntilAllRun(
  device: PrivateDevice,
  names: readonly string[],
): Promise<readonly Container[]> {
  let containers: readonly Container[] = [];
  const isRunning = (name: string) =>
    containers.some((container) => container.name === name && container.state.status === "Running");
  const look = async () => {
    stopping.signal.throwIfAborted();
    device.checkAlive();
    containers = await device.client.list(stopping.signal);
    return names.every(isRunning);
  };
  try {
    await until(look, "all examples run", RUNNING_LIMIT_MS);
  } catch (thrown) {
    const reasons = device.deployerErrors();
    if (reasons.length === 0 || stopping.signal.aborted) throw thrown;
    throw new Error(`${toError(thrown).message}; the auto deployer says:\n  ${reasons.join("\n  ")}`);
  }
  return containers;
}

async function check(device: PrivateDevice, folder: string, startedMs: number): Promise<void> {
  const names = manifestNames(folder);
  const before = await waitUntilAllRun(device, names);
  const runningMs = performance.now() - startedMs;
  console.log(demoTable(before, Date.now()));
  const path = join(folder, EDITED);
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const oldPid = before.find(({ name }) => name === manifest.container_name)?.state.pid;
  manifest.config.env = ["GREETING=edited"];
  const editedMs = performance.now();
  writeFileSync(path, JSON.stringify(manifest, undefined, 2));
  const isReplaced = async () => {
    const now = (await device.client.list(stopping.signal)).find(
      ({ name }) => name === manifest.container_name,
    );
    return (
      now?.state.status === "Running" &&
      now.state.pid !== oldPid &&
      now.config?.env.includes("GREETING=edited") === true
    );
  };
  await until(isReplaced, `the container of the edited ${EDITED} is replaced`, RUNNING_LIMIT_MS);
  const replacedMs = performance.now() - editedMs;
  const after = await device.client.list(stopping.signal);
  const [address = ""] = webAddresses(after);
  await until(
    async () => {
      const answer = await fetch(address).catch((thrown) => toError(thrown));
      return answer instanceof Response && (await answer.text()).includes("edited");
    },
    `${address} answers with the edited text`,
    RUNNING_LIMIT_MS,
  );
  console.log(`\n${demoTable(after, Date.now())}\n`);
  console.log(`all ${names.length} examples running after ${(runningMs / 1000).toFixed(2)} s`);
  console.log(
    `edited manifest to replaced container: ${replacedMs.toFixed(0)} ms; ${address} answers with the new text`,
  );
}

async function show(device: PrivateDevice, folder: string): Promise<void> {
  const isTerminal = process.stdout.isTTY === true;
  let last = "";
  while (!stopping.signal.aborted) {
    device.checkAlive();
    const containers = await device.client.list(stopping.signal);
    const table = demoTable(containers, Date.now());
    const web = webAddresses(containers).map((address) => `Open ${address}`);
    const errors = recentErrors(device.deployerErrors(), Date.now());
    const text = [
      table,
      "",
      ...web,
      `Edit a file in ${folder} and watch. Ctrl-C takes everything down.`,
      ...(errors.length === 0 ? [] : ["", ...errors]),
    ].join("\n");
    const lasting = `${table.replace(/\d+ (s|min)/g, "")}${errors.join("\n")}`;
    if (isTerminal) process.stdout.write(`\x1b[H\x1b[2J${text}\n`);
    else if (lasting !== last) console.log(`${text}\n`);
    last = lasting;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1000);
      stopping.signal.addEventListener(
        "abort",
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
  }
}

async function main(): Promise<number> {
  const startedMs = performance.now();
  const device = new PrivateDevice(places);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => stopping.abort(new Error(name)));
  let exitCode = 0;
  try {
    console.log("Starting a private containerd and the daemon");
    await device.start(stopping.signal);
    await importDemoImage(device);
    const folder = manifestFolder();
    device.deploy(folder);
    await (isCheck ? check(device, folder, startedMs) : show(device, folder));
  } catch (thrown) {
    if (!stopping.signal.aborted) {
      console.error(`It did not work: ${toError(thrown).message}`);
      exitCode = 1;
    } else if (isCheck) exitCode = 130;
  }
  console.log("Taking everything down");
  try {
    await device.stop();
  } catch (thrown) {
    console.error(
      `${toError(thrown).message}: ${thrown instanceof AggregateError ? thrown.errors.map((error) => toError(error).message).join("; ") : ""}`,
    );
    exitCode = 1;
  }
  return exitCode;
}

process.exitCode = await main();
