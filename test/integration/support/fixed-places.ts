/**
 * The machine's file system with a layer of its own on top, for what names fixed places (/usr/bin, /data, /run): nothing
 * reaches the machine itself. Only inside a private mount namespace.
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";

/** Where the programs of the documents look for the daemon. */
const SOCKET_FOLDER = "/run/container-management";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class FixedPlaces implements Disposable {
  readonly #base = mkdtempSync(join(tmpdir(), "supercargo-places-"));
  readonly root = join(this.#base, "root");
  readonly #mounted: string[] = [];

  /** @param socket of the daemon; it is found at the default place. */
  constructor(socket: string) {
    const layer = join(this.#base, "layer");
    mkdirSync(layer);
    mkdirSync(this.root);
    this.#mount("-t", "tmpfs", "tmpfs", layer);
    for (const name of ["upper", "work"]) mkdirSync(join(layer, name));
    const options = `lowerdir=/,upperdir=${layer}/upper,workdir=${layer}/work`;
    this.#mount("-t", "overlay", "overlay", "-o", options, this.root);
    for (const name of ["/proc", "/dev", "/tmp"]) this.#mount("--bind", name, join(this.root, name));
    const run = join(this.root, SOCKET_FOLDER);
    mkdirSync(run, { recursive: true });
    this.#mount("--bind", join(socket, ".."), run);
    symlinkSync(socket.slice(socket.lastIndexOf("/") + 1), join(run, "container-management.sock"));
    for (const name of ["kanto-auto-deployer", "kanto-cm"]) this.program(name);
  }

  /** Puts a program of ours where packages put it. */
  program(name: string): void {
    const path = join(this.root, "usr/bin", name);
    writeFileSync(path, "");
    this.#mount("--bind", join(ROOT, "dist/bin", name), path);
  }

  /** Runs a line of a document in a shell. */
  run(line: string, env: Readonly<Record<string, string>> = {}): Ran {
    const { status, stdout, stderr } = spawnSync("/usr/sbin/chroot", [this.root, "/bin/sh", "-c", line], {
      encoding: "utf8",
      env: { PATH: "/usr/bin:/bin", ...env },
    });
    return { code: status ?? -1, stdout, stderr };
  }

  /** Starts a line that goes on until it is ended. */
  start(line: string): ChildProcess {
    const env = { PATH: "/usr/bin:/bin" };
    return spawn("/usr/sbin/chroot", [this.root, "/bin/sh", "-c", `exec ${line}`], {
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
  }

  /** Removes empty folders only: what is still mounted must never be deleted through. */
  [Symbol.dispose](): void {
    for (const target of this.#mounted.reverse()) spawnSync("umount", ["-l", target]);
    for (const folder of [this.root, join(this.#base, "layer"), this.#base]) rmdirSync(folder);
  }

  #mount(...args: readonly string[]): void {
    const { status, stderr } = spawnSync("mount", [...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`mount ${args.join(" ")}: ${stderr}`);
    this.#mounted.push(args.at(-1) ?? "");
  }
}
