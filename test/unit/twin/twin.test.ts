import { afterEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEVICE, Scene, THING } from "./scene.ts";

const scenes: Scene[] = [];
async function start(...features: string[]): Promise<Scene> {
  const scene = features.length === 0 ? await Scene.start() : await Scene.start(features);
  scenes.push(scene);
  return scene;
}
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.end();
});

const BACKUP = "sup_back_demo.ns_gw01_dev01_edge_containers.json";
const backup = (scene: Scene) => JSON.parse(readFileSync(join(scene.folder, BACKUP), "utf8"));
const IMAGE = "registry.example/app:1";

test("the device is asked for at each connection, and its answer brings all features and then commands", async () => {
  const scene = await start();
  expect(scene.broker.published.map(({ topic, payload }) => [topic, payload])).toEqual([
    ["edge/thing/request", '{"topic":"","headers":null,"path":""}'],
  ]);
  expect(scene.broker.filters).toEqual(["edge/thing/response"]);
  await scene.respond();
  const told = scene.take();
  expect(told.map(({ topic }) => topic)).toEqual([
    `e/tenant1/${THING}`,
    `e/tenant1/${THING}`,
    `e/tenant1/${THING}`,
  ]);
  expect(told.map(({ body }) => body)).toEqual([
    {
      topic: "demo.ns/gw01:dev01:edge:containers/things/twin/commands/modify",
      headers: { "response-required": false },
      path: "/features/SoftwareUpdatable",
      value: {
        definition: ["org.eclipse.hawkbit.swupdatable:SoftwareUpdatable:2.0.0"],
        properties: { status: { softwareModuleType: "oci:container" } },
      },
    },
    {
      topic: "demo.ns/gw01:dev01:edge:containers/things/twin/commands/modify",
      headers: { "response-required": false },
      path: "/features/Metrics",
      value: { definition: ["com.bosch.iot.suite.edge.metric:Metrics:1.0.0"] },
    },
    {
      topic: "demo.ns/gw01:dev01:edge:containers/things/twin/commands/modify",
      headers: { "response-required": false },
      path: "/features/ContainerFactory",
      value: { definition: ["com.bosch.iot.suite.edge.containers:ContainerFactory:1.3.0"] },
    },
  ]);
  expect(scene.broker.filters).toEqual(["edge/thing/response", `command//${THING}/req/#`]);
});

test("an answer that is not usable changes nothing, and a good one after it is taken", async () => {
  const scene = await start();
  for (const answer of [
    "",
    "null",
    "{}",
    "[]",
    "nonsense",
    '{"deviceId":""}',
    '{"deviceId":5}',
    '{"deviceId":"a:b#"}',
    '{"deviceId":"a+:b"}',
    '{"deviceId":"a/b"}',
    '{"deviceId":"a:b","tenantId":7}',
    '{"deviceId":"a:b","tenantId":"#"}',
    '{"deviceId":"a:b","policyId":[]}',
    `${"[".repeat(20_000)}`,
  ]) {
    await scene.respond(answer);
    expect([answer.slice(0, 20), scene.takePaths()]).toEqual([answer.slice(0, 20), []]);
  }
  await scene.respond();
  expect(scene.takePaths()).toHaveLength(3);
});

test("the same answer again does nothing; policy, tenant and device changes publish afresh", async () => {
  const scene = await start();
  await scene.respond();
  scene.take();
  await scene.respond();
  expect(scene.take()).toEqual([]);
  await scene.respond({ ...DEVICE, policyId: "p" });
  expect(scene.takePaths()).toHaveLength(3);
  await scene.respond({ ...DEVICE, tenantId: "tenant2" });
  expect(scene.take().map(({ topic }) => topic)[0]).toBe(`e/tenant2/${THING}`);
  await scene.respond({ deviceId: "x", tenantId: "tenant2" });
  const told = scene.take();
  expect(told[0]?.topic).toBe("e/tenant2/x::edge:containers");
  expect(told[0]?.body.topic).toBe("x/:edge:containers/things/twin/commands/modify");
  expect(scene.broker.filters).toEqual(["edge/thing/response", "command//x::edge:containers/req/#"]);
});

test("a container's life is told step by step, and commands are answered after what they caused", async () => {
  const scene = await start();
  await scene.respond();
  scene.take();
  const made = await scene.ask("ContainerFactory", "createWithConfig", {
    imageRef: IMAGE,
    name: "web",
    start: true,
    config: { cmd: ["runs"], restartPolicy: { type: "NO" } },
  });
  expect(made.status).toBe(200);
  const id = String(made.value);
  expect(scene.takePaths()).toEqual([
    "/features/SoftwareUpdatable/properties/status/installedDependencies",
    `/features/Container:${id}`,
    `/features/Container:${id}/properties/status/state`,
    `/features/Container:${id}/properties/status/state`,
    "reply 200",
  ]);
  expect(backup(scene)).toEqual({ [id]: `Container:${id}` });
  const operations = ["pause", "resume", "stop", "start"] as const;
  for (const operation of operations) {
    expect((await scene.ask(`Container:${id}`, operation)).status).toBe(204);
    expect(scene.takePaths()).toEqual([`/features/Container:${id}/properties/status/state`, "reply 204"]);
  }
  await scene.ask(`Container:${id}`, "rename", "web2");
  expect(scene.take()[0]?.body).toMatchObject({
    path: `/features/Container:${id}/properties/status/name`,
    value: "web2",
  });
  await scene.ask(`Container:${id}`, "update", { restartPolicy: { type: "ALWAYS" } });
  expect(scene.take()[0]?.body.value).toMatchObject({ restartPolicy: { type: "ALWAYS" } });
  await scene.ask(`Container:${id}`, "remove", true);
  const gone = scene.take();
  expect(gone.map(({ body }) => body.path).slice(0, 3)).toEqual([
    "/features/SoftwareUpdatable/properties/status/installedDependencies",
    `/features/Container:${id}/properties/status/state`,
    `/features/Container:${id}`,
  ]);
  expect(gone[0]?.body.value).toBeNull();
  // As the peer: the end of a container that is removed while it runs is no news of its own.
  expect(gone[1]?.body.value).toMatchObject({
    status: "DEAD",
    pid: expect.any(Number),
    startedAt: expect.any(String),
  });
  expect(gone[2]?.body.topic).toEndWith("/commands/delete");
  expect(backup(scene)).toBeNull();
});

test("containers that went while the daemon was down are deleted in the cloud, those of the file alone", async () => {
  const scene = await start();
  writeFileSync(join(scene.folder, BACKUP), '{"old":"Container:old"}');
  await scene.respond();
  expect(scene.takePaths()).toContain("delete /features/Container:old");
  expect(backup(scene)).toBeNull();
});

test("a deletion that the broker never took is done after the next start", async () => {
  const scene = await start();
  await scene.respond();
  const { value: id } = await scene.ask("ContainerFactory", "create", { imageRef: IMAGE });
  scene.broker.stop();
  await scene.device.finish(
    scene.device.manager.remove(String(id), true, undefined, new AbortController().signal),
  );
  await scene.rest();
  expect(backup(scene)).toEqual({ [String(id)]: `Container:${id}` });
  scene.broker.start();
  await scene.restart();
  scene.take();
  await scene.respond();
  expect(scene.takePaths()).toContain(`delete /features/Container:${id}`);
  expect(backup(scene)).toBeNull();
});

test("what happens while the broker is away comes first, on the old topic; then the hand-shake, then everything", async () => {
  const scene = await start();
  await scene.respond();
  const { value: id } = await scene.ask("ContainerFactory", "create", { imageRef: IMAGE });
  scene.broker.published.length = 0;
  scene.broker.stop();
  const { manager } = scene.device;
  await scene.device.finish(manager.rename(String(id), "one", new AbortController().signal));
  await scene.device.finish(manager.rename(String(id), "two", new AbortController().signal));
  await scene.rest();
  scene.broker.start();
  await scene.device.clock.advance(5_000);
  expect(scene.broker.published.map(({ topic }) => topic)).toEqual([
    `e/tenant1/${THING}`,
    "edge/thing/request",
  ]);
  expect(scene.take()[0]?.body.value).toBe("two");
  await scene.device.finish(manager.rename(String(id), "three", new AbortController().signal));
  await scene.rest();
  expect(scene.take()).toEqual([]);
  await scene.respond();
  const whole = scene.take().find(({ body }) => body.path === `/features/Container:${id}`);
  expect(whole?.body.value).toMatchObject({ properties: { status: { name: "three" } } });
});

test("only the features of the configuration are there; without ContainerFactory no container is told", async () => {
  const scene = await start("Metrics");
  await scene.device.create({ name: "a", image: { name: IMAGE } });
  await scene.respond();
  expect(scene.takePaths()).toEqual(["/features/Metrics"]);
  expect(await scene.ask("ContainerFactory", "create", { imageRef: IMAGE })).toMatchObject({
    status: 400,
    path: "/features/ContainerFactory/inbox/messages/create",
    value: { error: "messages:parameter.invalid", message: "feature [ContainerFactory] not found " },
  });
});

test("a thing that the cloud deleted answers 404 until it is made again, which publishes everything", async () => {
  const scene = await start();
  await scene.respond();
  // Of another thing: means nothing here.
  scene.broker.send(
    `command//${THING}/req//deleted`,
    JSON.stringify({ topic: "a/b/things/twin/events/deleted", path: "/" }),
  );
  expect((await scene.ask("Metrics", "request", { frequency: "0s" })).status).toBe(204);
  scene.broker.send(
    `command//${THING}/req//deleted`,
    JSON.stringify({ topic: "demo.ns/gw01:dev01:edge:containers/things/twin/events/deleted", path: "/" }),
  );
  expect((await scene.ask("Metrics", "request", { frequency: "1s" })).status).toBe(404);
  scene.take();
  scene.broker.send(
    `command//${THING}/req//created`,
    JSON.stringify({ topic: "demo.ns/gw01:dev01:edge:containers/things/twin/events/created", path: "/" }),
  );
  await scene.rest();
  expect(scene.takePaths()).toHaveLength(3);
  expect((await scene.ask("Metrics", "request", { frequency: "0s" })).status).toBe(204);
});
