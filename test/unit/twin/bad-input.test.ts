/** Whatever comes on a topic of the thing: an answer where one is due, and the next command works (spec/digital-twin.md §4.3, §7a). */

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Envelope } from "../../integration/support/cloud.ts";
import { Scene, THING } from "./scene.ts";

const DITTO = "demo.ns/gw01:dev01:edge:containers";
const IMAGE = "registry.example/app:1";
let scene: Scene;
let id = "";
let serial = 0;

beforeAll(async () => {
  scene = await Scene.start();
  await scene.respond();
  id = String((await scene.ask("ContainerFactory", "create", { imageRef: IMAGE })).value);
  scene.take();
});

afterAll(async () => {
  await scene.end();
});

/** What is answered to these bytes on a two-way topic; undefined: nothing. */
async function answer(payload: string | Uint8Array, word = "x"): Promise<Envelope | undefined> {
  const request = `r${++serial}`;
  scene.broker.send(`command//${THING}/req/${request}/${word}`, payload);
  await scene.device.clock.advance(100);
  const told = scene.take().find(({ topic }) => topic.includes(`/res/${request}/`));
  if (told === undefined) return undefined;
  expect(told.topic).toBe(`command//${THING}/res/${request}/${told.body.status}`);
  return told.body;
}

/** The same bytes where nobody waits; nothing may be answered, and the thing goes on. */
async function silence(payload: string | Uint8Array): Promise<void> {
  scene.broker.send(`command//${THING}/req//x`, payload);
  await scene.device.clock.advance(100);
  expect(scene.take().filter(({ topic }) => topic.includes("/res/"))).toEqual([]);
}

function envelope(changes: object, headers: object = {}): string {
  return JSON.stringify({
    topic: `${DITTO}/things/live/messages/request`,
    headers: { "response-required": true, "correlation-id": `c${++serial}`, ...headers },
    path: "/features/Metrics/inbox/messages/request",
    ...changes,
  });
}

const JSON_TYPE = { "content-type": "application/json" };

test("1 to 3: what cannot be read is answered as of an unknown thing, and only logged where nobody waits", async () => {
  const parse = `error parsing Ditto message received for device id [${THING}]`;
  const invalid = `invalid Ditto message received for device id [${THING}]`;
  const topic = `invalid Ditto message topic received for device id [${THING}]`;
  const headers = '"headers":{"response-required":true,"correlation-id":"c"}';
  const rows: readonly (readonly [string | Uint8Array, string])[] = [
    ["", parse],
    ["not JSON", parse],
    [new Uint8Array([0xff, 0xfe, 0x00]), parse],
    ["null", parse],
    ["[]", parse],
    ["5", parse],
    ['"text"', parse],
    ["{}", invalid],
    [`{${headers},"path":"/x"}`, invalid],
    [`{${headers},"topic":"","path":"/x"}`, invalid],
    [`{${headers},"topic":"a/b/c"}`, invalid],
    [`{${headers},"topic":5,"path":"/x"}`, parse],
    [`{${headers},"topic":"a/b/c","path":[]}`, parse],
    ['{"headers":[],"topic":"a/b/c","path":"/x"}', parse],
    ['{"headers":"x","topic":"a/b/c","path":"/x"}', parse],
    [`{${headers},"topic":"a","path":"/x"}`, topic],
    [`{${headers},"topic":"a/b","path":"/x"}`, topic],
    ["[".repeat(20_000), parse],
    [`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`, invalid],
    ["x".repeat(5_000_000), parse],
  ];
  for (const [payload, message] of rows) {
    expect(await answer(payload)).toEqual({
      topic: "unknown/unknown/things/twin/errors",
      headers: JSON_TYPE,
      path: "/",
      value: { error: "messages:parameter.invalid", status: 400, message },
      status: 400,
    });
    await silence(payload);
  }
});

test("4 to 7: headers are checked in their order, whatever their types", async () => {
  const begin = `invalid Ditto message received for device id [${THING}]`;
  const missing = `${begin}: correlation id header is missing`;
  const rows: readonly (readonly [object, object, string])[] = [
    [{ "correlation-id": undefined }, {}, missing],
    [{ "correlation-id": "" }, {}, missing],
    [{ "correlation-id": null }, {}, missing],
    [{ "correlation-id": 5 }, {}, `${begin}: correlation id header is not a text`],
    [{ "correlation-id": {} }, {}, `${begin}: correlation id header is not a text`],
    [{}, { value: {} }, `${begin}: missing content type header`],
    [{ "content-type": 5 }, { value: {} }, `${begin}: content type header is not a text`],
    [{ "content-type": "text/plain" }, { value: {} }, `${begin}: unsupported content type header text/plain`],
    [JSON_TYPE, {}, `${begin}: unexpected content type header application/json`],
    [JSON_TYPE, { value: null }, `${begin}: unexpected content type header application/json`],
  ];
  for (const [headers, changes, message] of rows) {
    const text = envelope(changes, headers);
    const reply = await answer(text);
    expect(reply).toMatchObject({
      topic: `${DITTO}/things/live/messages/request`,
      path: "/features/Metrics/inbox/messages/request",
      value: { error: "messages:parameter.invalid", status: 400, message },
      status: 400,
    });
    await silence(text);
  }
  for (const wanted of ["true", 1, {}, null, false, undefined]) {
    expect(await answer(envelope({}, { "response-required": wanted }))).toBeUndefined();
  }
  const { headers: _, ...bare } = JSON.parse(envelope({}));
  expect(await answer(JSON.stringify(bare))).toBeUndefined();
  expect(await answer(JSON.stringify({ ...bare, headers: null }))).toBeUndefined();
});

test("8 to 11: unknown things, features, paths and operations have their words", async () => {
  const target = `the target thing ID = ${THING} does not have e registered operations handler - thus, the command will not be processed`;
  const missing = `missing operation name for device id [${THING}]`;
  const rows: readonly (readonly [object, number, string])[] = [
    [{ topic: "a/b/things/live/messages/x" }, 404, `thing with ID = ${THING} is not found`],
    [{ path: "/features/Nothing/inbox/messages/x" }, 400, "feature [Nothing] not found "],
    [{ path: "/features/Container:gone/inbox/messages/start" }, 400, "feature [Container:gone] not found "],
    [
      { path: "/features/Container:../../etc/inbox/messages/start" },
      400,
      "feature [Container:..] not found ",
    ],
    [{ path: "/features/__proto__/inbox/messages/x" }, 400, "feature [__proto__] not found "],
    [{ path: "/features/Metrics" }, 400, missing],
    [{ path: "/features/Metrics/outbox/messages/request" }, 400, missing],
    [{ path: "/features/Metrics/properties/x" }, 400, missing],
    [{ path: "/features/Metrics/inbox/messages/request/x" }, 400, missing],
    [{ path: "/features/Metrics/inbox/messages/" }, 400, missing],
    [{ path: "/" }, 400, missing],
    [{ path: "/inbox/messages/request" }, 404, target],
    [{ path: "/features/Metrics/inbox/messages/nothing" }, 404, "unsupported operation nothing"],
    [{ path: "/features/Metrics/inbox/messages/constructor" }, 404, "unsupported operation constructor"],
    [{ path: "/features/ContainerFactory/inbox/messages/toString" }, 404, "unsupported operation toString"],
    [{ path: `/features/Container:${id}/inbox/messages/restart` }, 404, "unsupported operation restart"],
    [
      { path: `/features/Container:${id}/inbox/messages/hasOwnProperty` },
      404,
      "unsupported operation hasOwnProperty",
    ],
    ...["download", "cancel", "cancelRemove", "x"].map((operation): readonly [object, number, string] => [
      { path: `/features/SoftwareUpdatable/inbox/messages/${operation}` },
      404,
      `unsupported operation called [operationId = ${operation}]`,
    ]),
  ];
  for (const [changes, status, message] of rows) {
    const error = status === 404 ? "messages:subject.notfound" : "messages:parameter.invalid";
    expect([message, await answer(envelope(changes))]).toMatchObject([
      message,
      { value: { error, status, message }, status },
    ]);
  }
});

test("arguments of wrong kinds, and the nulls over which the peer ended, are refused with 400", async () => {
  const factory = (value: unknown) => ({
    path: "/features/ContainerFactory/inbox/messages/createWithConfig",
    value,
  });
  const config = (members: object) => factory({ imageRef: IMAGE, config: members });
  const software = (operation: string, value: unknown) => ({
    path: `/features/SoftwareUpdatable/inbox/messages/${operation}`,
    value,
  });
  const own = (operation: string, value: unknown) => ({
    path: `/features/Container:${id}/inbox/messages/${operation}`,
    value,
  });
  const metrics = (value: unknown) => ({ value });
  const deep = JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`);
  const rows: readonly object[] = [
    ...["text", 5, true, []].map(factory),
    factory({ imageRef: 5 }),
    factory({ imageRef: IMAGE, start: "yes" }),
    config({ mountPoints: [null] }),
    config({ devices: [null] }),
    config({ portMappings: [null] }),
    config({ portMappings: [{ hostPort: 70_000, containerPort: 80 }] }),
    config({ portMappings: [{ hostPort: -1, containerPort: 80 }] }),
    config({ portMappings: [{ hostPort: 1.5, containerPort: 80 }] }),
    config({ env: "A=1" }),
    config({ cmd: [5] }),
    config({ restartPolicy: { type: "ON_FAILURE", maxRetryCount: "3" } }),
    config({ restartPolicy: { type: "ON_FAILURE", retryTimeout: 1e30 } }),
    config({ log: { maxFiles: 1e30 } }),
    config({ env: deep }),
    software("install", {}),
    software("install", { softwareModules: [] }),
    software("install", { softwareModules: [null] }),
    software("install", { softwareModules: [{ artifacts: [{}] }] }),
    software("install", { softwareModules: [{ softwareModule: null, artifacts: [{}] }] }),
    software("install", { softwareModules: [{ softwareModule: { name: "a", version: "1" } }] }),
    software("install", "x"),
    software("remove", {}),
    software("remove", { software: [null] }),
    software("remove", { software: [{ name: 5 }] }),
    own("remove", "yes"),
    own("remove", {}),
    own("rename", 5),
    own("stopWithOptions", { timeout: "5" }),
    own("stopWithOptions", { timeout: 1.5 }),
    own("update", { restartPolicy: [] }),
    metrics({ frequency: null }),
    metrics({ frequency: true }),
    metrics({ frequency: deep }),
    metrics({ frequency: "5" }),
    metrics({ frequency: "often" }),
    metrics({ frequency: "1s", filter: "cpu" }),
    metrics({ frequency: "1s", filter: [{ id: "cpu" }] }),
    metrics({ frequency: "1s", filter: [5] }),
  ];
  for (const changes of rows) {
    const reply = await answer(envelope(changes, JSON_TYPE));
    expect([JSON.stringify(changes).slice(0, 150), reply?.status, reply?.value]).toEqual([
      JSON.stringify(changes).slice(0, 150),
      400,
      { error: "messages:parameter.invalid", status: 400, message: expect.stringMatching(/./) },
    ]);
  }
  expect(scene.device.manager.list()).toHaveLength(1);
});

test("what is harmless in the peer is harmless here", async () => {
  const nulls = { env: [null], cmd: [null], extraHosts: null, log: null, restartPolicy: null };
  const made = await scene.ask("ContainerFactory", "createWithConfig", {
    imageRef: IMAGE,
    IMAGEREF: IMAGE,
    unknown: { deep: [1] },
    config: { ...nulls, env: [], mountPoints: null },
  });
  expect(made.status).toBe(200);
  scene.take();
  for (const value of [
    { frequency: "1s", filter: [null] },
    { frequency: "1s", filter: [{ id: [null] }] },
    { frequency: 1e30 },
    { frequency: -5 },
    { frequency: 0.5 },
    {},
  ]) {
    expect([value, (await scene.ask("Metrics", "request", value)).status]).toEqual([value, 204]);
    scene.take();
  }
  await scene.ask("Metrics", "request", { frequency: "0s" });
  scene.take();
});

test("odd topics and odd events of the twin are noted and nothing else", async () => {
  for (const topic of [
    `command//${THING}/req/a`,
    `command//${THING}/req/a/b/c`,
    `command//${THING}/req//errors-response`,
    `command//${THING}/req//`,
    `command//${THING}/req/`,
    `command//${THING}/req`,
    ...["created", "modified", "deleted"].map((word) => `command//${THING}/req//${word}`),
  ]) {
    for (const payload of ["", "null", '{"path":5}', '{"path":"/features","value":null}', "x"]) {
      scene.broker.send(topic, payload);
    }
  }
  await scene.rest();
  expect(scene.take()).toEqual([]);
  expect((await scene.ask("Metrics", "request", { frequency: "0s" })).status).toBe(204);
});
