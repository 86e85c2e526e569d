/** A private device for tests: containerd, daemon and deployer from dist/bin, with images made for the test. */

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BusyboxImage, writeImageArchive } from "../../../scripts/demo/demo-image.ts";
import { type ConfigChanges, PrivateDevice, placesOf } from "../../../scripts/demo/private-device.ts";
import { findBusybox, ROOT } from "../../../scripts/project/setup.mjs";
import { daemonLaunch } from "./daemon-unit.ts";

/** Limit of a step of a test that waits for a real system. */
export const STEP_LIMIT_MS = 60_000;

export interface TestDevice {
  readonly device: PrivateDevice;
  readonly home: string;
  /** Makes an image of busybox and what is given, and imports it. */
  importImage(image: BusyboxImage): Promise<void>;
  /** Runs the auto deployer once over a folder. */
  deployOnce(
    folder: string,
    ...options: string[]
  ): Promise<{ readonly code: number; readonly stderr: string }>;
  end(): Promise<void>;
}

export function stepSignal(): AbortSignal {
  return AbortSignal.timeout(STEP_LIMIT_MS);
}

/** Runs a program of dist/bin to its end. */
export function runProgram(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(ROOT, "dist/bin", name), [...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      output.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output.stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, ...output }));
  });
}

export interface TestDeviceOptions {
  /** Size of a file system of its own for containerd's content and layers, e.g. `160m`. */
  readonly containerdDisk?: string;
  /** The same for the daemon's home: states, journal, logs of containers. */
  readonly stateDisk?: string;
}

function mount(...args: string[]): void {
  const result = spawnSync("mount", args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`mount ${args.join(" ")}: ${result.stderr}`);
}

export async function startTestDevice(
  changes: ConfigChanges = {},
  options: TestDeviceOptions = {},
): Promise<TestDevice> {
  const home = mkdtempSync(join(tmpdir(), "supercargo-device-"));
  const disks = Object.entries({ containerd: options.containerdDisk, cm: options.stateDisk }).filter(
    ([, size]) => size !== undefined,
  );
  for (const [name, size] of disks) {
    mkdirSync(join(home, name));
    mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", join(home, name));
  }
  const device = new PrivateDevice(placesOf(ROOT, home), changes, daemonLaunch());
  const busybox = findBusybox();
  if (busybox === undefined) throw new Error("no static busybox was found");
  await device.start(stepSignal());
  return {
    device,
    home,
    importImage: async (image) => {
      const archive = join(home, "image.tar");
      writeImageArchive(busybox, archive, image);
      await device.client.importImage(archive, image.name, stepSignal());
      rmSync(archive);
    },
    deployOnce: (folder, ...options) =>
      runProgram("kanto-auto-deployer", [
        "-s",
        device.socket,
        "--state-dir",
        device.deployerState(),
        ...options,
        folder,
      ]),
    end: async () => {
      await device.stop();
      for (const [name] of disks) spawnSync("umount", [join(home, name)]);
      // Kept on request, for looking into the logs of a failure.
      if (process.env["SUPERCARGO_KEEP"] === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}
