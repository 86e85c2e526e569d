/** The capture `software_install`: software installed from artifacts over HTTP, good and bad, and removed. */

import { afterAll, beforeAll, test } from "bun:test";
import { PrivateBroker } from "../integration/support/broker.ts";
import { Cloud } from "../integration/support/cloud.ts";
import { startTestDevice, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { expectReasons, Names, readCapture } from "./support/capture.ts";
import { TwinPlay } from "./support/twin-play.ts";

const CAPTURE = "software_install";
const { steps, messages } = readCapture(CAPTURE);

let device: TestDevice;
let registry: MemoryRegistry;
let broker: PrivateBroker;
let cloud: Cloud;
let artifacts: ReturnType<typeof Bun.serve>;
let play: TwinPlay;

/** The artifacts as the recorder had them, by the outcomes that the capture shows. */
function artifactFiles(): Readonly<Record<string, string>> {
  const image = (tag: string) => ({ name: `localhost:${registry.port}/demo/app:${tag}` });
  const description = (name: string, tag = "1.0", more: object = {}) =>
    JSON.stringify({ container_name: name, image: image(tag), ...more });
  return {
    "a.json": description("swa"),
    "b.json": description("swb"),
    "c.json": description("swc"),
    "d.json": description("swd"),
    "e.json": description("swe", "1.0", { host_config: { network_mode: "weird" } }),
    "f.json": "{nope",
    "h.json": description("swh", "7"),
    "i.json": description("swi", "1.0", { config: { cmd: ["/bin/nope"] } }),
    "j1.json": description("swj1"),
    "j2.json": description("swj2", "7"),
  };
}

/** The capture's checksums of artifacts and those of ours; what was wrong there stays wrong. */
function checksums(files: Readonly<Record<string, string>>): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const { topic, body } of messages) {
    if (!topic.endsWith("/install") || !topic.includes("/req/")) continue;
    const { value } = body as { value: { softwareModules: { artifacts: CapturedArtifact[] }[] } };
    for (const { filename, checksums } of value.softwareModules.flatMap((module) => module.artifacts)) {
      const content = files[filename];
      for (const [algorithm, hex] of Object.entries(checksums ?? {})) {
        if (content === undefined || /^0*$|zz/.test(hex)) continue;
        pairs[hex] = new Bun.CryptoHasher(algorithm.toLowerCase() as "md5").update(content).digest("hex");
      }
    }
  }
  return pairs;
}

interface CapturedArtifact {
  readonly filename: string;
  readonly checksums?: Readonly<Record<string, string>>;
}

beforeAll(async () => {
  refuseInitialNamespace();
  registry = await MemoryRegistry.start();
  const stay = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
  registry.offer("demo/app", "1.0", buildImage({ cmd: stay }));
  const files = artifactFiles();
  artifacts = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) => {
      const content = files[new URL(url).pathname.slice(1)];
      return content === undefined ? new Response("not found", { status: 404 }) : new Response(content);
    },
  });
  broker = await PrivateBroker.start();
  cloud = await Cloud.connect(broker.port);
  device = await startTestDevice({
    containers: { insecure_registries: [`localhost:${registry.port}`] },
    things: { enable: true },
    connection: { broker_url: `tcp://localhost:${broker.port}` },
  });
  const places = { HTTPPORT: String(artifacts.port), ...checksums(files) };
  play = TwinPlay.of(CAPTURE, cloud, new Names(device, registry.port), places);
}, 120_000);

afterAll(async () => {
  await cloud?.end();
  await device?.end();
  await broker?.end();
  await registry?.stop();
  await artifacts?.stop(true);
}, 120_000);

for (const [index, { step }] of steps.entries()) {
  test(step, async () => {
    await play.step(index);
  }, 60_000);
}

test("nothing else was told", async () => {
  await play.rest();
  expectReasons(CAPTURE, play.stepNames);
});
