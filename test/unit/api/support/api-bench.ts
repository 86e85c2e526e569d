/** The real API in this process: our gRPC client and server joined in memory, the real manager, the fake engine. */

import { containersService } from "../../../../src/api/containers-service.ts";
import { ContainersDefinition } from "../../../../src/api/gen/api/services/containers/containers.ts";
import { SystemInfoDefinition } from "../../../../src/api/gen/api/services/sysinfo/system_info.ts";
import type { Container as WireContainer } from "../../../../src/api/gen/api/types/containers/container.ts";
import { CODE_TRAILER, HINT_TRAILER, ownStatus } from "../../../../src/api/status.ts";
import { sysinfoService } from "../../../../src/api/sysinfo-service.ts";
import { desiredToWire } from "../../../../src/api/to-wire.ts";
import { memoryPair } from "../../../../src/base/memory-connection.ts";
import { GrpcClient } from "../../../../src/grpc/client.ts";
import { GrpcError } from "../../../../src/grpc/grpc-error.ts";
import { GrpcServer } from "../../../../src/grpc/server.ts";
import { type ContainerWish, fillDefaults } from "../../../../src/model/defaults.ts";
import { Device, OLD_IMAGE } from "../../manager/support/device.ts";

export const BUILD = { projectVersion: "1", apiVersion: "2", gitCommit: "3", buildTime: "4" };

/** How a call ended that was refused. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly code: string;
  readonly hint: string;
}

export class ApiBench {
  private constructor(
    readonly device: Device,
    readonly client: GrpcClient,
  ) {}

  static async open(): Promise<ApiBench> {
    const device = new Device();
    await device.boot();
    const server = new GrpcServer({ mapError: ownStatus });
    const { manager } = device;
    server.addService(
      ContainersDefinition,
      containersService(
        manager,
        (signal) => manager.whenReady(signal),
        (signal) => manager.whenKnown(signal),
      ),
    );
    server.addService(SystemInfoDefinition, sysinfoService(BUILD));
    const client = await GrpcClient.connect(async () => {
      const [near, far] = memoryPair();
      server.accept(far);
      return near;
    });
    return new ApiBench(device, client);
  }

  /** The answer of a call, its time moved on until there is one. */
  call<T>(work: (client: GrpcClient, service: typeof ContainersDefinition) => Promise<T>): Promise<T> {
    return this.device.finish(work(this.client, ContainersDefinition));
  }

  /** How the call was refused; fails when it was not. */
  async refusal(
    work: (client: GrpcClient, service: typeof ContainersDefinition) => Promise<unknown>,
  ): Promise<Refusal> {
    try {
      const answer = await this.call(work);
      throw new Error(`it was not refused: ${Bun.inspect(answer)}`);
    } catch (thrown) {
      if (!(thrown instanceof GrpcError)) throw thrown;
      const hint = thrown.metadata?.getBytes(HINT_TRAILER);
      return {
        status: thrown.status,
        text: thrown.message,
        code: String(thrown.metadata?.get(CODE_TRAILER) ?? ""),
        hint: hint === undefined ? "" : Buffer.from(hint).toString("utf8"),
      };
    }
  }

  async create(container: WireContainer): Promise<WireContainer> {
    const answer = await this.call((client, service) => client.unary(service, "create", { container }));
    if (answer.container === undefined) throw new Error("no container in the answer");
    return answer.container;
  }

  async get(id: string): Promise<WireContainer | undefined> {
    return (await this.call((client, service) => client.unary(service, "get", { id }))).container;
  }

  async list(): Promise<readonly WireContainer[]> {
    return (await this.call((client, service) => client.unary(service, "list", {}))).containers;
  }

  /** A container that was made, started when asked for. */
  async made(command: string, isStarted: boolean, more: ContainerWish = {}): Promise<string> {
    const { id } = await this.create(wire({ config: { cmd: [command] }, ...more }));
    if (isStarted) await this.call((client, service) => client.unary(service, "start", { id }));
    return id;
  }
}

/** A message for Create with every part there. */
export function wire(wish: ContainerWish = {}): WireContainer {
  return desiredToWire(fillDefaults({ image: { name: OLD_IMAGE }, ...wish }));
}

/** What a client sends who gives nothing but the image. */
export function bareWire(changes: Partial<WireContainer> = {}): WireContainer {
  return {
    ...wire(),
    hostConfig: undefined,
    ioConfig: undefined,
    config: undefined,
    image: { name: OLD_IMAGE, decryptConfig: undefined },
    ...changes,
  };
}
