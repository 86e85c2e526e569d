/** What every flow measures on: a private device and, on the same containerd, containerd's own tool; a registry; images. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDevice, placesOf } from "../../scripts/demo/private-device.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import type { DesiredContainer } from "../../src/model/container.ts";
import { type ContainerWish, withDefaults } from "../../src/model/defaults.ts";
import { buildImage, writeOciArchive } from "../integration/support/oci-image.ts";
import { type PrivateRegistry, startRegistry } from "../integration/support/registry.ts";
import { Ctr } from "./ctr.ts";
import type { Line } from "./line.ts";
import type { Pace } from "./pace.ts";

export const IMAGE = "localhost/bench/app:1";
/** Runs until it is asked to end, and ends at once then. */
export const UNTIL_ASKED = ["sh", "-c", "trap 'exit 0' TERM; sleep 1000000 & wait"];
const STEP_LIMIT_MS = 60_000;

export type Flow = (bench: Bench) => Promise<readonly Line[]>;

export interface BenchOptions {
  readonly pace: Pace;
  /** An empty program, compiled as ours is. */
  readonly helloPath: string;
  /** Lets the daemon log at debug level and keeps its folder. */
  readonly isDebug: boolean;
}

export function stepSignal(): AbortSignal {
  return AbortSignal.timeout(STEP_LIMIT_MS);
}

export class Bench {
  /** Tells names of this run from those of others on the machine. */
  readonly prefix = `b${process.pid}`;
  readonly ctr = new Ctr(() => this.device.containerd.socket);
  #serial = 0;

  private constructor(
    readonly home: string,
    private readonly changes: Record<string, Record<string, unknown>>,
    readonly device: PrivateDevice,
    readonly registry: PrivateRegistry,
    readonly options: BenchOptions,
  ) {}

  static async start(options: BenchOptions): Promise<Bench> {
    const registry = await startRegistry();
    const home = mkdtempSync(join(tmpdir(), "supercargo-bench-"));
    const changes = {
      log: { log_level: options.isDebug ? "DEBUG" : "INFO" },
      manager: { live_restore: true },
      containers: { insecure_registries: [registry.host] },
    };
    const device = new PrivateDevice(placesOf(ROOT, home), changes);
    const bench = new Bench(home, changes, device, registry, options);
    try {
      await device.start(stepSignal());
      const archive = join(home, "image.tar");
      writeOciArchive(archive, buildImage({ cmd: ["sh"] }), IMAGE);
      await device.client.importImage(archive, IMAGE, stepSignal());
      await bench.ctr.run("image", "import", archive);
    } catch (thrown) {
      await bench.end();
      throw thrown;
    }
    return bench;
  }

  get pace(): Pace {
    return this.options.pace;
  }

  get daemonPid(): number {
    const pid = this.device.pidOf("container-management");
    if (pid === undefined) throw new Error("the daemon does not run");
    return pid;
  }

  program(name: string): string {
    return join(this.device.places.bin, name);
  }

  /** Arguments of kanto-cm for this device. */
  cli(...args: string[]): [string, ...string[]] {
    return [this.program("kanto-cm"), "--host", this.device.socket, ...args];
  }

  newName(): string {
    return `${this.prefix}-${++this.#serial}`;
  }

  desired(wish: ContainerWish): DesiredContainer {
    return withDefaults({ image: { name: IMAGE }, config: { env: [], cmd: UNTIL_ASKED }, ...wish }, () =>
      crypto.randomUUID(),
    );
  }

  /** An empty folder for manifests; what a deployer remembered of an earlier one is forgotten. */
  newFolder(): string {
    rmSync(this.device.deployerState(), { recursive: true, force: true });
    const folder = join(this.home, this.newName());
    mkdirSync(folder);
    return folder;
  }

  /** Ends the daemon and starts it again, containers go on. */
  async restartDaemon(manager: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.changes["manager"] = { ...this.changes["manager"], ...manager };
    await this.device.end("container-management", "SIGTERM");
    await this.device.startDaemon(stepSignal());
  }

  /** Restarts the daemon with other values of its configuration, by section. */
  async configure(changes: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Promise<void> {
    for (const [section, values] of Object.entries(changes)) {
      this.changes[section] = { ...this.changes[section], ...values };
    }
    await this.restartDaemon();
  }

  /** Restarts the daemon with another log level. */
  async setLogLevel(level: "INFO" | "DEBUG"): Promise<void> {
    if (!this.options.isDebug) this.changes["log"] = { log_level: level };
    await this.restartDaemon();
  }

  /** Makes and starts containers, several at a time; answers their ids. */
  async runMany(count: number, atATime: number): Promise<string[]> {
    const wishes = Array.from({ length: count }, () => this.desired({ name: this.newName() }));
    const waiting = [...wishes];
    const lane = async () => {
      for (let wish = waiting.shift(); wish !== undefined; wish = waiting.shift()) {
        await this.device.client.create(wish, stepSignal());
        await this.device.client.start(wish.id, stepSignal());
      }
    };
    await Promise.all(Array.from({ length: atATime }, lane));
    return wishes.map(({ id }) => id);
  }

  /** Removes containers, running or not, all at once. */
  async removeAll(ids: readonly string[]): Promise<void> {
    const stop = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
    await Promise.all(ids.map((id) => this.device.client.remove(id, true, stop, stepSignal())));
  }

  /** The end of the daemon's log, for a failure. */
  logTail(): string {
    return readFileSync(this.device.logPath("container-management"), "utf8").slice(-3000);
  }

  async end(): Promise<void> {
    try {
      await this.device.stop();
    } finally {
      this.ctr.removeCgroups();
      await this.registry.stop();
      if (this.options.isDebug) console.log(`kept: ${this.home}`);
      else rmSync(this.home, { recursive: true, force: true });
    }
  }
}

/** A manifest in the form of the documents. */
export function writeManifest(
  folder: string,
  name: string,
  fields: { readonly id?: string; readonly image?: string; readonly env?: readonly string[] } = {},
): void {
  const { id, image = IMAGE, env = [] } = fields;
  const manifest = {
    ...(id === undefined ? {} : { container_id: id }),
    container_name: name,
    image: { name: image },
    config: { env, cmd: UNTIL_ASKED },
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest, undefined, 2));
}
