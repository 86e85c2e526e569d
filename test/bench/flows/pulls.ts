/** Images that are not there yet: twenty containers after one pull, and a large pull alone. */

import { randomBytes } from "node:crypto";
import { type BuiltImage, buildImage, type ImageFiles } from "../../integration/support/oci-image.ts";
import { type Bench, stepSignal, UNTIL_ASKED, writeManifest } from "../bench-device.ts";
import { atMost, type Line, times } from "../line.ts";
import { timed } from "../pace.ts";
import { runProgram } from "../run-program.ts";
import { countRunning, Watching } from "../watching.ts";
import { AT_A_TIME, FLEET } from "./fleet.ts";

const PEER_PULL_MS = 2_000;
const LAYERS = 4;
/** Half of it is random, so that 60 MB become 30 MB. */
const LAYER_BYTES = 60_000_000;
const BLOCK_BYTES = 4_096;

export async function fleetAfterPull(bench: Bench): Promise<readonly Line[]> {
  const ours: number[] = [];
  const yard: number[] = [];
  await bench.pace.rounds(3, 1, async () => {
    // Equal content would be there after the first pull.
    const [mine = "", theirs = ""] = await Promise.all([pushFresh(bench), pushFresh(bench)]);
    const folder = bench.newFolder();
    const names = new Set(Array.from({ length: FLEET }, () => bench.newName()));
    for (const name of names) writeManifest(folder, name, { id: name, image: mine });
    {
      await using watching = new Watching(bench.device.client);
      ours.push(
        await timed(async () => {
          bench.device.deploy(folder);
          await watching.until(`${FLEET} run`, (all) => countRunning(all, names) === FLEET);
        }),
      );
      await bench.device.end("kanto-auto-deployer", "SIGTERM");
    }
    const made: string[] = [];
    yard.push(
      await timed(async () => {
        await bench.ctr.run("image", "pull", "--plain-http", theirs);
        made.push(...(await bench.ctr.startMany(FLEET, AT_A_TIME, theirs, UNTIL_ASKED)));
      }),
    );
    await runProgram(...bench.cli("remove", "--force", ...names));
    await bench.ctr.remove(...made);
  });
  return [
    {
      flow: `${FLEET} new manifests until all run, image absent`,
      unit: "ms",
      ours,
      yardstick: { name: "ctr image pull, then ctr run", values: yard },
      budget: times(1.3),
    },
  ];
}

export async function largePull(bench: Bench): Promise<readonly Line[]> {
  const image = await bench.registry.push("bench/large", "1", largeImage());
  const ours: number[] = [];
  const yard: number[] = [];
  await bench.pace.rounds(3, 1, async () => {
    const desired = bench.desired({ name: bench.newName(), image: { name: image } });
    ours.push(await timed(() => bench.device.client.create(desired, stepSignal())));
    await runProgram(...bench.cli("remove", desired.id));
    await bench.ctr.runIn(bench.device.namespace, "image", "rm", "--sync", image);
    yard.push(await timed(() => bench.ctr.run("image", "pull", "--plain-http", image)));
    await bench.ctr.forgetImage(image);
  });
  return [
    {
      flow: "pull 240 MB in four layers (with create)",
      unit: "ms",
      ours,
      yardstick: { name: "ctr image pull", values: yard },
      budget: atMost(PEER_PULL_MS),
    },
  ];
}

async function pushFresh(bench: Bench): Promise<string> {
  const name = bench.newName();
  const image = buildImage({ files: { "/fresh": `${name} ${randomBytes(8).toString("hex")}` } });
  return bench.registry.push(`bench/${name}`, "1", image);
}

function largeImage(): BuiltImage {
  const layers = Array.from({ length: LAYERS }, (_, at): ImageFiles => ({ [`/data/${at}`]: halfRandom() }));
  const [first = {}, ...rest] = layers;
  return buildImage({ busybox: false, files: first, moreLayers: rest });
}

function halfRandom(): Uint8Array {
  const bytes = new Uint8Array(LAYER_BYTES);
  for (let at = 0; at < bytes.length; at += 2 * BLOCK_BYTES) {
    bytes.set(randomBytes(Math.min(BLOCK_BYTES, bytes.length - at)), at);
  }
  return bytes;
}
