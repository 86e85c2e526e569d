/** Containers of lifecycle tests: started with a policy, looked at in the daemon's view and in containerd's own. */

import { spawnSync } from "node:child_process";
import { until } from "../../../scripts/demo/until.ts";
import { DaemonConnection } from "../../../src/api/daemon-connection.ts";
import { SupercargoClient } from "../../../src/api/supercargo-client.ts";
import type { Container } from "../../../src/model/container.ts";
import { type ContainerWish, fillDefaults } from "../../../src/model/defaults.ts";
import { stepSignal, type TestDevice } from "./device.ts";

/** Ends with 0 at SIGTERM. */
export const STAYS = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done"];
/** pid 1 without a handler: no signal but SIGKILL ends it. */
export const STUBBORN = ["sleep", "1000"];
export const KILL = { timeoutSeconds: 10, force: true, signal: "SIGKILL" };
const SETTLE_LIMIT_MS = 60_000;

export function policyOf(type: string, maximumRetryCount = 0, retrySeconds = 0) {
  return { type, maximumRetryCount, retryTimeoutNanos: BigInt(retrySeconds) * 1_000_000_000n };
}

export class Cast {
  readonly ours: SupercargoClient;

  constructor(
    readonly device: TestDevice,
    private readonly image: string,
  ) {
    this.ours = new SupercargoClient(new DaemonConnection({ unix: device.device.socket }));
  }

  get client() {
    return this.device.device.client;
  }

  /** Host network, unless said otherwise: these tests are not about the network. */
  async create(id: string, cmd: readonly string[], policy: string, more: ContainerWish = {}): Promise<void> {
    const hostConfig = { networkMode: "host", restartPolicy: policyOf(policy), ...more.hostConfig };
    const wish = { id, name: id, image: { name: this.image }, config: { env: [], cmd }, ...more, hostConfig };
    await this.client.create(fillDefaults(wish), stepSignal());
  }

  async start(id: string, cmd: readonly string[], policy: string, more: ContainerWish = {}): Promise<void> {
    await this.create(id, cmd, policy, more);
    await this.client.start(id, stepSignal());
  }

  async get(id: string): Promise<Container> {
    const container = await this.client.get(id, stepSignal());
    if (container === undefined) throw new Error(`${id} is not there`);
    return container;
  }

  async pid(id: string): Promise<number> {
    return (await this.get(id)).state.pid;
  }

  async pids(): Promise<ReadonlyMap<string, number>> {
    return new Map((await this.client.list(stepSignal())).map(({ id, state }) => [id, state.pid]));
  }

  /** Waits until the daemon's view of a container is as wanted. */
  async until(id: string, isAsWanted: (container: Container) => boolean): Promise<Container> {
    let last = await this.get(id);
    await until(
      async () => {
        last = await this.get(id);
        return isAsWanted(last);
      },
      () => `${id} is as wanted, last ${JSON.stringify(last.state)}, restarts ${last.restartCount}`,
      SETTLE_LIMIT_MS,
    );
    return last;
  }

  untilStatus(id: string, status: string): Promise<Container> {
    return this.until(id, ({ state }) => state.status === status);
  }

  async removeAll(): Promise<void> {
    const containers = await this.client.list(stepSignal());
    await Promise.all(containers.map(({ id }) => this.client.remove(id, true, KILL, stepSignal())));
  }

  /** Runs containerd's own tool, as somebody else would. */
  ctr(...args: readonly string[]): string {
    const { containerd, namespace } = this.device.device;
    const run = spawnSync("ctr", ["-a", containerd.socket, "-n", namespace, ...args], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`ctr ${args.join(" ")}: ${run.stderr}`);
    return run.stdout;
  }

  /** Tasks as containerd's own tool lists them: `<id> <pid> <status>`. */
  tasks(): readonly string[] {
    const rows = this.ctr("tasks", "ls")
      .split("\n")
      .slice(1)
      .filter((line) => line !== "");
    return rows.map((line) => line.trim().split(/\s+/).join(" ")).sort();
  }

  /** Waits until the daemon has noticed that containerd is away, or is connected to it again. */
  untilEngineIs(wanted: "away" | "connected"): Promise<void> {
    const isIt = async () => {
      const { isEngineConnected } = await this.ours.status(stepSignal());
      return isEngineConnected === (wanted === "connected");
    };
    return until(isIt, `containerd is ${wanted} for the daemon`, SETTLE_LIMIT_MS);
  }

  /** Waits until what the daemon tells is what containerd has. */
  async untilEngineAgrees(): Promise<void> {
    let found = "";
    const agrees = async () => {
      const containers = await this.client.list(stepSignal());
      const told = containers
        .filter(({ state }) => state.status === "Running" || state.status === "Paused")
        .map(({ id, state }) => `${id} ${state.pid} ${state.status.toUpperCase()}`)
        .sort();
      const real = this.tasks();
      found = `told ${told.join(", ")}; real ${real.join(", ")}`;
      return told.join() === real.join();
    };
    await until(agrees, () => `the daemon tells what containerd has: ${found}`, SETTLE_LIMIT_MS);
  }
}
