/** The capture `logs`: what a container wrote, read back by the command line. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../../scripts/demo/until.ts";
import { startTestDevice, stepSignal, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import {
  allowancesOf,
  expectReasons,
  expectSame,
  loose,
  Names,
  type Result,
  readCapture,
  runStep,
} from "./support/capture.ts";
import { SilentCloud } from "./support/silent-cloud.ts";

const CAPTURE = "logs";
const allowances = allowancesOf(CAPTURE);
const { steps, messages } = readCapture(CAPTURE);

let device: TestDevice;
let registry: MemoryRegistry;
let cloud: SilentCloud;
let names: Names;
/** What the step `logs` gave. */
let whole: Result = { rc: -1, out: "", err: "" };

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  registry.offer("demo/app", "1.0", buildImage({ cmd: ["/bin/sh"] }));
  cloud = await SilentCloud.start();
  device = await startTestDevice({
    containers: { insecure_registries: [`localhost:${registry.port}`] },
    ...cloud.config,
  });
  names = new Names(device, registry.port);
}, 120_000);

afterAll(async () => {
  await device?.end();
  await cloud?.end();
  await registry?.stop();
}, 120_000);

function lastLines(out: string, count: number): string[] {
  return loose(out)
    .split("\n")
    .filter((line) => line !== "")
    .slice(-count);
}

/** The two streams arrive over two pipes: only the order within each is the container's. */
function byStream(result: Result): Result {
  const lines = result.out.split("\n");
  const of = (stream: string) => lines.filter((line) => line.startsWith(`{"stream":"${stream}"`));
  const others = lines.filter((line) => !line.startsWith('{"stream":"'));
  return { ...result, out: [...of("stdout"), ...of("stderr"), ...others].join("\n") };
}

/** The peer's recorder waited for a second and a half. */
async function whenEnded(): Promise<void> {
  const { client } = device.device;
  const isOver = async () =>
    (await client.list(stepSignal())).every(({ state }) => state.status === "Exited");
  await until(isOver, "the container has ended", 30_000);
}

for (const { step, got } of steps) {
  test(`${step}: ${got?.args?.join(" ")}`, async () => {
    if (got?.args === undefined) throw new Error("a step without arguments");
    if (step === "logs") await whenEnded();
    const ours = await runStep(device, names, got.args);
    if (step === "logs") {
      whole = ours;
      expectSame(byStream(ours), byStream(got), allowances[step]);
    } else if (step === "logs tail") {
      // Which stream's lines are the last differs from run to run; that they are the last ones does not.
      const captured = steps.find((other) => other.step === "logs")?.got?.out ?? "";
      expect(lastLines(captured, 2)).toEqual(lastLines(got.out, 2));
      expectSame(ours, { ...got, out: `${lastLines(whole.out, 2).join("\n")}\n\n` }, allowances[step]);
    } else expectSame(ours, got, allowances[step]);
  }, 60_000);
}

test("the cloud heard the hand-shake and the agent's first state, and nothing else", () =>
  cloud.expectSame(messages));

test("every allowed difference names the line of the spec that speaks for it", () => {
  expectReasons(
    CAPTURE,
    steps.map(({ step }) => step),
  );
});
