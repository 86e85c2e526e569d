/** The twin of a real daemon on a real broker that is slow, dead, killed again and again, late or not to be trusted. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { PrivateBroker } from "./support/broker.ts";
import { Cast, STAYS } from "./support/cast.ts";
import { makeCertificates, type TestCertificates } from "./support/certificates.ts";
import { Cloud, EVENTS, pictureOf } from "./support/cloud.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { untilTrue } from "./support/picture.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { SlowLine } from "./support/slow-line.ts";

const IMAGE = "localhost/twin/app:1";
const LIMIT_MS = 120_000;
/** The long form: SUPERCARGO_TWIN_KILLS=50. */
const KILLS = Number(process.env["SUPERCARGO_TWIN_KILLS"] ?? 4);
const SEED = Number(process.env["SUPERCARGO_TWIN_SEED"] ?? Date.now() % 2 ** 31);

/** Of the daemon's configuration; read at each of its starts. */
const changes: Record<string, Record<string, unknown>> = { things: { enable: true } };
let broker: PrivateBroker;
let line: SlowLine;
let device: TestDevice;
let cloud: Cloud;
let cast: Cast;

beforeAll(async () => {
  refuseInitialNamespace();
  broker = await PrivateBroker.start();
  line = await SlowLine.to(broker.port);
  cloud = await Cloud.connect(broker.port);
  changes["connection"] = {
    broker_url: `tcp://localhost:${line.port}`,
    keep_alive: "3s",
    connect_timeout: "3s",
  };
  device = await startTestDevice(changes);
  await device.importImage({ name: IMAGE, config: { Cmd: STAYS } });
  cast = new Cast(device, IMAGE);
}, LIMIT_MS);

afterAll(async () => {
  await cloud?.end();
  await device?.end();
  await line?.end();
  await broker?.end();
}, LIMIT_MS);

test(
  "the device asks for its thing, publishes its features, and obeys",
  async () => {
    await cloud.wait("the request", ({ topic }) => topic === "edge/thing/request");
    expect(cloud.heard.every(({ topic }) => topic.startsWith("edge/"))).toBe(true);
    cloud.respond();
    await until(() => Object.keys(pictureOf(cloud.heard)).length === 3, "three features");
    await cloud.untilObeyed();
    const made = await cloud.ask("ContainerFactory", "createWithConfig", {
      imageRef: IMAGE,
      name: "web",
      start: true,
      config: { networkMode: "HOST" },
    });
    expect(made.status).toBe(200);
    const state = { properties: { status: { name: "web", state: { status: "RUNNING" } } } };
    expect(pictureOf(cloud.heard)[`Container:${made.value}`]).toMatchObject(state);
    await untilTrue(device, cloud);
    const events = cloud.heard.filter(({ topic }) => topic === EVENTS);
    expect(events.every(({ qos, retain }) => qos === 1 && !retain)).toBe(true);
    expect((await cloud.ask(`Container:${made.value}`, "remove", true)).status).toBe(204);
    await untilTrue(device, cloud);
  },
  LIMIT_MS,
);

test(
  "commands in a row are all answered, over a slow line too",
  async () => {
    const ids = ["s1", "s2", "s3"];
    for (const id of ids) await cast.create(id, STAYS, "no");
    line.mode = "slow";
    const asked = Array.from({ length: 120 }, (_, at) =>
      cloud.send(`Container:${ids[at % 3]}`, "rename", `renamed-${at}`),
    );
    const replies = await Promise.all(asked.map((id) => cloud.reply(id)));
    expect(replies.every(({ status }) => status === 204)).toBe(true);
    line.mode = "open";
    await untilTrue(device, cloud);
  },
  LIMIT_MS,
);

test(
  "a line that is dead without an end is noticed, and everything is true after it",
  async () => {
    line.mode = "dead";
    const from = cloud.heard.length;
    await cast.client.rename("s1", "while-dead", stepSignal());
    await cast.client.remove("s2", true, undefined, stepSignal());
    // The daemon gives the line up by itself and makes a new one.
    await until(
      async () => (await cast.ours.status(stepSignal())).problems.length > 0,
      "it is noticed",
      20_000,
    );
    line.mode = "open";
    await cloud.wait("the request", ({ topic }) => topic === "edge/thing/request", from);
    cloud.respond();
    await untilTrue(device, cloud);
  },
  LIMIT_MS,
);

test(
  `a broker killed at random moments under load (${KILLS} kills, seed ${SEED})`,
  async () => {
    const random = seededRandom(SEED);
    const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];
    await cloud.end();
    cloud = await Cloud.connect(broker.port, { answers: true, qos: 0 });
    let isOver = false;
    let serial = 0;
    const change = async () => {
      const list = await cast.client.list(stepSignal());
      const target = pick(list);
      if (list.length < 4 || target === undefined) {
        await cast.create(`k${++serial}`, STAYS, "no");
        return;
      }
      const { id, state } = target;
      const steps = [
        () => cast.client.rename(id, `n${++serial}`, stepSignal()),
        () => cast.client.rename(id, `n${++serial}`, stepSignal()),
        () =>
          state.status === "Running"
            ? cast.client.pause(id, stepSignal())
            : cast.client.start(id, stepSignal()),
        () =>
          cast.client.remove(id, true, { timeoutSeconds: 1, force: true, signal: "SIGKILL" }, stepSignal()),
        async () => void cloud.send(`Container:${id}`, "start"),
      ];
      await pick(steps)?.();
    };
    const load = async () => {
      // Two of them meet now and then: what one removes the other cannot rename.
      while (!isOver) await change().catch((thrown: unknown) => expect(String(thrown)).toMatch(/\w/));
    };
    const loads = [load(), load()];
    for (let kill = 0; kill < KILLS; kill++) {
      await Bun.sleep(random() * 800);
      await broker.kill();
      await Bun.sleep(random() * 1_500);
      // What waited is said at once, and a deletion only once: whoever is to hear it has to be there before the device.
      line.mode = "refused";
      await broker.start();
      await cloud.untilHears();
      line.mode = "open";
    }
    isOver = true;
    await Promise.all(loads);
    // A connector speaks up when it is back; the device may have been faster than this one.
    await cloud.untilObeyed();
    await untilTrue(device, cloud);
  },
  LIMIT_MS,
);

test(
  "each signal that asks the daemon to end stops all in order, and the cloud hears of it before the line is closed",
  async () => {
    await cast.create("last", STAYS, "no");
    const isTold = (status: string) => {
      const seen = pictureOf(cloud.heard)["Container:last"];
      return JSON.stringify(seen ?? null).includes(`"status":"${status}"`);
    };
    for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM"] as const) {
      await cast.client.start("last", stepSignal());
      await until(() => isTold("RUNNING"), "it is told to run");
      expect(await device.device.end("container-management", signal)).toBe(0);
      await until(() => isTold("STOPPED"), "it is told to be stopped");
      await device.device.startDaemon(stepSignal());
      await cloud.untilObeyed();
      expect((await cast.get("last")).state.status).toBe("Stopped");
    }
  },
  LIMIT_MS,
);

test(
  "TLS: a broker that comes later, one that is not trusted, and the right certificate put in place while it waits",
  async () => {
    const ours: TestCertificates = makeCertificates();
    const others = makeCertificates();
    const folder = mkdtempSync(join(tmpdir(), "sc-twin-tls-"));
    const root = join(folder, "ca.crt");
    copyFileSync(others.ca, root);
    const tls = { cert: ours.serverCert, key: ours.serverKey, clientCa: ours.ca };
    const safe = await PrivateBroker.make({ tls });
    await device.device.end("container-management", "SIGTERM");
    changes["connection"] = {
      broker_url: `mqtts://localhost:${safe.port}`,
      transport: { root_ca: root, client_cert: ours.clientCert, client_key: ours.clientKey },
    };
    await device.device.startDaemon(stepSignal());
    const trouble = async () => (await cast.ours.status(stepSignal())).problems[0]?.message ?? "";
    await until(
      async () => /refused|ECONNREFUSED|reached/.test(await trouble()),
      "the broker is missed",
      20_000,
    );
    await safe.start();
    const read = (path: string) => readFileSync(path, "utf8");
    const secure = await Cloud.connect(safe.port, {
      answers: true,
      tls: { ca: read(ours.ca), cert: read(ours.clientCert), key: read(ours.clientKey) },
    });
    await until(
      async () => /certificate|self.signed/i.test(await trouble()),
      "the broker is not trusted",
      20_000,
    );
    expect(secure.heard.filter(({ topic }) => topic === "edge/thing/request")).toEqual([]);
    copyFileSync(ours.ca, root);
    await secure.wait("the request", ({ topic }) => topic === "edge/thing/request");
    await secure.untilObeyed();
    await untilTrue(device, secure);
    expect(await trouble()).toBe("");
    await secure.end();
    await safe.end();
    for (const certificates of [ours, others]) certificates.remove();
    rmSync(folder, { recursive: true });
  },
  LIMIT_MS,
);
