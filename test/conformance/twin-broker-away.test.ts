/** The capture `broker_away`: the broker stops, one thing changes, it comes back; what waited comes before the hand-shake. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../../scripts/demo/until.ts";
import { PrivateBroker } from "../integration/support/broker.ts";
import { Cloud } from "../integration/support/cloud.ts";
import { startTestDevice, stepSignal, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { expectReasons, Names, readCapture, runStep } from "./support/capture.ts";
import { TwinPlay } from "./support/twin-play.ts";

const CAPTURE = "broker_away";
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

async function cli(...args: string[]): Promise<void> {
  const { rc, err } = await runStep(device, names, args);
  expect([args, rc, err]).toEqual([args, 0, ""]);
}

const image = () => `localhost:${registry.port}/demo/app:1.0`;

async function makeFive(): Promise<void> {
  await play.handShake();
  for (const name of ["a", "b", "c", "d"]) await cli("create", "-n", name, "--rp=no", image());
  await cli("create", "-n", "x", "--rp=no", image(), "/bin/sh", "-c", "sleep 4");
  await cli("start", "-n", "a");
  const containers = await device.device.client.list(stepSignal());
  const ids = ["a", "b", "c", "d", "x"].map(
    (name) => containers.find((each) => each.name === name)?.id ?? "",
  );
  // The capture's first id is that of the container which is made last.
  names.number(["", ...ids]);
}

/** What happens while the broker is away, by the names of the steps. */
const CHANGES: Readonly<Record<string, () => Promise<void>>> = {
  nothing: async () => {},
  "start b": () => cli("start", "-n", "b"),
  "stop b": () => cli("stop", "-n", "b"),
  "rename c": () => cli("rename", "ID4", "cc"),
  "update c": () => cli("update", "-n", "cc", "--rp=always"),
  "create new": async () => {
    await cli("create", "-n", "new", image());
    const containers = await device.device.client.list(stepSignal());
    names.numberFirst(containers.find(({ name }) => name === "new")?.id ?? "");
  },
  "remove d": () => cli("remove", "-n", "d"),
  "x exits by itself": async () => {
    const hasEnded = async () =>
      (await device.device.client.list(stepSignal())).some(
        ({ name, state }) => name === "x" && state.status === "Exited",
      );
    await until(hasEnded, "x has ended");
  },
};

for (const [index, { step }] of steps.entries()) {
  test(step, async () => {
    const change = CHANGES[step];
    if (index === 0) await play.step(index, makeFive);
    else if (change !== undefined) {
      if (step === "x exits by itself") {
        await cli("start", "-n", "x");
        await cloud.wait(
          "x runs",
          ({ body }) => JSON.stringify(body).includes('"RUNNING"'),
          cloud.heard.length - 2,
        );
      }
      await cloud.untilSettled();
      await broker.stop();
      await change();
      await broker.start();
      await play.step(index);
    } else
      await play.step(index, async () => void (await device.device.end("container-management", "SIGTERM")));
  }, 60_000);
}

test("nothing else was told", async () => {
  await play.rest();
  expectReasons(CAPTURE, play.stepNames);
});
