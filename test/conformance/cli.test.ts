import { afterAll, beforeAll, describe, test } from "bun:test";
import { PrivateBroker } from "../integration/support/broker.ts";
import { Cloud } from "../integration/support/cloud.ts";
import { startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { allowancesOf, expectReasons, expectSame, Names, readCapture, runStep } from "./support/capture.ts";
import { TwinPlay } from "./support/twin-play.ts";

const CAPTURE = "cli_lifecycle";
const allowances = allowancesOf(CAPTURE);
const { steps } = readCapture(CAPTURE);

let device: TestDevice;
let registry: MemoryRegistry;
let names: Names;
let broker: PrivateBroker;
let cloud: Cloud;
let play: TwinPlay;

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  // As the capture's image: a program that ends at once on SIGTERM.
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
  await play.handShake();
}, 120_000);

afterAll(async () => {
  await cloud?.end();
  await device?.end();
  await broker?.end();
  await registry?.stop();
}, 120_000);

describe("the peer's command line, step by step", () => {
  for (const [index, { step, got }] of steps.entries()) {
    test(`${index + 1}. ${step}: ${got?.args?.join(" ")}`, async () => {
      await play.step(index, async () => {
        if (got?.args === undefined) throw new Error("a step without arguments");
        expectSame(await runStep(device, names, got.args), got, allowances[step]);
      });
    }, 60_000);
  }

  test("nothing else was told of the twin", async () => {
    await play.rest();
  });

  test("every allowed difference names the line of the spec that speaks for it", () => {
    expectReasons(CAPTURE, play.stepNames);
  });
});
