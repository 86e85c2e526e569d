import { expect, test } from "bun:test";
import { type Fate, type Outgoing, OutQueue } from "../../../src/mqtt/out-queue.ts";

function scene(bounds = {}) {
  const dropped: string[] = [];
  const fates: string[] = [];
  const queue = new OutQueue({ maxMessages: 4, maxBytes: 1000, maxSamples: 2, ...bounds }, ({ payload }) =>
    dropped.push(payload),
  );
  const push = (message: Outgoing) =>
    queue.push({ message, settle: (fate: Fate) => fates.push(`${message.payload} ${fate}`) });
  const rest = () => {
    const payloads: string[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      payloads.push(next.message.payload);
    return payloads;
  };
  return { queue, push, dropped, fates, rest };
}

test("when it is full samples go first, then replies, then states, deletes last", () => {
  const { push, dropped, rest } = scene();
  push({ kind: "keep", topic: "t", payload: "delete" });
  push({ kind: "state", key: "a", topic: "t", payload: "state a" });
  push({ kind: "reply", topic: "t", payload: "reply" });
  push({ kind: "sample", topic: "t", payload: "sample" });
  for (const key of ["b", "c", "d", "e"]) push({ kind: "state", key, topic: "t", payload: `state ${key}` });
  expect(dropped).toEqual(["sample", "reply", "state a", "state b"]);
  expect(rest()).toEqual(["delete", "state c", "state d", "state e"]);
});

test("never more samples than the bound wait", () => {
  const { push, rest } = scene();
  for (const payload of ["1", "2", "3"]) push({ kind: "sample", topic: "t", payload });
  expect(rest()).toEqual(["2", "3"]);
});

test("bytes are bound too, and one large message is still sent", () => {
  const { push, rest } = scene();
  push({ kind: "state", key: "a", topic: "t", payload: "a" });
  push({ kind: "keep", topic: "t", payload: "x".repeat(2000) });
  expect(rest().map(({ length }) => length)).toEqual([2000]);
});

test("what is put back goes first, but for states that a later one replaces", () => {
  const { queue, push, fates, rest } = scene();
  push({ kind: "state", key: "a", topic: "t", payload: "a2" });
  push({ kind: "keep", topic: "t", payload: "k2" });
  const settle = (payload: string) => (fate: Fate) => fates.push(`${payload} ${fate}`);
  queue.putBack([
    { message: { kind: "state", key: "a", topic: "t", payload: "a1" }, settle: settle("a1") },
    { message: { kind: "keep", topic: "t", payload: "k1" }, settle: settle("k1") },
  ]);
  expect(rest()).toEqual(["k1", "a2", "k2"]);
  expect(fates).toEqual(["a1 replaced"]);
});

test("closing tells every message that waits", () => {
  const { queue, push, fates } = scene();
  push({ kind: "keep", topic: "t", payload: "k" });
  queue.close();
  expect(fates).toEqual(["k dropped"]);
  expect(queue.size).toBe(0);
});
