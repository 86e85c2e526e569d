/** What the cloud is told stays true: merging, new connections at any moment, works that end while nobody listens. */

import { afterEach, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../../scripts/demo/until.ts";
import type { Container } from "../../../src/model/container.ts";
import { containerValue } from "../../../src/twin/container-feature.ts";
import { pictureOf } from "../../integration/support/cloud.ts";
import { DEVICE, Scene, THING, type Told } from "./scene.ts";

const IMAGE = "registry.example/app:1";
const FOREVER = new AbortController().signal;
const scenes: Scene[] = [];

async function start(features?: readonly string[]): Promise<Scene> {
  const scene = await Scene.start(features);
  scenes.push(scene);
  return scene;
}

afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.end();
});

function picture(told: readonly Told[], tenant = "tenant1"): Readonly<Record<string, unknown>> {
  const heard = told.map(({ topic, body }) => ({ topic, body, qos: 1, retain: false, atMs: 0 }));
  return pictureOf(heard, `e/${tenant}/${THING}`);
}

function truth(containers: readonly Container[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(containers.map((each) => [`Container:${each.id}`, containerValue(each)]));
}

function containersIn(known: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(known).filter(([id]) => id.startsWith("Container:")));
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

test("states are merged only while several of one property wait, and the last one is always told", async () => {
  const scene = await start();
  await scene.respond();
  const { id } = await scene.device.create({ name: "a", image: { name: IMAGE } });
  await scene.rest();
  scene.take();
  const rename = (name: string) => scene.device.finish(scene.device.manager.rename(id, name, FOREVER));
  for (let at = 0; at < 20; at++) await rename(`quick-${at}`);
  expect(scene.take()).toHaveLength(20);
  // The broker takes messages and acknowledges none: what is under way stays, what waits is merged.
  scene.broker.holdsAcknowledgements = true;
  for (let at = 0; at < 200; at++) await rename(`slow-${at}`);
  scene.broker.acknowledge();
  await scene.rest();
  const told = scene.take().map(({ body }) => body.value);
  expect(told.length).toBeLessThan(40);
  expect(told.at(-1)).toBe("slow-199");
  expect(told).toEqual([...told].sort((a, b) => Number(String(a).slice(5)) - Number(String(b).slice(5))));
});

test("what a start settles is told with it: in the host's network the name is the host's", async () => {
  const scene = await start();
  await scene.respond();
  const { network, manager } = scene.device;
  const attach = network.attach.bind(network);
  network.attach = async (request) => ({ ...(await attach(request)), hostName: "the-host" });
  const { id } = await scene.device.createAndStart({ name: "a", image: { name: IMAGE } });
  await scene.rest();
  const told = scene.take();
  expect(containersIn(picture(told))).toEqual(truth(manager.list()));
  expect(told.at(-1)?.body).toMatchObject({
    path: `/features/Container:${id}/properties/status/config`,
    value: { hostName: "the-host" },
  });
});

test("a start that never comes to a task is told with its reason", async () => {
  const scene = await start();
  await scene.respond();
  const { network } = scene.device;
  const { id } = await scene.device.create({ name: "a", image: { name: IMAGE } });
  network.attach = () => Promise.reject(new Error("no address is free"));
  expect((await scene.ask(`Container:${id}`, "start")).status).toBe(500);
  expect(containersIn(picture(scene.take()))).toEqual(truth(scene.device.manager.list()));
  expect(scene.device.get(id).state.error).toContain("no address is free");
});

test("connections that end at every moment of the hand-shake: the last one makes the picture true", async () => {
  const scene = await start();
  for (const name of ["a", "b", "c"]) await scene.device.create({ name, image: { name: IMAGE } });
  const told: Told[] = [];
  for (let round = 0; round < 12; round++) {
    scene.broker.holdsAcknowledgements = round % 3 === 1;
    scene.broker.isDeafToSubscriptions = round % 4 === 2;
    if (round % 2 === 0) await scene.respond();
    else scene.broker.send("edge/thing/response", JSON.stringify(DEVICE));
    scene.broker.stop();
    const [first] = scene.device.manager.list();
    await scene.device.finish(scene.device.manager.rename(first?.id ?? "", `a${round}`, FOREVER));
    scene.broker.isDeafToSubscriptions = false;
    scene.broker.holdsAcknowledgements = false;
    scene.broker.start();
    await scene.device.clock.advance(5_000);
    told.push(...scene.take());
  }
  await scene.respond();
  told.push(...scene.take());
  expect(containersIn(picture(told))).toEqual(truth(scene.device.manager.list()));
  expect((await scene.ask("Metrics", "request", { frequency: "0s" })).status).toBe(204);
});

test("an answer in the new connection is taken while the old one's features still wait", async () => {
  const scene = await start();
  await scene.device.create({ name: "a", image: { name: IMAGE } });
  scene.broker.holdsAcknowledgements = true;
  await scene.respond();
  scene.broker.stop();
  scene.broker.holdsAcknowledgements = false;
  scene.broker.start();
  await scene.device.clock.advance(3_000);
  scene.take();
  await scene.respond();
  expect(containersIn(picture(scene.take()))).toEqual(truth(scene.device.manager.list()));
});

test("how an installation ended is told also when it ended before the thing was known again", async () => {
  const scene = await start();
  await scene.respond();
  const server = Bun.serve({
    port: 0,
    fetch: () => new Response(JSON.stringify({ image: { name: IMAGE } })),
  });
  const pulled = Promise.withResolvers<never>();
  scene.device.images.ensure = () => pulled.promise;
  const artifacts = [{ download: { HTTP: { url: `http://localhost:${server.port}/a.json` } } }];
  const softwareModules = [{ softwareModule: { name: "m", version: "1" }, artifacts }];
  const request = { correlationId: "i", softwareModules };
  expect((await scene.ask("SoftwareUpdatable", "install", request)).status).toBe(204);
  const isInstalling = () => scene.broker.published.some(({ payload }) => payload.includes('"INSTALLING"'));
  await until(isInstalling, "the description is read");
  await server.stop(true);
  await scene.rest();
  scene.broker.stop();
  scene.broker.start();
  await scene.device.clock.advance(3_000);
  scene.take();
  pulled.reject(new Error("no such image"));
  await scene.rest();
  expect(scene.take()).toEqual([]);
  await scene.respond();
  const ended = { correlationId: "i", status: "FINISHED_ERROR", message: "no such image" };
  expect(picture(scene.take())["SoftwareUpdatable"]).toMatchObject({
    properties: { status: { lastOperation: ended, lastFailedOperation: ended } },
  });
});

test("1,000 changes while the broker is away: it is true within five seconds of its return, and 500 returns later", async () => {
  const cycles = Number(process.env["SUPERCARGO_TWIN_CYCLES"] ?? 20);
  const scene = await start();
  await scene.respond();
  const names = ["a", "b", "c", "d", "e"];
  for (const name of names) await scene.device.create({ name, image: { name: IMAGE } });
  await scene.rest();
  const told: Told[] = [...scene.take()];
  scene.broker.stop();
  const { manager, clock } = scene.device;
  for (let change = 0; change < 1_000; change++) {
    const list = manager.list();
    const target = list[change % list.length]?.id ?? "";
    if (change % 100 === 99) {
      await scene.device.finish(manager.remove(target, true, undefined, FOREVER));
      await scene.device.create({ name: `new-${change}`, image: { name: IMAGE } });
    } else await scene.device.finish(manager.rename(target, `n${change}`, FOREVER));
  }
  // The bound of the queue, whatever happened.
  expect(scene.connection.waiting).toBeLessThan(100);
  await clock.advance(3_600_000);
  scene.broker.start();
  await clock.advance(3_500);
  await scene.respond();
  told.push(...scene.take());
  expect(containersIn(picture(told))).toEqual(truth(manager.list()));
  told.length = 0;
  const beforeBytes = heapBytes();
  for (let cycle = 0; cycle < cycles; cycle++) {
    scene.broker.stop();
    const list = manager.list();
    await scene.device.finish(manager.rename(list[cycle % list.length]?.id ?? "", `c${cycle}`, FOREVER));
    scene.broker.start();
    await clock.advance(3_500);
    await scene.respond();
    const since = scene.take();
    expect(containersIn(picture(since))).toEqual(truth(manager.list()));
  }
  expect(scene.broker.filters).toHaveLength(2);
  expect(heapBytes() - beforeBytes).toBeLessThan(10 * 1024 * 1024);
  console.log(`twin: 1,000 changes without a broker, ${cycles} reconnects (SUPERCARGO_TWIN_CYCLES)`);
}, 600_000);

test("the file of what the cloud knows belongs to the latest hand-shake", async () => {
  const scene = await start();
  await scene.respond();
  const { id: gone } = await scene.device.create({ name: "gone", image: { name: IMAGE } });
  await scene.rest();
  scene.broker.holdsAcknowledgements = true;
  await scene.device.finish(scene.device.manager.remove(gone, true, undefined, FOREVER));
  await scene.respond({ ...DEVICE, policyId: "other" });
  const { id: kept } = await scene.device.create({ name: "kept", image: { name: IMAGE } });
  scene.broker.acknowledge();
  await scene.rest();
  const file = join(scene.folder, "sup_back_demo.ns_gw01_dev01_edge_containers.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ [kept]: `Container:${kept}` });
});

test("the file of an older version is taken over; one that cannot be read cleans nothing up and is written anew", async () => {
  const path = (scene: Scene, name: string) => join(scene.folder, `sup_back_${name}.json`);
  const now = "demo.ns_gw01_dev01_edge_containers";
  const older = await start();
  writeFileSync(path(older, "demo.ns_gw01:dev01:edge:containers"), '{"old":"Container:old"}');
  await older.respond();
  expect(older.takePaths()).toContain("delete /features/Container:old");
  expect(existsSync(path(older, "demo.ns_gw01:dev01:edge:containers"))).toBe(false);
  expect(readFileSync(path(older, now), "utf8")).toBe("null");
  for (const content of ["", "{", "[]", "5", "\u0000", '{"":1}']) {
    const broken = await start();
    writeFileSync(path(broken, now), content);
    const { id } = await broken.device.create({ name: "a", image: { name: IMAGE } });
    await broken.respond();
    expect(broken.takePaths()).toContain(`/features/Container:${id}`);
    expect(JSON.parse(readFileSync(path(broken, now), "utf8"))).toMatchObject({ [id]: `Container:${id}` });
  }
});

test("a deletion that waited for the broker is not told again after the answer", async () => {
  const scene = await start();
  await scene.respond();
  const { id } = await scene.device.create({ name: "gone", image: { name: IMAGE } });
  await scene.rest();
  scene.broker.stop();
  await scene.device.finish(scene.device.manager.remove(id, true, undefined, FOREVER));
  scene.broker.start();
  await scene.device.clock.advance(3_500);
  expect(scene.takePaths()).toContain(`delete /features/Container:${id}`);
  await scene.respond();
  expect(scene.takePaths()).not.toContain(`delete /features/Container:${id}`);
});

test("without features nothing is published; each feature comes alone", async () => {
  for (const [features, paths] of [
    [[], []],
    [["ContainerFactory"], ["/features/Container:new-1", "/features/ContainerFactory"]],
    [["SoftwareUpdatable"], ["/features/SoftwareUpdatable"]],
    [["Metrics", "Unknown"], ["/features/Metrics"]],
  ] as const) {
    const scene = await start([...features]);
    await scene.device.create({ name: "a", image: { name: IMAGE } });
    await scene.respond();
    expect(scene.takePaths()).toEqual([...paths]);
  }
});
