/** The capture `reconnect`: repeated answers of the connector, another policy, tenant, device and back, the broker restarted. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { PrivateBroker } from "../integration/support/broker.ts";
import { Cloud } from "../integration/support/cloud.ts";
import { startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { expectReasons, Names, readCapture, runStep } from "./support/capture.ts";
import { TwinPlay } from "./support/twin-play.ts";

const CAPTURE = "reconnect";
const { steps } = readCapture(CAPTURE);

let device: TestDevice;
let registry: MemoryRegistry;
let broker: PrivateBroker;
let cloud: Cloud;
let names: Names;
let play: TwinPlay;

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  const stay = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
  registry.offer("demo/app", "1.0", buildImage({ cmd: stay }));
  broker = await PrivateBroker.start({ isPersistent: true });
  cloud = await Cloud.connect(broker.port, { keepsSession: true });
  device = await startTestDevice({
    containers: { insecure_registries: [`localhost:${registry.port}`] },
    things: { enable: true },
    connection: { broker_url: `tcp://localhost:${broker.port}` },
  });
  names = new Names(device, registry.port);
  play = TwinPlay.of(CAPTURE, cloud, names);
}, 120_000);

afterAll(async () => {
  await cloud?.end();
  await device?.end();
  await broker?.end();
  await registry?.stop();
}, 120_000);

/** The recorder's own actions by the names of its steps; the others consist of messages alone. */
const ACTIONS: Readonly<Record<string, () => Promise<void>>> = {
  "two containers, one running": async () => {
    const image = `localhost:${registry.port}/demo/app:1.0`;
    const run = async (...args: string[]) => {
      const { rc, err } = await runStep(device, names, args);
      expect([args[0], rc, err]).toEqual([args[0], 0, ""]);
    };
    await run("create", "-n", "one", "--rp=no", image);
    await run("create", "-n", "two", "--rp=no", image);
    await run("start", "-n", "one");
    // The capture numbers ids by first appearance in its steps, where the second comes first.
    const containers = await device.device.client.list(AbortSignal.timeout(10_000));
    names.number(["two", "one"].map((name) => containers.find((each) => each.name === name)?.id ?? ""));
  },
  "broker stopped": async () => {
    await cloud.untilSettled();
    await broker.stop();
  },
  "broker started again": () => broker.start(),
};

for (const [index, { step }] of steps.entries()) {
  test(step, async () => {
    await play.step(index, ACTIONS[step]);
  }, 60_000);
}

test("nothing else was told", async () => {
  await play.rest();
  expectReasons(CAPTURE, play.stepNames);
});
