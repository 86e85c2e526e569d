import { expect, test } from "bun:test";
import { silentLog } from "../../../src/base/log.ts";
import { settle, VirtualClock } from "../../../src/base/virtual-clock.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { MqttConnection } from "../../../src/mqtt/connection.ts";
import type { Message } from "../../../src/mqtt/link.ts";
import { MemoryBroker } from "./memory-broker.ts";

const OPTIONS = {
  broker: "tcp://broker:1883",
  connectTimeoutMs: 30_000,
  acknowledgeTimeoutMs: 15_000,
  subscribeTimeoutMs: 15_000,
  unsubscribeTimeoutMs: 5_000,
  disconnectTimeoutMs: 250,
};

function scene(isUp = true) {
  const broker = new MemoryBroker();
  if (!isUp) broker.stop();
  const clock = new VirtualClock();
  const connection = new MqttConnection(broker.dial, OPTIONS, clock, silentLog);
  connection.open();
  return { broker, clock, connection, topics: () => broker.published.map(({ topic }) => topic) };
}

test("the first connect is tried until the broker is there, and what waited is sent in order", async () => {
  const { broker, clock, connection, topics } = scene(false);
  const fate = connection.publish({ kind: "keep", topic: "a", payload: "1" });
  void connection.publish({ kind: "keep", topic: "b", payload: "2" });
  await clock.advance(300_000);
  expect(connection.problems()).toHaveLength(1);
  broker.start();
  await clock.advance(30_000);
  expect(connection.isConnected).toBe(true);
  expect(connection.problems()).toEqual([]);
  expect(topics()).toEqual(["a", "b"]);
  expect(await fate).toBe("sent");
});

test("a session listener comes after what waited, with every connection, and subscriptions end with it", async () => {
  const { broker, clock, connection, topics } = scene(false);
  const heard: string[] = [];
  const signals: AbortSignal[] = [];
  connection.onSession(async (session) => {
    signals.push(session.signal);
    await session.subscribe(["in/#"], ({ topic }: Message) => heard.push(topic));
    void connection.publish({ kind: "keep", topic: "hello", payload: "" });
  });
  void connection.publish({ kind: "keep", topic: "waited", payload: "" });
  broker.start();
  await clock.advance(60_000);
  broker.send("in/1", "x");
  broker.send("out/1", "x");
  broker.stop();
  await settle();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  broker.start();
  await clock.advance(60_000);
  broker.send("in/2", "x");
  expect(heard).toEqual(["in/1", "in/2"]);
  expect(topics()).toEqual(["waited", "hello", "hello"]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
});

test("of a state only the latest is sent after the broker was away; others are kept in their order", async () => {
  const { broker, clock, connection } = scene(false);
  const first = connection.publish({ kind: "state", key: "c/state", topic: "t", payload: "RUNNING" });
  void connection.publish({ kind: "keep", topic: "t", payload: "delete" });
  void connection.publish({ kind: "state", key: "c/state", topic: "t", payload: "STOPPED" });
  broker.start();
  await clock.advance(60_000);
  expect(await first).toBe("replaced");
  expect(broker.published.map(({ payload }) => payload)).toEqual(["delete", "STOPPED"]);
});

test("what was sent and not acknowledged goes again in the next connection, before what came later", async () => {
  const { broker, clock, connection } = scene();
  await clock.advance(1);
  broker.holdsAcknowledgements = true;
  const fate = connection.publish({ kind: "keep", topic: "t", payload: "1" });
  await settle();
  broker.stop();
  void connection.publish({ kind: "keep", topic: "t", payload: "2" });
  broker.holdsAcknowledgements = false;
  broker.start();
  await clock.advance(60_000);
  expect(broker.published.map(({ payload }) => payload)).toEqual(["1", "1", "2"]);
  expect(await fate).toBe("sent");
});

test("states are merged only while more than one waits, and the last one is always sent", async () => {
  const { broker, clock, connection } = scene();
  await clock.advance(1);
  for (let at = 0; at < 10; at++)
    void connection.publish({ kind: "state", key: "k", topic: "t", payload: `${at}` });
  await settle();
  expect(broker.published).toHaveLength(10);
  broker.holdsAcknowledgements = true;
  for (let at = 10; at < 100; at++)
    void connection.publish({ kind: "state", key: "k", topic: "t", payload: `${at}` });
  await settle();
  broker.acknowledge();
  await settle();
  expect(broker.published.at(-1)?.payload).toBe("99");
  expect(connection.waiting).toBe(0);
});

test("a broker that does not answer a subscription in time costs the connection, which is made anew", async () => {
  const { broker, clock, connection } = scene();
  broker.isDeafToSubscriptions = true;
  connection.onSession(async (session) => {
    await session.subscribe(["in"], () => {});
  });
  await clock.advance(14_000);
  expect(broker.connects).toBe(1);
  broker.isDeafToSubscriptions = false;
  await clock.advance(10_000);
  expect(broker.connects).toBe(2);
  expect(broker.filters).toEqual(["in"]);
});

test("a refused subscription is told and costs nothing else", async () => {
  const { broker, clock, connection } = scene();
  broker.refused.add("in");
  let refusal: unknown;
  connection.onSession(async (session) => {
    refusal = await session.subscribe(["in"], () => {}).catch((thrown) => thrown);
  });
  await clock.advance(60_000);
  expect(refusal).toBeInstanceOf(SupercargoError);
  expect(broker.connects).toBe(1);
});

test("a listener that throws at a message harms no other", async () => {
  const { broker, clock, connection } = scene();
  const heard: string[] = [];
  connection.onSession(async (session) => {
    await session.subscribe(["a"], () => {
      throw new Error("no");
    });
    await session.subscribe(["a"], ({ topic }) => heard.push(topic));
  });
  await clock.advance(1);
  broker.send("a", "");
  expect(heard).toEqual(["a"]);
});

test("pauses between tries grow to three seconds and no more, so that the end of a long absence is noticed", async () => {
  const { broker, clock, connection } = scene(false);
  let dials = 0;
  const counting = new MqttConnection(
    (events, signal) => {
      dials++;
      return broker.dial(events, signal);
    },
    OPTIONS,
    clock,
    silentLog,
  );
  counting.open();
  await clock.advance(3_600_000);
  expect(dials).toBeGreaterThan(1_190);
  expect(dials).toBeLessThan(1_750);
  await Promise.all([counting.close(), connection.close()]);
});

test("closing sends what waits within the disconnect timeout and no longer", async () => {
  const { broker, clock, connection } = scene();
  await clock.advance(1);
  broker.holdsAcknowledgements = true;
  const fate = connection.publish({ kind: "keep", topic: "t", payload: "last" });
  const closed = connection.close();
  await clock.advance(250);
  await closed;
  expect(broker.published.map(({ payload }) => payload)).toEqual(["last"]);
  expect(await fate).toBe("dropped");
  expect(await connection.publish({ kind: "keep", topic: "t", payload: "late" })).toBe("dropped");
});

test("a text that cannot be a topic is never sent", async () => {
  const { broker, clock, connection } = scene();
  await clock.advance(1);
  for (const topic of ["", "a/#", "+", "a\0", "x".repeat(70_000)]) {
    expect(await connection.publish({ kind: "keep", topic, payload: "" })).toBe("dropped");
  }
  expect(broker.published).toEqual([]);
});
