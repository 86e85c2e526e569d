/** A running container seen from inside, by what the kernel says of its first process; never by our own answers. */

import { spawnSync } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";

export interface MountSeen {
  readonly root: string;
  readonly target: string;
  /** `shared:N`, `master:N` ...; empty = private. */
  readonly propagation: string;
  readonly options: string;
  readonly type: string;
}

/** runc's own first process: for a moment after the start it has not become the container's yet. */
const INIT = "runc\0init\0";

export class Inside {
  constructor(readonly pid: number) {
    if (pid <= 0) throw new Error("the container has no process");
  }

  /** The container's own first process, once it is that. */
  static async of(pid: number): Promise<Inside> {
    const inside = new Inside(pid);
    await until(() => inside.#proc("cmdline") !== INIT, "the container's own program runs");
    return inside;
  }

  #proc(name: string): string {
    return readFileSync(`/proc/${this.pid}/${name}`, "utf8");
  }

  get env(): readonly string[] {
    return this.#proc("environ")
      .split("\0")
      .filter((entry) => entry !== "");
  }

  get args(): readonly string[] {
    return this.#proc("cmdline").split("\0").slice(0, -1);
  }

  get mounts(): readonly MountSeen[] {
    return this.#proc("mountinfo")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [left = "", right = ""] = line.split(" - ");
        const words = left.split(" ");
        return {
          root: words[3] ?? "",
          target: words[4] ?? "",
          options: words[5] ?? "",
          propagation: words.slice(6).join(" "),
          type: right.split(" ")[0] ?? "",
        };
      });
  }

  mount(target: string): MountSeen | undefined {
    return this.mounts.findLast((mount) => mount.target === target);
  }

  status(key: string): string {
    return new RegExp(`^${key}:\\s*(.*)$`, "m").exec(this.#proc("status"))?.[1] ?? "";
  }

  file(path: string): string {
    return readFileSync(join(`/proc/${this.pid}/root`, path), "utf8");
  }

  /** Kind, major and minor of a device node, e.g. `c 1:3`. */
  device(path: string): string {
    const { rdev, mode } = lstatSync(join(`/proc/${this.pid}/root`, path));
    const kind = (mode & 0o170000) === 0o020000 ? "c" : "b";
    return `${kind} ${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
  }

  /** Runs a program of this machine in the container's network and host name namespaces. */
  run(...command: string[]): string {
    const result = spawnSync("nsenter", ["-t", String(this.pid), "-n", "-u", ...command], {
      encoding: "utf8",
    });
    if (result.status !== 0) throw new Error(`${command.join(" ")}: ${result.stderr}`);
    return result.stdout.trim();
  }

  /** Path of its cgroup of a controller, below /sys/fs/cgroup; on cgroup v2 the one path. */
  cgroupFile(controller: string, v1File: string, v2File: string): string {
    const lines = this.#proc("cgroup")
      .split("\n")
      .map((line) => line.split(":"));
    const v1 = lines.find(([, names]) => names?.split(",").includes(controller));
    const path =
      v1 === undefined
        ? join("/sys/fs/cgroup", lines.find(([id]) => id === "0")?.[2] ?? "", v2File)
        : join("/sys/fs/cgroup", controller, v1[2] ?? "", v1File);
    return readFileSync(path, "utf8").trim();
  }

  namespace(kind: string): string {
    return spawnSync("readlink", [`/proc/${this.pid}/ns/${kind}`], { encoding: "utf8" }).stdout.trim();
  }
}
