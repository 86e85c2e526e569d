/** The twin's examples of documents 003 and 004 by their own lines, on a broker at the usual port; their errata stand in docs/manual/errata.md. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withDefaults } from "../../src/model/defaults.ts";
import { PrivateBroker } from "./support/broker.ts";
import { policyOf, STAYS } from "./support/cast.ts";
import { Cloud, type Envelope, pictureOf } from "./support/cloud.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const LIMIT_MS = 60_000;
const THING = "dummy-namespace:dummy-gateway:dummy-device-id:edge:containers";
const EVENTS = `e/dummy-tenant-id/${THING}`;
const REPLY = `command//${THING}/res/3fdc463c-293c-4f39-ab19-24aef7944550/204`;
const SEAT_SERVICE = "ghcr.io/eclipse/kuksa.val.services/seat_service:v0.1.0";

const documents = ["003_a55572c00f7a13c9", "004_2261a0d238fa187d"].map((name) =>
  readFileSync(join(import.meta.dir, `../../../shared/documents/${name}.txt`), "utf8"),
);
/** The command lines of a document for the twin. */
function linesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^mosquitto_pub -t '?(?:edge|command)\//.test(line));
}
const [asked = "", often = "", never = ""] = linesOf(documents[1] ?? "");

/** An example of document 004 that holds this text, as JSON with the real names in the place of the document's. */
function example(holds: string, uuid: string): Envelope {
  const blocks = (documents[1] ?? "").match(/^\{$[\s\S]*?^\} *$/gm) ?? [];
  const block = blocks.find((text) => text.includes(holds));
  if (block === undefined) throw new Error(`no example with ${holds}`);
  // Erratum: the envelope's topic begins with the namespace, not with the tenant.
  const named = block
    .replace("<tenantId>/<gatewayId>:<deviceId>", "dummy-namespace/dummy-gateway:dummy-device-id")
    .replaceAll("<uuid>", uuid);
  return JSON.parse(named);
}

let broker: PrivateBroker;
let device: TestDevice;
let cloud: Cloud;

beforeAll(async () => {
  refuseInitialNamespace();
  broker = await PrivateBroker.start({ port: 1883 });
  cloud = await Cloud.connect(broker.port);
  // The documents' spelling; the broker is where the daemon looks by itself.
  device = await startTestDevice({ things: { enable: undefined, enabled: true } });
  await device.importImage({ name: SEAT_SERVICE, config: { Cmd: STAYS } });
}, 120_000);

afterAll(async () => {
  await cloud?.end();
  await device?.end();
  await broker?.end();
}, 120_000);

function say(line: string): void {
  const run = Bun.spawnSync(["sh", "-c", line]);
  expect([line, run.exitCode, run.stderr.toString()]).toEqual([line, 0, ""]);
}

test("both documents give the same lines", () => {
  expect(documents.map((text) => linesOf(text).length)).toEqual([3, 3]);
  expect(linesOf(documents[0] ?? "")).toEqual(linesOf(documents[1] ?? ""));
});

test(
  "the connector's message brings the list of containers and one message for each",
  async () => {
    const seat = withDefaults(
      {
        name: "seatservice-example",
        image: { name: SEAT_SERVICE },
        config: {
          env: [
            "VEHICLEDATABROKER_DAPR_APP_ID=databroker",
            "BROKER_ADDR=databroker-host:30555",
            "RUST_LOG=info",
            "vehicle_data_broker=info",
          ],
        },
        hostConfig: {
          restartPolicy: policyOf("unless-stopped"),
          extraHosts: ["databroker-host:host_ip"],
          portMappings: [
            {
              protocol: "tcp",
              hostIp: "localhost",
              hostPort: 30051,
              hostPortEnd: 30051,
              containerPort: 50051,
            },
          ],
          logConfig: {
            driver: { type: "json-file", maxFiles: 2, maxSize: "1M", rootDir: "" },
            mode: { mode: "blocking", maxBufferSize: "" },
          },
        },
      },
      () => crypto.randomUUID(),
    );
    await device.device.client.create(seat, stepSignal());
    await device.device.client.start(seat.id, stepSignal());
    await cloud.wait("the request", ({ topic }) => topic === "edge/thing/request");
    say(asked);
    await cloud.wait("the last feature", ({ body }) =>
      JSON.stringify(body).includes('"/features/ContainerFactory"'),
    );
    const told = (path: string) =>
      cloud.heard.find(({ topic, body }) => topic === EVENTS && (body as Envelope).path === path)
        ?.body as Envelope;

    const software = told("/features/SoftwareUpdatable");
    const listed = example('"/features/SoftwareUpdatable"', seat.id);
    expect({ ...software, value: undefined }).toEqual({ ...listed, value: undefined });
    // Of the five containers of the example the one that is here.
    const key = `ghcr.io%2Feclipse%2Fkuksa.val.services%2Fseat_service.${seat.id}:v0.1.0`;
    const status = (envelope: Envelope) =>
      (envelope.value as { properties: { status: Record<string, Record<string, unknown>> } }).properties
        .status;
    expect(status(software)).toEqual({
      ...status(listed),
      installedDependencies: { [key]: status(listed)["installedDependencies"]?.[key] },
    });

    const container = told(`/features/Container:${seat.id}`);
    const wanted = example(`"/features/Container:`, seat.id);
    Object.assign(status(wanted), {
      createdAt: expect.stringMatching(/^2.*Z$/),
      state: { status: "RUNNING", pid: expect.any(Number), startedAt: expect.stringMatching(/^2.*Z$/) },
    });
    expect(container).toEqual(wanted);
  },
  LIMIT_MS,
);

test(
  "metrics every five seconds, and none any more",
  async () => {
    const isReply = ({ topic }: { readonly topic: string }) => topic === REPLY;
    // The document's reader types it when commands are heard: after the features.
    await cloud.untilObeyed(THING);
    const begun = cloud.heard.length;
    say(often);
    const { atMs } = await cloud.wait("the answer", isReply, begun);
    const isData = ({ topic, body }: { readonly topic: string; readonly body: unknown }) =>
      topic === EVENTS && (body as Envelope).path === "/features/Metrics/outbox/messages/data";
    const data = await cloud.wait("measured values", isData, begun);
    expect(data.atMs - atMs).toBeGreaterThan(4_000);
    const { snapshot } = (data.body as { value: { snapshot: { originator: string }[] } }).value;
    expect(snapshot.map(({ originator }) => originator)).toEqual(
      Object.keys(pictureOf(cloud.heard, EVENTS)).filter((id) => id.startsWith("Container:")),
    );
    const before = cloud.heard.length;
    say(never);
    await cloud.wait("the answer", isReply, before);
  },
  LIMIT_MS,
);
