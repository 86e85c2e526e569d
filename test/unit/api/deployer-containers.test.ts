import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContainersClient } from "../../../src/api/containers-client.ts";
import { containersService } from "../../../src/api/containers-service.ts";
import { DaemonConnection } from "../../../src/api/daemon-connection.ts";
import { openDeployerContainers } from "../../../src/api/deployer-containers.ts";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import type { ContainerKeeper } from "../../../src/api/keeper.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";
import type { Container } from "../../../src/model/container.ts";
import type { ContainerWish } from "../../../src/model/defaults.ts";
import { containerOf, wish } from "../model/builders.ts";

const LIMIT_MS = 10_000;

/** A daemon that has the peer's service only. */
class PeerDaemon {
  readonly made: Container[] = [];
  readonly #server = new GrpcServer();
  readonly #folder = mkdtempSync(join(tmpdir(), "sc-peer-"));
  readonly socket = join(this.#folder, "cm.sock");

  constructor() {
    const keeper = {
      list: () => this.made,
      create: async (wanted: ContainerWish) => {
        const container = containerOf(wanted);
        this.made.push(container);
        return container;
      },
    } as Partial<ContainerKeeper> as ContainerKeeper;
    this.#server.addService(
      ContainersDefinition,
      containersService(keeper, async () => {}),
    );
    this.#server.listen({ unix: this.socket });
  }

  async close(): Promise<void> {
    await this.#server.stop({ graceMs: 0 });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

let daemon: PeerDaemon;
beforeEach(() => {
  daemon = new PeerDaemon();
});
afterEach(() => daemon.close());

test("Kanto's daemon is given what it can do, and what is left out is said", async () => {
  const warnings: string[] = [];
  const client = new ContainersClient(new DaemonConnection({ unix: daemon.socket }), "folder");
  const containers = openDeployerContainers(client, (message) => warnings.push(message));
  const signal = AbortSignal.timeout(LIMIT_MS);
  await containers.create(wish({ id: "a", extras: { labels: { team: "drive" } } }), signal);
  expect(warnings).toEqual(["[web] is deployed without labels: the daemon is Kanto's and cannot do that"]);
  await expect(containers.create(wish({ id: "b", extras: { user: "app" } }), signal)).rejects.toMatchObject({
    code: "SC_UNSUPPORTED",
    message: "the daemon is Kanto's and cannot do what container web asks for: config.user",
  });
  expect((await containers.list(signal)).map(({ id }) => id)).toEqual(["a"]);
  expect(containers.replace).toBeUndefined();
  containers.close();
});
