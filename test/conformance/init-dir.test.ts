/** The capture `init_dir`: two descriptors, one without a name; one is edited while the daemon is down. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import type { Container } from "../../src/model/container.ts";
import { PrivateBroker } from "../integration/support/broker.ts";
import { startTestDevice, stepSignal, type TestDevice } from "../integration/support/device.ts";
import { MemoryRegistry } from "../integration/support/memory-registry.ts";
import { refuseInitialNamespace } from "../integration/support/namespace.ts";
import { buildImage } from "../integration/support/oci-image.ts";
import { type HeardNode, UpdateClient } from "../integration/support/update-client.ts";
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

const CAPTURE = "init_dir";
const allowances = allowancesOf(CAPTURE);
const { steps, messages } = readCapture(CAPTURE);

let device: TestDevice;
let registry: MemoryRegistry;
let names: Names;
let broker: PrivateBroker;
let client: UpdateClient;
let root: string;
let folder: string;

beforeAll(async () => {
  refuseInitialNamespace();
  root = mkdtempSync(join(tmpdir(), "supercargo-init-dir-"));
  folder = join(root, "containers.d");
  mkdirSync(folder);
  registry = await MemoryRegistry.start();
  const stay = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
  registry.offer("demo/app", "1.0", buildImage({ cmd: stay }));
  const image = { name: `localhost:${registry.port}/demo/app:1.0` };
  writeFileSync(join(folder, "a.json"), JSON.stringify({ container_name: "ini1", image }));
  writeFileSync(join(folder, "Host.json"), JSON.stringify({ image, host_config: { network_mode: "host" } }));
  broker = await PrivateBroker.start();
  client = await UpdateClient.connect(broker.port);
  device = await startTestDevice({
    things: { enable: true },
    update_agent: { enable: true },
    connection: { broker_url: `tcp://127.0.0.1:${broker.port}` },
    containers: { insecure_registries: [`localhost:${registry.port}`] },
    deployment: { enable: true, ctr_dir: folder, state_dir: join(root, "state") },
  });
  names = new Names(device, registry.port);
}, 120_000);

afterAll(async () => {
  await client?.end();
  await device?.end();
  await broker?.end();
  await registry?.stop();
  rmSync(root, { recursive: true, force: true });
}, 120_000);

async function running(): Promise<readonly Container[]> {
  const all = await device.device.client.list(stepSignal());
  return all.filter(({ state }) => state.status === "Running");
}

/** The order of rows differs from call to call (spec/grpc-api.md §3.1), and with it the numbers of ids. */
function comparable(step: string, { rc, out, err }: Result): Result {
  const text = loose(out).replace(/\bID\d+\b/g, "ID");
  return { rc, err, out: step === "list" ? text.split("\n").sort().join("\n") : text };
}

async function expectStep(index: number): Promise<void> {
  const { step, got } = steps[index] ?? { step: "", got: null };
  if (got?.args === undefined) throw new Error("a step without arguments");
  const ours = await runStep(device, names, got.args);
  expectSame(comparable(step, ours), comparable(step, got), allowances[`${step} ${index + 1}`]);
}

test("1. list: both are made and started", async () => {
  await until(async () => (await running()).length === 2, "both run");
  await expectStep(0);
}, 60_000);

test("2. and 3. a descriptor was edited while the daemon was down: its container is recreated", async () => {
  const image = { name: `localhost:${registry.port}/demo/app:1.0` };
  await device.device.end("container-management", "SIGTERM");
  const edited = { container_name: "ini1", image, config: { env: ["CH=1"] } };
  writeFileSync(join(folder, "a.json"), JSON.stringify(edited));
  await device.device.startDaemon(stepSignal());
  const isReplaced = async () =>
    (await running()).some(({ name, config }) => name === "ini1" && config?.env.includes("CH=1") === true);
  await until(isReplaced, "the edited one runs");
  const isAlone = async () => (await device.device.client.list(stepSignal())).length === 2;
  await until(isAlone, "the old one has gone after the probation", 40_000);
  await expectStep(1);
  await expectStep(2);
}, 60_000);

/** The current states with which the agent began, each as its nodes. */
function initial(
  all: readonly { readonly topic: string; readonly body: unknown }[],
): readonly (readonly HeardNode[])[] {
  return all.flatMap(({ topic, body }) => {
    const { activityId, payload } = body as {
      readonly activityId: string;
      readonly payload: { readonly softwareNodes: readonly HeardNode[] };
    };
    const isInitial = topic.endsWith("/currentstate") && activityId.startsWith("initial-current-state-");
    return isInitial ? [payload.softwareNodes] : [];
  });
}

/** How the container without a name is configured; whether its restart policy has started it again depends on the moment. */
function host(nodes: readonly HeardNode[] | undefined) {
  const node = nodes?.find(({ parameters }) => parameters?.some(({ key }) => key === "network"));
  const state = node?.parameters?.findIndex(({ key }) => key === "status") ?? 0;
  return {
    version: node?.version,
    type: node?.type,
    parameters: node?.parameters?.slice(0, state).map(({ key, value }) => ({
      key,
      value: key === "hostName" ? "VARIES" : value?.replace(/localhost:\w+/, "localhost:REGPORT"),
    })),
  };
}

test("each start of the daemon tells the current state, at the second one with what the run before had made", () => {
  const ours = initial(
    client.heard
      .filter(({ topic }) => topic.endsWith("/currentstate"))
      .map(({ topic, text }) => ({ topic, body: JSON.parse(text) })),
  );
  const theirs = initial(messages);
  expect(ours).toHaveLength(2);
  expect(ours.at(-1)).toHaveLength(theirs.at(-1)?.length ?? 0);
  expect(host(ours.at(-1))).toEqual(host(theirs.at(-1)));
});

test("each start of the daemon asks whose thing it is, in the captured words", () => {
  const asked = (all: readonly { readonly topic: string; readonly body: unknown }[]) =>
    all.filter(({ topic }) => topic === "edge/thing/request").map(({ body }) => body);
  const ours = asked(client.heard.map(({ topic, text }) => ({ topic, body: JSON.parse(text) })));
  // The recorder started the peer once more than there are starts here: before its folder was filled.
  expect(ours).toEqual(asked(messages).slice(1));
  expect(ours).toHaveLength(2);
});

test("the containers say where they come from", async () => {
  const origins = (await running()).map(({ id }) => {
    const text = readFileSync(join(device.home, "cm/containers", id, "supercargo.json"), "utf8");
    return JSON.parse(text).entries[0].origin;
  });
  expect(origins).toEqual(["init-dir", "init-dir"]);
});

test("every allowed difference names the line of the spec that speaks for it", () => {
  expectReasons(
    CAPTURE,
    steps.map(({ step }, index) => `${step} ${index + 1}`),
  );
});
