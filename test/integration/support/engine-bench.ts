/** An engine on a private containerd with a busybox image, and the few moves that tests of it repeat. */

import { closeSync, constants, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { makeFifo } from "../../../src/base/libc.ts";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { ContainerdEngine } from "../../../src/engine/containerd/containerd-engine.ts";
import {
  type Container,
  ContainersDefinition,
} from "../../../src/engine/containerd/gen/containerd/services/containers.ts";
import { LeasesDefinition } from "../../../src/engine/containerd/gen/containerd/services/leases.ts";
import type { TaskExit, TaskStdio } from "../../../src/engine/engine.ts";
import { buildSpec } from "../../../src/engine/spec/build.ts";
import type { OciSpec } from "../../../src/engine/spec/oci.ts";
import { GrpcClient } from "../../../src/grpc/client.ts";
import { plainContainer, specInput } from "../../unit/engine/support/spec-input.ts";
import { importBusybox, type TestImage } from "./busybox-image.ts";
import { type ContainerdStart, type PrivateContainerd, startContainerd } from "./containerd.ts";

/** Generous: the machine is slow and shared. */
export const LIMIT_MS = 60_000;

export function limit(): AbortSignal {
  return AbortSignal.timeout(LIMIT_MS);
}

export interface Output {
  readonly stdio: TaskStdio;
  /** All of stdout and stderr, at their ends. */
  readonly text: Promise<string>;
}

export class EngineBench {
  readonly logs: LogRecord[] = [];
  engine: ContainerdEngine;
  readonly #outputs: number[] = [];
  #serial = 0;

  private constructor(
    readonly containerd: PrivateContainerd,
    public image: TestImage | undefined,
  ) {
    this.engine = this.newEngine();
  }

  /** With `rootBytes` containerd's store has only that much room, and no image is imported. */
  static async start(options: ContainerdStart = {}): Promise<EngineBench> {
    const bench = new EngineBench(await startContainerd(options), undefined);
    await bench.engine.open(limit());
    if (options.rootBytes !== undefined) return bench;
    bench.image = await importBusybox(bench.engine.content, "test/busybox:1", limit());
    return bench;
  }

  /** Another engine on the same containerd, as a restarted daemon has it. */
  newEngine(leaseId = "kanto-cm.lease"): ContainerdEngine {
    const { address, namespace, folder } = this.containerd;
    return new ContainerdEngine({
      address,
      namespace,
      leaseId,
      runcRuntime: "io.containerd.runc.v2",
      runcRoot: join(folder, "runc"),
      scratchDir: join(folder, "scratch"),
      log: createLog("test", (record) => this.logs.push(record)),
    });
  }

  async stop(): Promise<void> {
    await this.engine.close();
    for (const descriptor of this.#outputs) closeSync(descriptor);
    await this.containerd.stop();
  }

  spec(id: string, cmd: readonly string[], change: (spec: OciSpec) => void = () => {}): OciSpec {
    const input = specInput(plainContainer({ id, config: { env: [], cmd } }), {
      namespace: this.containerd.namespace,
      networkNamespace: undefined,
      files: { resolvConf: "", hostname: "", hosts: "" },
    });
    const { spec } = buildSpec(input);
    change(spec);
    return spec;
  }

  /** FIFOs with open readers. */
  output(): Output {
    const folder = join(this.containerd.folder, `fifo-${this.#serial++}`);
    mkdirSync(folder);
    const [stdout, stderr] = ["stdout", "stderr"].map((name) => join(folder, name));
    if (stdout === undefined || stderr === undefined) throw new Error("no paths");
    const texts = [stdout, stderr].map((path) => {
      makeFifo(path, 0o600);
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      this.#outputs.push(descriptor);
      return Bun.file(descriptor).text();
    });
    return {
      stdio: { stdin: "", stdout, stderr, terminal: false },
      text: Promise.all(texts).then((parts) => parts.join("")),
    };
  }

  /** Snapshot, record, task; not started. */
  async create(
    id: string,
    cmd: readonly string[],
    change?: (spec: OciSpec) => void,
    stdin = "",
  ): Promise<Output> {
    const output = this.output();
    await this.engine.prepareSnapshot(`${id}-snapshot`, this.image?.chainId ?? "", limit());
    await this.engine.createTask(
      {
        id,
        snapshotKey: `${id}-snapshot`,
        spec: this.spec(id, cmd, change),
        runtime: "io.containerd.runc.v2",
        stdio: { ...output.stdio, stdin },
      },
      limit(),
    );
    return output;
  }

  /** Created, waited for, started. */
  async run(id: string, cmd: readonly string[]): Promise<Output & { readonly exit: Promise<TaskExit> }> {
    const output = await this.create(id, cmd);
    const exit = this.engine.waitTask(id, limit());
    exit.catch(() => {}); // those who want it await it
    await this.engine.startTask(id, limit());
    return { ...output, exit };
  }

  /** Deletes the record beneath a task, which containerd 1.6 does not refuse (pitfalls §5). */
  async dropRecord(id: string): Promise<void> {
    await this.#ask((client, options) => client.unary(ContainersDefinition, "delete", { id }, options));
  }

  /** The record as containerd has it. */
  async record(id: string): Promise<Container | undefined> {
    const { containers } = await this.#ask((client, options) =>
      client.unary(ContainersDefinition, "list", { filters: [] }, options),
    );
    return containers.find((container) => container.id === id);
  }

  /** Puts a blob that is there into a lease, as daemons of old did. */
  async leaseContent(leaseId: string, digest: string): Promise<void> {
    const request = { id: leaseId, resource: { id: digest, type: "content" } };
    await this.#ask((client, options) => client.unary(LeasesDefinition, "addResource", request, options));
  }

  /** Types and ids of what a lease holds. */
  async leased(leaseId: string): Promise<readonly string[]> {
    const { resources } = await this.#ask((client, options) =>
      client.unary(LeasesDefinition, "listResources", { id: leaseId }, options),
    );
    return resources.map(({ type, id }) => `${type} ${id}`).sort();
  }

  async #ask<T>(
    call: (
      client: GrpcClient,
      options: { metadata: Record<string, string>; timeoutMs: number },
    ) => Promise<T>,
  ): Promise<T> {
    const client = await GrpcClient.connect({ unix: this.containerd.address });
    try {
      const metadata = { "containerd-namespace": this.containerd.namespace };
      return await call(client, { metadata, timeoutMs: LIMIT_MS });
    } finally {
      client.close();
    }
  }

  /** Task, record, snapshot. */
  async remove(id: string): Promise<void> {
    await this.engine.killTask(id, 9, true, limit());
    if ((await this.engine.task(id, limit())) !== undefined) await this.engine.waitTask(id, limit());
    await this.engine.deleteTask(id, limit());
    await this.engine.removeSnapshot(`${id}-snapshot`, limit());
  }
}
