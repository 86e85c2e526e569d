/** R9: mutated messages on every topic that the update agent hears; the full figure with `FUZZ_MESSAGES=1000000`. */

import { expect, test } from "bun:test";
import { settle } from "../../src/base/virtual-clock.ts";
import { AgentBench, component } from "../unit/update-agent/support/agent-bench.ts";
import { generator, mutate, rewrite } from "./mutation.ts";

const ROUNDS = Number(process.env["FUZZ_MESSAGES"] ?? 20_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const SETTLE_EVERY = 20;
const GROWTH_LIMIT_BYTES = 5 * 1024 * 1024;

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const desired = (payload: unknown, more: object = {}) => bytes({ activityId: "a", payload, ...more });

const SEEDS: Readonly<Record<string, readonly Uint8Array[]>> = {
  "containersupdate/desiredstate": [
    desired({
      baselines: [{ title: "g", components: ["containers:web"] }],
      domains: [
        {
          id: "containers",
          config: [{ key: "systemContainers", value: "sua, monitor" }],
          components: [
            component(
              "web",
              "app:2",
              ["port", "8080-8090:80/udp"],
              ["env", "A=1"],
              ["memory", "64M"],
              ["dependsOn", "db"],
            ),
            component(
              "db",
              "app:1",
              ["mount", "/a:/b:shared"],
              ["healthcheck", '{"tcp":{"port":80}}'],
              ["device", "/a:/b:rw"],
            ),
          ],
        },
      ],
    }),
    desired({ domains: [{ id: "containers" }] }, { timestamp: 1 }),
  ],
  "containersupdate/desiredstate/command": ["DOWNLOAD", "UPDATE", "ACTIVATE", "ROLLBACK", "CLEANUP"].map(
    (command) => bytes({ activityId: "a", timestamp: 1, payload: { command, baseline: "*" } }),
  ),
  "containersupdate/currentstate/get": [bytes({ activityId: "g", timestamp: 1, payload: null })],
  "vehicleupdate/currentstate": [
    bytes({
      activityId: "",
      payload: { softwareNodes: [{ id: "vehicle-update-manager", type: "APPLICATION" }] },
    }),
  ],
};

/** After a collection, so that only what is kept counts. */
function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

test(`${ROUNDS} mutated messages: no crash, nothing is left unhandled, memory stays flat, the next good one works`, async () => {
  console.log(`fuzz update agent: seed ${SEED}, ${ROUNDS} messages`);
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", onUnhandled);
  const random = generator(SEED);
  const bench = await AgentBench.open();
  const topics = Object.entries(SEEDS);
  const all = topics.flatMap(([, seeds]) => seeds);
  const before = Object.getOwnPropertyNames(Object.prototype).sort().join();
  const told = new Map<string, number>();
  let heapAtHalf = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const [topic, seeds] = topics[random(topics.length)] ?? ["", []];
    const origin = seeds[random(seeds.length)] ?? new Uint8Array();
    const message = random(3) === 0 ? mutate(origin, all, random) : rewrite(origin, random);
    bench.broker.send(topic, message, random(4) === 0);
    if (round % SETTLE_EVERY !== 0) continue;
    await settle();
    await bench.clock.advance(random(4_000));
    for (const status of bench.statuses) told.set(status, (told.get(status) ?? 0) + 1);
    bench.broker.published.length = 0;
    bench.containers.calls.length = 0;
    if (heapAtHalf === 0 && round * 2 >= ROUNDS) heapAtHalf = heapBytes();
  }
  const growth = heapBytes() - heapAtHalf;
  await bench.desire("good", [component("web", "app:9")]);
  await bench.clock.advance(120_000);
  expect(bench.told.at(-1)).toMatchObject({ activityId: "good", payload: { status: "COMPLETED" } });
  expect(bench.containers.named("web").image.name).toBe("app:9");
  await settle();
  process.off("unhandledRejection", onUnhandled);
  console.log(`fuzz update agent: ${JSON.stringify(Object.fromEntries(told))}, heap grew by ${growth} bytes`);
  expect(unhandled).toEqual([]);
  expect(growth).toBeLessThan(GROWTH_LIMIT_BYTES);
  expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(before);
  expect(told.get("IDENTIFICATION_FAILED")).toBeGreaterThan(0);
  expect(told.get("COMPLETED")).toBeGreaterThan(0);
}, 3_600_000);
