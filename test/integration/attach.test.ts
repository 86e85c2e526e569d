import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "../../scripts/demo/until.ts";
import { ContainersDefinition } from "../../src/api/gen/api/services/containers/containers.ts";
import { GrpcClient } from "../../src/grpc/client.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/attach:1";
let device: TestDevice;
let client: GrpcClient;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  client = await GrpcClient.connect({ unix: device.device.socket });
}, 120_000);

afterAll(async () => {
  client?.close();
  await device?.end();
}, 120_000);

async function start(
  name: string,
  cmd: readonly string[],
  ioConfig: { tty?: boolean; openStdin?: boolean },
): Promise<void> {
  const policy = { type: "no", maximumRetryCount: 0, retryTimeoutNanos: 0n };
  const wish = {
    id: name,
    name,
    image: { name: IMAGE },
    config: { env: [], cmd },
    ioConfig,
    hostConfig: { restartPolicy: policy },
  };
  await device.device.client.create(fillDefaults(wish), stepSignal());
  await device.device.client.start(name, stepSignal());
}

function open(id: string, stdIn: boolean) {
  const call = client.duplex(ContainersDefinition, "attach", { signal: stepSignal() });
  const message = (text: string) => ({
    id,
    stdIn,
    writeOffset: 0n,
    finishWrite: false,
    readOffset: 0n,
    readLimit: 0n,
    dataToWrite: Buffer.from(text),
  });
  return { call, message };
}

describe("attaching to a container", () => {
  test("input reaches it, its output comes back, and the end of the input ends it", async () => {
    await start("cat", ["cat"], { openStdin: true });
    const { call, message } = open("cat", true);
    // Data in the first message is dropped, as in the peer.
    await call.send(message("dropped"));
    await call.send(message("first\n"));
    let seen = "";
    const heads: string[] = [];
    for await (const response of call.responses) {
      heads.push(response.id);
      seen += Buffer.from(response.readData).toString("utf8");
      if (seen === "first\n") await call.send(message("second\n"));
      if (seen === "first\nsecond\n") call.end();
      if (heads.length === 1) expect(response.stdIn).toBe(true);
    }
    expect(seen).toBe("first\nsecond\n");
    expect(heads[0]).toBe("cat");
    expect(heads.slice(1)).toEqual(heads.slice(1).map(() => ""));
    // The output ends a moment before the exit is known.
    let after = await device.device.client.get("cat", stepSignal());
    const isOver = async () => {
      after = await device.device.client.get("cat", stepSignal());
      return after?.state.status !== "Running";
    };
    await until(isOver, "cat has ended", 30_000);
    expect([after?.state.status, after?.state.exitCode]).toEqual(["Exited", 0]);
  }, 60_000);

  test("a terminal echoes and ends lines with CR LF", async () => {
    await start("term", ["sh", "-c", "read line; echo got $line"], { tty: true, openStdin: true });
    const { call, message } = open("term", true);
    await call.send(message(""));
    await call.send(message("abc\n"));
    let seen = "";
    for await (const response of call.responses) seen += Buffer.from(response.readData).toString("utf8");
    expect(seen).toBe("abc\r\ngot abc\r\n");
  }, 60_000);

  test("an unknown container is told as text and as status", async () => {
    const { call, message } = open("nobody", false);
    await call.send(message(""));
    let seen = "";
    const reading = (async () => {
      for await (const response of call.responses) seen += Buffer.from(response.readData).toString("utf8");
    })();
    await expect(reading).rejects.toMatchObject({
      status: 2,
      message: "no such container with id = nobody exists",
    });
    expect(seen).toBe("no such container with id = nobody exists\r\n");
  }, 60_000);
});
