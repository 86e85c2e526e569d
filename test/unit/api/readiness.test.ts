/** Requests that come before stored containers are restored (spec/engine.md §22.9): each of the 14 rpcs waits, none is lost. */

import { expect, test } from "bun:test";
import { containersService } from "../../../src/api/containers-service.ts";
import { ContainersDefinition } from "../../../src/api/gen/api/services/containers/containers.ts";
import { ownStatus } from "../../../src/api/status.ts";
import { memoryPair } from "../../../src/base/memory-connection.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { GrpcClient } from "../../../src/grpc/client.ts";
import { Status } from "../../../src/grpc/grpc-error.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";
import { collect } from "../grpc/pair.ts";
import { Device, wish } from "../manager/support/device.ts";
import { bareWire } from "./support/api-bench.ts";

interface Early {
  readonly device: Device;
  readonly client: GrpcClient;
  /** Calls of the daemon that wait for the restore. */
  readonly waiting: () => number;
  readonly restored: () => void;
  readonly failed: (reason: Error) => void;
}

/** The service of a daemon whose restore ends when the test says so; a container `one` runs. */
async function early(): Promise<Early> {
  const device = new Device();
  await device.boot();
  await device.createAndStart({ ...wish("one", "done"), hostConfig: { restartPolicy: NEVER } });
  let waiting = 0;
  const gate = Promise.withResolvers<void>();
  const wait = () => {
    waiting++;
    return gate.promise;
  };
  const server = new GrpcServer({ mapError: ownStatus });
  server.addService(ContainersDefinition, containersService(device.manager, wait));
  const client = await GrpcClient.connect(async () => {
    const [near, far] = memoryPair();
    server.accept(far);
    return near;
  });
  return { device, client, waiting: () => waiting, restored: gate.resolve, failed: gate.reject };
}

const NEVER = { type: "no", maximumRetryCount: 0, retryTimeoutNanos: 0n };
const id = "one";

function attach(client: GrpcClient): Promise<unknown> {
  const call = client.duplex(ContainersDefinition, "attach");
  const rest = {
    writeOffset: 0n,
    finishWrite: false,
    readOffset: 0n,
    readLimit: 0n,
    terminalSize: undefined,
  };
  // Of one that is there it would go on waiting, for the next start.
  const sent = call.send({ ...rest, id: "nobody", stdIn: false, dataToWrite: new Uint8Array(0) });
  return sent.then(() => collect(call.responses));
}

const service = ContainersDefinition;
const CALLS: Readonly<Record<keyof typeof service.methods, (client: GrpcClient) => Promise<unknown>>> = {
  create: (client) => client.unary(service, "create", { container: bareWire({ id: "two" }) }),
  get: (client) => client.unary(service, "get", { id }),
  list: (client) => client.unary(service, "list", {}),
  listStream: (client) => collect(client.serverStream(service, "listStream", {})),
  start: (client) => client.unary(service, "start", { id }),
  attach,
  stop: (client) => client.unary(service, "stop", { id, stopOptions: undefined }),
  update: (client) => client.unary(service, "update", { id, updateOptions: undefined }),
  restart: (client) => client.unary(service, "restart", { id }),
  pause: (client) => client.unary(service, "pause", { id }),
  unpause: (client) => client.unary(service, "unpause", { id }),
  rename: (client) => client.unary(service, "rename", { id, name: "" }),
  remove: (client) => client.unary(service, "remove", { id, force: false, stopOptions: undefined }),
  logs: (client) => collect(client.serverStream(service, "logs", { id, tail: 1, follow: false, since: "" })),
};

test.each(Object.entries(CALLS))(
  "%s waits until what is stored is restored, then is answered",
  async (_, call) => {
    const { device, client, waiting, restored } = await early();
    let isOver = false;
    const answer = call(client).then(
      () => "answered",
      ({ message }) => String(message),
    );
    const over = answer.finally(() => {
      isOver = true;
    });
    await device.until(() => waiting() > 0);
    // Whatever did not wait would be answered by now.
    await device.clock.advance(1_000);
    expect(isOver).toBe(false);
    restored();
    expect(await device.finish(over)).not.toContain("starting");
  },
);

test.each(Object.entries(CALLS))(
  "%s is refused with the reason when that takes too long",
  async (_, call) => {
    const { device, client, failed } = await early();
    const answer = call(client).catch((thrown: unknown) => thrown);
    failed(
      new SupercargoError("SC_DAEMON_UNAVAILABLE", "the daemon is starting: containers are being restored"),
    );
    expect(await device.finish(answer)).toMatchObject({
      status: Status.UNKNOWN,
      message: "the daemon is starting: containers are being restored",
    });
  },
);
