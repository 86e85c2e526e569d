/** The capture `crash`: a container that fails is restarted as its policy says, and each change is told, to the twin too. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Container } from "../../src/model/container.ts";
import { PrivateBroker } from "../integration/support/broker.ts";
import { Cloud } from "../integration/support/cloud.ts";
import { startTestDevice, stepSignal, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { allowancesOf, expectReasons, expectSame, Names, readCapture, runStep } from "./support/capture.ts";
import { TwinPlay } from "./support/twin-play.ts";

const CAPTURE = "crash";
const allowances = allowancesOf(CAPTURE);
const { steps, messages } = readCapture(CAPTURE);

let device: TestDevice;
let registry: MemoryRegistry;
let names: Names;
let broker: PrivateBroker;
let cloud: Cloud;
let play: TwinPlay;
const ending = new AbortController();
/** Each state that was told, in order. */
const told: Container[] = [];
let onTold = () => {};

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  registry.offer("demo/app", "1.0", buildImage({ cmd: ["/bin/sh"] }));
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
  device.device.client
    .watch((container) => {
      told.push(container);
      onTold();
    }, ending.signal)
    .catch((thrown: unknown) => {
      if (!ending.signal.aborted) throw thrown;
    });
}, 120_000);

afterAll(async () => {
  ending.abort(new Error("the test ends"));
  await cloud?.end();
  await device?.end();
  await broker?.end();
  await registry?.stop();
}, 120_000);

/** A state as the twin tells it; times only as being there. */
function asTwin({ state }: Container) {
  return {
    status: state.status.toUpperCase(),
    ...(state.pid > 0 ? { pid: "PID" } : { pid: state.pid }),
    ...(state.exitCode === 0 ? {} : { exitCode: state.exitCode }),
    ...(state.startedAt === "" ? {} : { startedAt: "TIME" }),
    ...(state.finishedAt === "" ? {} : { finishedAt: "TIME" }),
  };
}

/** The states that the peer published for the container, without the one that repeats `CREATED`. */
function published(): readonly unknown[] {
  const states = messages.flatMap(({ body }) => {
    const { path, value } = body as { path?: string; value?: Record<string, unknown> };
    if (path?.endsWith("/properties/status/state") !== true || value === undefined) return [];
    return [typeof value["pid"] === "number" && value["pid"] > 0 ? { ...value, pid: "PID" } : value];
  });
  return states;
}

/** Resolves when the last change of the flow has been told. */
function whenTold(count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const signal = stepSignal();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    onTold = () => {
      if (told.length >= count) resolve();
    };
    onTold();
  });
}

for (const [index, { step, got }] of steps.entries()) {
  test(`${step}: ${got?.args?.join(" ")}`, async () => {
    await play.step(index, async () => {
      if (got?.args === undefined) throw new Error("a step without arguments");
      // The peer's recorder waited until nothing happened any more.
      if (step === "get") await whenTold(published().length);
      expectSame(await runStep(device, names, got.args), got, allowances[step]);
    });
  }, 60_000);
}

test("nothing else was told of the twin", async () => {
  await play.rest();
});

test("the same states are told in the same order, with the same members", () => {
  const states = told.map(asTwin).filter((state, index, all) => {
    // A restart that is planned changes the count, not the state.
    return index === 0 || JSON.stringify(state) !== JSON.stringify(all[index - 1]);
  });
  expect<readonly unknown[]>(states).toEqual(published());
});

test("every allowed difference names the line of the spec that speaks for it", () => {
  expectReasons(CAPTURE, play.stepNames);
});
