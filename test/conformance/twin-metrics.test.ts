/** The captures `connect_empty` and `metrics`: the hand-shake of a device without containers, then reports, filters, bad values. */

import { afterAll, beforeAll, test } from "bun:test";
import { PrivateBroker } from "../integration/support/broker.ts";
import { Cloud } from "../integration/support/cloud.ts";
import { startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { expectReasons, Names, readCapture, runStep } from "./support/capture.ts";
import { TwinPlay } from "./support/twin-play.ts";

const CAPTURE = "metrics";
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
  broker = await PrivateBroker.start();
  cloud = await Cloud.connect(broker.port);
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

test("connect: a device without containers publishes its three features", async () => {
  const connect = TwinPlay.of("connect_empty", cloud, names);
  await connect.step(0);
  await connect.rest();
  expectReasons("connect_empty", connect.stepNames);
}, 60_000);

for (const [index, { step }] of steps.entries()) {
  test(step, async () => {
    if (index === 0) {
      await play.handShake();
      const image = `localhost:${registry.port}/demo/app:1.0`;
      await runStep(device, names, ["create", "-n", "m1", image]);
      await runStep(device, names, ["start", "-n", "m1"]);
    }
    await play.step(index);
  }, 60_000);
}

test("nothing else was told", async () => {
  await play.rest();
  expectReasons(CAPTURE, play.stepNames);
});
