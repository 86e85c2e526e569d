/** How commands run: in order per container, beside each other otherwise, and each of them once. */

import { afterEach, expect, test } from "bun:test";
import { Scene, THING } from "./scene.ts";

const IMAGE = "registry.example/app:1";
const scenes: Scene[] = [];

async function start(): Promise<Scene> {
  const scene = await Scene.start();
  scenes.push(scene);
  await scene.respond();
  scene.take();
  return scene;
}

afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.end();
});

async function make(scene: Scene, name: string, command = "runs"): Promise<string> {
  const { value } = await scene.ask("ContainerFactory", "createWithConfig", {
    imageRef: IMAGE,
    name,
    start: true,
    config: { cmd: [command], restartPolicy: { type: "NO" } },
  });
  scene.take();
  return String(value);
}

/** Statuses of the answers by request, in their order. */
function answers(scene: Scene): readonly string[] {
  return scene.broker.published
    .filter(({ topic }) => topic.includes("/res/"))
    .map(({ topic }) => topic.split("/").slice(-2).join(" "));
}

test("commands for one container run in the order in which they came, each after the end of the one before", async () => {
  const scene = await start();
  const id = await make(scene, "one", "handles");
  const feature = `Container:${id}`;
  const requests = ["stop", "start", "pause", "resume", "stop", "start", "remove"].map((operation) =>
    scene.send(feature, operation, ...(operation === "remove" ? [true] : [])),
  );
  await scene.reply(requests.at(-1) ?? "");
  expect(answers(scene)).toEqual(requests.map((request) => `${request} 204`));
  const states = scene
    .take()
    .filter(({ body }) => body.path.endsWith("/status/state"))
    .map(({ body }) => (body.value as { status: string }).status);
  expect(states).toEqual(["STOPPED", "RUNNING", "PAUSED", "RUNNING", "STOPPED", "RUNNING", "DEAD"]);
});

test("a long pull holds up no other command, not even another creation", async () => {
  const scene = await start();
  const id = await make(scene, "one");
  const { images } = scene.device;
  const ensure = images.ensure.bind(images);
  const pulled = Promise.withResolvers<void>();
  images.ensure = async (name, signal, options) => {
    if (name.endsWith(":2")) await pulled.promise;
    return await ensure(name, signal, options);
  };
  const slow = scene.send("ContainerFactory", "create", { imageRef: "registry.example/app:2" });
  expect((await scene.ask(`Container:${id}`, "pause")).status).toBe(204);
  expect((await scene.ask("ContainerFactory", "create", { imageRef: IMAGE })).status).toBe(200);
  expect((await scene.ask("Metrics", "request", { frequency: "0s" })).status).toBe(204);
  expect(answers(scene).some((answer) => answer.startsWith(`${slow} `))).toBe(false);
  pulled.resolve();
  expect((await scene.reply(slow)).status).toBe(200);
});

test("a stop that takes its time holds up the commands for that container alone", async () => {
  const scene = await start();
  const [first, second] = [await make(scene, "one", "stubborn"), await make(scene, "two")];
  const stop = scene.send(`Container:${first}`, "stopWithOptions", { timeout: 20, force: true });
  const start2 = scene.send(`Container:${first}`, "start");
  expect((await scene.ask(`Container:${second}`, "stop")).status).toBe(204);
  expect(answers(scene)).toHaveLength(1);
  expect((await scene.reply(start2)).status).toBe(204);
  expect(answers(scene).slice(1)).toEqual([`${stop} 204`, `${start2} 204`]);
});

test("a request that comes again within its time-out is run and answered once, also without an answer wanted", async () => {
  const scene = await start();
  const create = (topic: string, headers: object) => {
    scene.broker.send(
      topic,
      JSON.stringify({
        topic: "demo.ns/gw01:dev01:edge:containers/things/live/messages/create",
        headers: { "correlation-id": "c", "content-type": "application/json", ...headers },
        path: "/features/ContainerFactory/inbox/messages/create",
        value: { imageRef: IMAGE },
      }),
    );
  };
  const containers = () => scene.device.manager.list().length;
  for (const [topic, headers, timeoutMs] of [
    [`command//${THING}/req/r/create`, { "response-required": true, timeout: "30" }, 30_000],
    [`command//${THING}/req//create`, {}, 10_000],
  ] as const) {
    const before = [containers(), answers(scene).length];
    for (let copy = 0; copy < 3; copy++) create(topic, headers);
    await scene.device.clock.advance(timeoutMs - 1_000);
    create(topic, headers);
    await scene.device.clock.advance(500);
    const isAnswered = "response-required" in headers ? 1 : 0;
    expect([containers(), answers(scene).length]).toEqual([
      (before[0] ?? 0) + 1,
      (before[1] ?? 0) + isAnswered,
    ]);
    await scene.device.clock.advance(1_000);
    create(topic, headers);
    await scene.device.clock.advance(1_000);
    expect(containers()).toBe((before[0] ?? 0) + 2);
  }
});

test("who says something else under the same correlation id, as the lines of the documents do, is answered each time", async () => {
  const scene = await start();
  const request = (frequency: string) =>
    scene.broker.send(
      `command//${THING}/req/3fdc/request`,
      JSON.stringify({
        topic: "demo.ns/gw01:dev01:edge:containers/things/live/messages/request",
        headers: {
          timeout: "10",
          "response-required": true,
          "content-type": "application/json",
          "correlation-id": "3fdc",
        },
        path: "/features/Metrics/inbox/messages/request",
        value: { frequency },
      }),
    );
  for (const frequency of ["5s", "0s", "5s", "5s", "0s"]) request(frequency);
  await scene.rest();
  expect(answers(scene)).toHaveLength(4);
});

test("late and reordered: a command for a container that is gone, or of another thing, is refused in words", async () => {
  const scene = await start();
  const id = await make(scene, "one");
  const remove = scene.send(`Container:${id}`, "remove", true);
  const late = scene.send(`Container:${id}`, "start");
  expect((await scene.reply(remove)).status).toBe(204);
  expect(await scene.reply(late)).toMatchObject({
    status: 500,
    value: {
      error: "messages:execution.failed",
      message: `no such container with id = ${id} exists`,
    },
  });
  expect(await scene.ask(`Container:${id}`, "start")).toMatchObject({
    status: 400,
    value: { message: `feature [Container:${id}] not found ` },
  });
  scene.take();
  await scene.respond({ deviceId: "demo.ns:gw02", tenantId: "tenant1" });
  scene.take();
  scene.send("Metrics", "request", { frequency: "1s" });
  await scene.device.clock.advance(3_000);
  expect(scene.take()).toEqual([]);
});

test("a flood of commands lets everything else have its turns", async () => {
  const scene = await start();
  const ids: string[] = [];
  for (const name of ["a", "b"]) ids.push(await make(scene, name));
  for (let at = 0; at < 100; at++) scene.send(`Container:${ids[at % 2]}`, "rename", `name-${at}`);
  let turns = 0;
  while (answers(scene).length < 100 && turns < 10_000) {
    turns++;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(answers(scene)).toHaveLength(100);
  expect(turns).toBeGreaterThan(90);
});

test("1,000 commands in a row are all answered", async () => {
  const scene = await start();
  const ids: string[] = [];
  for (const name of ["a", "b", "c", "d"]) ids.push(await make(scene, name));
  const requests = Array.from({ length: 1_000 }, (_, at) =>
    scene.send(`Container:${ids[at % 4]}`, "rename", `name-${at}`),
  );
  await scene.device.until(() => answers(scene).length >= 1_000);
  expect(new Set(answers(scene))).toEqual(new Set(requests.map((request) => `${request} 204`)));
});
