/** The twin of a real daemon on a real broker: hand-shake, features, commands, the pictures that the messages give. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../../scripts/demo/until.ts";
import { containerValue } from "../../src/twin/container-feature.ts";
import { PrivateBroker } from "./support/broker.ts";
import { STAYS } from "./support/cast.ts";
import { Cloud, EVENTS, pictureOf } from "./support/cloud.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/twin/app:1";
const LIMIT_MS = 60_000;
const TRUE_LIMIT_MS = 20_000;
let broker: PrivateBroker;
let device: TestDevice;
let cloud: Cloud;

beforeAll(async () => {
  refuseInitialNamespace();
  broker = await PrivateBroker.start();
  cloud = await Cloud.connect(broker.port);
  device = await startTestDevice({
    things: { enable: true },
    connection: { broker_url: `tcp://localhost:${broker.port}` },
  });
  await device.importImage({ name: IMAGE, config: { Cmd: STAYS } });
}, 120_000);

afterAll(async () => {
  await cloud?.end();
  await device?.end();
  await broker?.end();
}, 120_000);

/** Waits until what the cloud knows is what the device has. */
async function untilTrue(): Promise<void> {
  let seen: [unknown, unknown] = [undefined, undefined];
  await until(
    async () => {
      const list = await device.device.client.list(stepSignal());
      const real = Object.fromEntries(list.map((each) => [`Container:${each.id}`, containerValue(each)]));
      const known = Object.entries(pictureOf(cloud.heard)).filter(([id]) => id.startsWith("Container:"));
      seen = [Object.fromEntries(known), real];
      return Bun.deepEquals(seen[0], seen[1]);
    },
    () => `the cloud's picture is true: ${JSON.stringify(seen[0])} is not ${JSON.stringify(seen[1])}`,
    TRUE_LIMIT_MS,
  );
}

test(
  "the device asks for its thing, publishes its features, and obeys",
  async () => {
    await cloud.wait("the request", ({ topic }) => topic === "edge/thing/request");
    expect(cloud.heard.every(({ topic }) => topic.startsWith("edge/"))).toBe(true);
    cloud.respond();
    await until(() => Object.keys(pictureOf(cloud.heard)).length === 3, "three features");
    await cloud.untilObeyed();
    const made = await cloud.ask("ContainerFactory", "createWithConfig", {
      imageRef: IMAGE,
      name: "web",
      start: true,
      config: { networkMode: "HOST" },
    });
    expect(made.status).toBe(200);
    expect(pictureOf(cloud.heard)[`Container:${made.value}`]).toMatchObject({
      properties: { status: { name: "web", state: { status: "RUNNING" } } },
    });
    await untilTrue();
    expect(
      cloud.heard.filter(({ topic }) => topic === EVENTS).every(({ qos, retain }) => qos === 1 && !retain),
    ).toBe(true);
    expect((await cloud.ask(`Container:${made.value}`, "remove", true)).status).toBe(204);
    await untilTrue();
  },
  LIMIT_MS,
);
