/** The supervised connection against a real mosquitto: killed and started again, TLS, credentials, wrong certificates. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { until } from "../../scripts/demo/until.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { MqttConnection } from "../../src/mqtt/connection.ts";
import type { DialSettings } from "../../src/mqtt/link.ts";
import { mqttJsDial } from "../../src/mqtt/mqttjs-dial.ts";
import { type BrokerStart, freePort, PrivateBroker } from "./support/broker.ts";
import { makeCertificates, type TestCertificates } from "./support/certificates.ts";
import { SlowLine } from "./support/slow-line.ts";

const LIMIT_MS = 30_000;
let ours: TestCertificates;
let others: TestCertificates;
const opened: { close(): Promise<void> }[] = [];
const started: PrivateBroker[] = [];

beforeAll(() => {
  ours = makeCertificates();
  others = makeCertificates();
}, LIMIT_MS);

afterAll(async () => {
  for (const connection of opened) await connection.close();
  for (const broker of started) await broker.end();
  ours.remove();
  others.remove();
}, LIMIT_MS);

async function startBroker(options: BrokerStart = {}): Promise<PrivateBroker> {
  const broker = await PrivateBroker.start(options);
  started.push(broker);
  return broker;
}

function connect(brokerUrl: string, changes: Partial<DialSettings> = {}): MqttConnection {
  const settings: DialSettings = {
    brokerUrl,
    keepAliveMs: 20_000,
    connectTimeoutMs: 5_000,
    clientUsername: "",
    clientPassword: "",
    log: silentLog,
    ...changes,
  };
  const options = {
    broker: brokerUrl,
    connectTimeoutMs: 5_000,
    acknowledgeTimeoutMs: 15_000,
    subscribeTimeoutMs: 5_000,
    unsubscribeTimeoutMs: 5_000,
    disconnectTimeoutMs: 250,
  };
  const connection = new MqttConnection(mqttJsDial(settings), options, systemClock, silentLog);
  opened.push(connection);
  connection.open();
  return connection;
}

const trouble = (connection: MqttConnection) => connection.problems()[0]?.message ?? "";

/** Whether a message goes out and comes back. */
async function expectEcho(connection: MqttConnection): Promise<void> {
  const heard: string[] = [];
  connection.onSession(async (session) => {
    await session.subscribe(["echo/#"], ({ payload }) => heard.push(Buffer.from(payload).toString()));
    void connection.publish({ kind: "keep", topic: "echo/1", payload: "hello" });
  });
  await until(
    () => heard.includes("hello"),
    () => `an echo; ${trouble(connection)}`,
  );
}

test(
  "over a broker that is killed again and again nothing is lost, and order is kept",
  async () => {
    const broker = await startBroker();
    const url = `tcp://localhost:${broker.port}`;
    const [sender, hearer] = [connect(url), connect(url)];
    const heard: number[] = [];
    const hears = Promise.withResolvers<void>();
    hearer.onSession(async (session) => {
      await session.subscribe(["count"], ({ payload }) =>
        heard.push(Number(Buffer.from(payload).toString())),
      );
      hears.resolve();
    });
    await hears.promise;
    for (let count = 0; count < 300; count++) {
      void sender.publish({ kind: "keep", topic: "count", payload: String(count) });
      if (count % 100 === 50) {
        await broker.kill();
        await broker.start();
        await until(() => hearer.isConnected, "the hearer is back");
      }
    }
    await until(() => sender.waiting === 0, "everything is acknowledged");
    // The hearer itself misses what the broker had taken before it was back: only order and the end are asserted.
    await until(() => heard.includes(299), "the last one arrives");
    const firsts = heard.filter((count, at) => heard.indexOf(count) === at);
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  },
  LIMIT_MS,
);

test(
  "what was under way on a line that dies without an end is sent again on the next one",
  async () => {
    const broker = await startBroker();
    const line = await SlowLine.to(broker.port);
    const connection = connect(`tcp://localhost:${line.port}`, { keepAliveMs: 1_000 });
    await until(() => connection.isConnected, "connected");
    line.mode = "dead";
    const fates = ["1", "2"].map((payload) => connection.publish({ kind: "keep", topic: "t", payload }));
    await until(() => trouble(connection) !== "", "the line is given up");
    line.mode = "open";
    expect(await Promise.all(fates)).toEqual(["sent", "sent"]);
    await line.end();
  },
  LIMIT_MS,
);

test(
  "TLS with a client certificate",
  async () => {
    const { serverCert: cert, serverKey: key, ca: clientCa } = ours;
    const broker = await startBroker({ tls: { cert, key, clientCa } });
    const url = `mqtts://localhost:${broker.port}`;
    const transport = { rootCa: ours.ca, clientCert: ours.clientCert, clientKey: ours.clientKey };
    await expectEcho(connect(url, { transport }));

    const withoutCertificate = connect(url, {
      transport: { rootCa: ours.ca, clientCert: "", clientKey: "" },
    });
    const foreignRoot = connect(url, { transport: { ...transport, rootCa: others.ca } });
    const foreignClient = connect(url, {
      transport: { rootCa: ours.ca, clientCert: others.clientCert, clientKey: others.clientKey },
    });
    const noFile = connect(url, { transport: { ...transport, rootCa: "/nowhere/ca.crt" } });
    const noTrust = connect(url);
    for (const connection of [withoutCertificate, foreignRoot, foreignClient, noFile, noTrust]) {
      await until(() => trouble(connection) !== "", "the refusal is told");
      expect(connection.isConnected).toBe(false);
    }
    expect(trouble(noFile)).toContain("root_ca /nowhere/ca.crt");
    expect(trouble(foreignRoot)).toMatch(/certificate|self.signed/i);
    // A name that the certificate does not have.
    const wrongName = connect(`mqtts://127.0.0.1:${broker.port}`, { transport });
    await until(() => trouble(wrongName) !== "", "the refusal is told");
    expect(wrongName.isConnected).toBe(false);
  },
  LIMIT_MS,
);

test(
  "WebSocket, plain and with TLS",
  async () => {
    const [plain, safe] = [await freePort(), await freePort()];
    const { serverCert, serverKey } = ours;
    const lines = [
      ...[`listener ${plain} 127.0.0.1`, "protocol websockets"],
      ...[
        `listener ${safe} 127.0.0.1`,
        "protocol websockets",
        `certfile ${serverCert}`,
        `keyfile ${serverKey}`,
      ],
    ];
    await startBroker({ lines });
    await expectEcho(connect(`ws://localhost:${plain}/mqtt`));
    const transport = { rootCa: ours.ca, clientCert: "", clientKey: "" };
    await expectEcho(connect(`wss://localhost:${safe}/mqtt`, { transport }));
    const distrusted = connect(`wss://localhost:${safe}/mqtt`, {
      transport: { ...transport, rootCa: others.ca },
    });
    await until(() => trouble(distrusted) !== "", "the refusal is told");
    expect(distrusted.isConnected).toBe(false);
  },
  LIMIT_MS,
);

test(
  "user and password; a refusal says so and is tried again",
  async () => {
    // mosquitto_passwd -b of `device` and `secret`
    const passwords = Bun.spawnSync([
      "sh",
      "-c",
      "f=$(mktemp) && mosquitto_passwd -b $f device secret 2>&1 >/dev/null; cat $f; rm $f",
    ]);
    const broker = await startBroker({ passwords: passwords.stdout.toString() });
    const url = `tcp://localhost:${broker.port}`;
    await expectEcho(connect(url, { clientUsername: "device", clientPassword: "secret" }));
    const wrong = connect(url, { clientUsername: "device", clientPassword: "wrong" });
    await until(() => trouble(wrong) !== "", "the refusal is told");
    expect(trouble(wrong)).toContain("refuses us");
    expect(trouble(wrong)).not.toContain("wrong");
  },
  LIMIT_MS,
);

test(
  "a broker that comes later is found, and large messages pass",
  async () => {
    const broker = await PrivateBroker.make();
    started.push(broker);
    const connection = connect(`tcp://localhost:${broker.port}`);
    await until(() => trouble(connection) !== "", "the broker is missed");
    await broker.start();
    await expectEcho(connection);
    const fate = connection.publish({ kind: "keep", topic: "large", payload: "x".repeat(5_000_000) });
    expect(await fate).toBe("sent");
  },
  LIMIT_MS,
);
