import { afterAll, beforeAll, describe, test } from "bun:test";
import { startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { allowancesOf, expectReasons, expectSame, Names, readCapture, runStep } from "./support/capture.ts";

const CAPTURE = "cli_lifecycle";
const allowances = allowancesOf(CAPTURE);
const steps = readCapture(CAPTURE).steps.filter(({ got }) => got?.args !== undefined);

let device: TestDevice;
let registry: MemoryRegistry;
let names: Names;

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  // As the capture's image: a program that ends at once on SIGTERM.
  const stay = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
  registry.offer("demo/app", "1.0", buildImage({ cmd: stay }));
  device = await startTestDevice({ containers: { insecure_registries: [`localhost:${registry.port}`] } });
  names = new Names(device, registry.port);
}, 120_000);

afterAll(async () => {
  await device?.end();
  await registry?.stop();
}, 120_000);

describe("the peer's command line, step by step", () => {
  for (const [index, { step, got }] of steps.entries()) {
    test(`${index + 1}. ${step}: ${got?.args?.join(" ")}`, async () => {
      if (got?.args === undefined) throw new Error("a step without arguments");
      expectSame(await runStep(device, names, got.args), got, allowances[step]);
    }, 60_000);
  }

  test("every allowed difference names the line of the spec that speaks for it", () => {
    expectReasons(
      CAPTURE,
      steps.map(({ step }) => step),
    );
  });
});
