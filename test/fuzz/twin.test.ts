/** R9 for the twin: mutated commands, answers and topics; nothing ends, nothing is left behind, and the next good command works. */

import { expect, test } from "bun:test";
import { seededRandom } from "../integration/support/seeded-random.ts";
import { DEVICE, Scene, THING } from "../unit/twin/scene.ts";

/** The full figure with `FUZZ_TWIN=1000000`; the seed of a failing run can be given back with `FUZZ_SEED`. */
const ROUNDS = Number(process.env["FUZZ_TWIN"] ?? 20_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
/** Messages between two looks at the thing. */
const BATCH = 200;
const GROWTH_LIMIT_BYTES = 5 * 1024 * 1024;
const DITTO = "demo.ns/gw01:dev01:edge:containers";
const IMAGE = "registry.example/app:1";

const VALUES: readonly (readonly [string, string, unknown])[] = [
  ["ContainerFactory", "create", { imageRef: IMAGE, start: true }],
  [
    "ContainerFactory",
    "createWithConfig",
    {
      imageRef: IMAGE,
      name: "x",
      start: false,
      config: {
        domainName: "d",
        env: ["A=1"],
        cmd: ["runs"],
        privileged: false,
        devices: [{ pathOnHost: "/dev/null", pathInContainer: "/dev/x", cgroupPermissions: "rwm" }],
        extraHosts: ["h:host_ip"],
        extraCapabilities: ["CAP_NET_ADMIN"],
        mountPoints: [{ source: "/tmp", destination: "/t", propagationMode: "RSHARED" }],
        portMappings: [{ proto: "tcp", hostPort: 80, hostPortEnd: 81, containerPort: 80, hostIP: "0.0.0.0" }],
        networkMode: "BRIDGE",
        restartPolicy: { type: "ON_FAILURE", maxRetryCount: 3, retryTimeout: 1.5 },
        log: { type: "JSON_FILE", maxFiles: 2, maxSize: "1M", mode: "NON_BLOCKING", maxBufferSize: "1M" },
        resources: { memory: "64m", memorySwap: "-1", memoryReservation: "32m" },
        decryption: { keys: ["/k"], recipients: ["pkcs7:/c"] },
      },
    },
  ],
  ["Container:known", "start", undefined],
  ["Container:known", "stopWithOptions", { timeout: 1, force: true, signal: "SIGKILL" }],
  ["Container:known", "rename", "other"],
  ["Container:known", "update", { restartPolicy: { type: "ALWAYS" }, resources: { memory: "10m" } }],
  ["Container:known", "pause", undefined],
  ["Container:known", "resume", undefined],
  ["Container:gone", "remove", true],
  ["Metrics", "request", { frequency: "5s", filter: [{ id: ["cpu.*"], originator: "Container:known" }] }],
  [
    "SoftwareUpdatable",
    "remove",
    { correlationId: "c", forced: true, software: [{ name: "gone", version: "1" }] },
  ],
  [
    "SoftwareUpdatable",
    "install",
    {
      correlationId: "c",
      softwareModules: [
        {
          softwareModule: { name: "m", version: "1" },
          artifacts: [{ filename: "a", download: { FTP: { url: "ftp://x/a" } }, checksums: { MD5: "00" } }],
        },
      ],
    },
  ],
];
const WORDS = [
  ...'null|[]|{}|-1|1e999|0.1|99999999999999999999999999|true|"x"|"\\ud800"|"\\u0000"|,|}|[[[[[[[['.split(
    "|",
  ),
  '"__proto__":{"polluted":true},',
  '"constructor":{"prototype":{"polluted":true}},',
  '"../../../etc/passwd"',
  `"${"y".repeat(70_000)}"`,
  `${"[".repeat(20_000)}`,
  "\u2028",
  "ÿ",
];

class Mutator {
  readonly #random: () => number;
  #serial = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** Topic and payload, more or less of a command. */
  message(): { readonly topic: string; readonly payload: string } {
    const [feature, operation, value] = this.pick(VALUES);
    const request = this.below(4) === 0 ? "" : `r${++this.#serial}`;
    const payload = JSON.stringify({
      topic: `${DITTO}/things/live/messages/${operation}`,
      headers: {
        "response-required": true,
        "correlation-id": `c${++this.#serial}`,
        timeout: "0s",
        ...(value === undefined ? {} : { "content-type": "application/json" }),
      },
      path: `/features/${feature}/inbox/messages/${operation}`,
      value,
    });
    switch (this.below(12)) {
      case 0:
        return { topic: "edge/thing/response", payload: this.#mutated('{"deviceId":"a","tenantId":5}') };
      case 1:
        return { topic: `command//${THING}/req/${this.#mutated(`${request}/${operation}`)}`, payload };
      case 2:
        return {
          topic: `command//${THING}/req//${this.pick(["created", "deleted", "modified", "errors-response"])}`,
          payload: this.#mutated(
            JSON.stringify({ topic: "a/b/things/twin/events/deleted", path: "/", value: {} }),
          ),
        };
      default:
        return { topic: `command//${THING}/req/${request}/${operation}`, payload: this.#mutated(payload) };
    }
  }

  #mutated(text: string): string {
    let result = text;
    for (let round = this.below(4); round >= 0; round--) {
      const at = this.below(result.length + 1);
      const end = Math.min(result.length, at + this.below(20));
      switch (this.below(5)) {
        case 0:
          result = result.slice(0, at) + this.pick(WORDS) + result.slice(end);
          break;
        case 1:
          result = result.slice(0, at) + result.slice(end);
          break;
        case 2:
          result = result.slice(0, at);
          break;
        case 3:
          // A value by another one, so that most of it stays JSON.
          result = result.replace(/:("[^"]*"|\d+|true|false)/, () => `:${this.pick(WORDS)}`);
          break;
        default:
          result = result.slice(0, at) + String.fromCharCode(this.below(0x2100)) + result.slice(at + 1);
      }
    }
    return result.length > 200_000 ? result.slice(0, 200_000) : result;
  }
}

function heapBytes(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

test("mutated messages: no end, no rejection, no growth, and a good one after them works", async () => {
  const failures: unknown[] = [];
  const onFailure = (thrown: unknown) => failures.push(thrown);
  process.on("unhandledRejection", onFailure);
  console.log(`twin: ${ROUNDS} mutated messages, seed ${SEED} (FUZZ_TWIN, FUZZ_SEED)`);
  const scene = await Scene.start();
  const mutator = new Mutator(SEED);
  await scene.respond();
  const { manager } = scene.device;
  await scene.device.create({ id: "known", name: "known", image: { name: IMAGE } });
  let afterFirstBytes = 0;
  let answered = 0;
  for (let round = 0; round < ROUNDS; round += BATCH) {
    for (let each = 0; each < BATCH; each++) {
      const { topic, payload } = mutator.message();
      if (topic.includes("\0")) continue;
      scene.broker.send(topic, payload);
    }
    await scene.device.clock.advance(20_000);
    answered += scene.take().filter(({ topic }) => topic.includes("/res/")).length;
    // Whatever became of the thing by an answer that can be read: the connector says it again.
    await scene.respond({ ...DEVICE, policyId: `p${round}` });
    scene.broker.send(
      `command//${THING}/req//created`,
      JSON.stringify({ topic: `${DITTO}/things/twin/events/created`, path: "/" }),
    );
    await scene.rest();
    expect((await scene.ask("Metrics", "request", { frequency: "0s" })).status).toBe(204);
    for (const { id } of manager.list()) {
      if (id !== "known" || manager.list().length > 1) {
        await scene.device.finish(manager.remove(id, true, undefined, new AbortController().signal));
      }
    }
    if (manager.get("known") === undefined) {
      await scene.device.create({ id: "known", name: "known", image: { name: IMAGE } });
    }
    scene.take();
    // What the device in memory writes down for other tests.
    for (const notes of [
      scene.device.engine.history,
      scene.device.power.names,
      scene.device.images.policies,
    ]) {
      notes.length = 0;
    }
    if (afterFirstBytes === 0 && round >= ROUNDS / 4) afterFirstBytes = heapBytes();
  }
  const grownBytes = heapBytes() - afterFirstBytes;
  expect(failures).toEqual([]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(answered).toBeGreaterThan(ROUNDS / 10);
  console.log(
    `twin: ${answered} answered, heap ${(grownBytes / 1024).toFixed(0)} kB after the first quarter`,
  );
  expect(grownBytes).toBeLessThan(GROWTH_LIMIT_BYTES);
  await scene.end();
  process.off("unhandledRejection", onFailure);
}, 7_200_000);
