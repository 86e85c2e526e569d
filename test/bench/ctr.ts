/** The yardstick: containerd's own tool, in a namespace of its own on the same containerd. */

import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./run-program.ts";

export class Ctr {
  readonly namespace = `bench-${process.pid}`;
  #serial = 0;

  constructor(private readonly address: () => string) {}

  run(...args: string[]): Promise<string> {
    return this.runIn(this.namespace, ...args);
  }

  runIn(namespace: string, ...args: string[]): Promise<string> {
    return runProgram("ctr", "-a", this.address(), "-n", namespace, ...args);
  }

  /** A fresh name; runc's state is machine-wide, so names of one run are not those of another. */
  newId(): string {
    return `${this.namespace}-${++this.#serial}`;
  }

  /** Makes and starts a container without network; answers its id. */
  async start(image: string, command: readonly string[]): Promise<string> {
    const id = this.newId();
    await this.run("run", "-d", image, id, ...command);
    return id;
  }

  async startMany(
    count: number,
    atATime: number,
    image: string,
    command: readonly string[],
  ): Promise<string[]> {
    const ids: string[] = [];
    let left = count;
    const lane = async () => {
      while (left-- > 0) ids.push(await this.start(image, command));
    };
    await Promise.all(Array.from({ length: atATime }, lane));
    return ids;
  }

  /** Ends and removes containers, all in one call of each kind. */
  async remove(...ids: string[]): Promise<void> {
    await this.run("task", "rm", "-f", ...ids);
    await this.run("container", "rm", ...ids);
  }

  /** Forgets an image and collects its content and layers. */
  async forgetImage(name: string): Promise<void> {
    await this.run("image", "rm", "--sync", name);
  }

  /** runc removes a container's cgroup, not the namespace's folder above it. */
  removeCgroups(): void {
    const root = "/sys/fs/cgroup";
    for (const folder of ["", ...readdirSync(root)].map((name) => join(root, name, this.namespace))) {
      try {
        rmdirSync(folder);
      } catch (thrown) {
        const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
        if (code !== "ENOENT" && code !== "ENOTDIR") throw thrown;
      }
    }
  }
}
