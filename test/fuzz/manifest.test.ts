import { expect, test } from "bun:test";
import { readManifest } from "../../src/manifest/read.ts";
import { firstFault } from "../../src/model/validate.ts";
import { sharedManifests } from "../unit/manifest/cases.ts";

/** R8: the full figure with `FUZZ_MANIFESTS=1000000`; the seed of a failing run can be given back with `FUZZ_SEED`. */
const ROUNDS = Number(process.env["FUZZ_MANIFESTS"] ?? 20_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const LIMIT_MS = 100;

/** A small generator that repeats itself for a seed (xorshift). */
function generator(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const WORDS = [
  '"__proto__":{"polluted":true},',
  '"constructor":{"prototype":{"polluted":true}},',
  "null",
  "[]",
  "{}",
  "-1",
  "1e999",
  "0.1",
  "99999999999999999999999999",
  '"\\ud800"',
  '"\\u0000"',
  "//",
  "/*",
  ",",
  "}",
  "[[[[[[[[",
  '"protocol":"x",',
  '"host_config":{"privileged":1},',
  "\u2028",
  "ÿ",
].map((word) => new TextEncoder().encode(word));

function mutate(
  bytes: Uint8Array,
  others: readonly Uint8Array[],
  random: (below: number) => number,
): Uint8Array {
  let result = bytes;
  for (let round = random(4); round >= 0; round--) {
    const at = random(result.length + 1);
    const length = random(20);
    const word = WORDS[random(WORDS.length)] ?? new Uint8Array();
    const other = others[random(others.length)] ?? new Uint8Array();
    const from = random(other.length + 1);
    const pieces = [
      () => [result.subarray(0, at), word, result.subarray(at)],
      () => [result.subarray(0, at), result.subarray(Math.min(result.length, at + length))],
      () => [result.subarray(0, at)],
      () => [result.subarray(0, at), new Uint8Array([random(256)]), result.subarray(at + 1)],
      () => [result.subarray(0, at), other.subarray(from)],
      () => [result.subarray(0, at), result.subarray(Math.max(0, at - length), at), result.subarray(at)],
      () => [result.subarray(0, at), word, result.subarray(Math.min(result.length, at + word.length))],
    ][random(7)];
    result = Buffer.concat(pieces?.() ?? [result]);
  }
  return result;
}

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  65_536,
  1.5,
  2 ** 53,
  "",
  "x",
  "../x",
  "\0",
  "64M",
  "-1",
  "host",
  "none",
  "always",
  [],
  [null],
  ["A=1"],
  {},
  { a: {} },
];
const KEYS = [
  "__proto__",
  "constructor",
  "proto",
  "Name",
  "name",
  "container_id",
  "image",
  "x",
  "",
  "host_port",
];

/** Keeps the text valid JSON and changes what it says: a value, a key, a member less or twice the same list entry. */
function rewrite(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  const change = (value: unknown): unknown => {
    if (random(12) === 0) return VALUES[random(VALUES.length)];
    if (Array.isArray(value)) return [...value.map(change), ...(random(8) === 0 ? value.slice(0, 2) : [])];
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(() => random(20) !== 0)
        .map(([key, member]) => [
          random(20) === 0 ? (KEYS[random(KEYS.length)] ?? key) : key,
          change(member),
        ]),
    );
  };
  try {
    return new TextEncoder().encode(
      JSON.stringify(change(JSON.parse(new TextDecoder().decode(bytes)))) ?? "",
    );
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return bytes;
    throw thrown;
  }
}

test(`${ROUNDS} mutated manifests: no crash, none over ${LIMIT_MS} ms, no polluted prototype`, () => {
  console.log(`fuzz manifests: seed ${SEED}, ${ROUNDS} rounds`);
  const seeds = [...sharedManifests("manifests").values(), ...sharedManifests("bad-manifests").values()];
  const random = generator(SEED);
  const before = Object.getOwnPropertyNames(Object.prototype).sort().join();
  let accepted = 0;
  let slowest = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const origin = seeds[random(seeds.length)] ?? new Uint8Array();
    const mutated = random(3) === 0 ? mutate(origin, seeds, random) : rewrite(origin, random);
    const started = performance.now();
    let result = readManifest(mutated, { file: "f", source: round % 2 === 0 ? "folder" : "init-dir" });
    let took = performance.now() - started;
    for (let again = 0; took > LIMIT_MS && again < 3; again++) {
      // A busy machine can take the processor away for a while; a slow input is slow each time.
      const repeated = performance.now();
      result = readManifest(mutated, { file: "f", source: "folder" });
      took = Math.min(took, performance.now() - repeated);
    }
    slowest = Math.max(slowest, took);
    if (took > LIMIT_MS) throw new Error(`seed ${SEED}, round ${round}: ${took} ms`);
    if (result.ok) {
      accepted++;
      const fault = firstFault(result.manifest.desired);
      if (fault !== undefined)
        throw new Error(`seed ${SEED}, round ${round}: accepted with ${fault.message}`);
    } else {
      const [problem] = result.problems;
      if (problem.line < 1 || problem.column < 1 || problem.message === "")
        throw new Error(`seed ${SEED}, round ${round}: no place or reason`);
    }
  }
  console.log(
    `fuzz manifests: ${accepted} accepted, ${ROUNDS - accepted} refused, slowest ${slowest.toFixed(1)} ms`,
  );
  expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(before);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(accepted).toBeGreaterThan(0);
}, 600_000);

/** Inputs made to be slow for a careless reader. */
const HOSTILE: readonly (readonly [string, string])[] = [
  ["an object of many keys", `{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join(",")}}`],
  [
    "a long line of unknown keys with faults at the end",
    `{"container_name":"${"x".repeat(500_000)}",${'"a":1,'.repeat(60_000)}}`,
  ],
  [
    "a number of a million digits",
    `{"host_config":{"restart_policy":{"maximum_retry_count":${"9".repeat(1_000_000)}}}}`,
  ],
  ["a text of escapes", `{"container_name":"${"\\u0041".repeat(170_000)}"}`],
  ["a million blanks", `{${" ".repeat(1_000_000)}`],
  ["many wrong list items", `{"config":{"env":[${"1,".repeat(400_000)}1]}}`],
  [
    "host entries for the patterns",
    `{"host_config":{"network_mode":"host","extra_hosts":["${"a:host_ip_".repeat(90_000)}\\n"]}}`,
  ],
  ["sizes for the patterns", `{"host_config":{"resources":{"memory":"${"1.1".repeat(300_000)}"}}}`],
  ["environment for the patterns", `{"config":{"env":["${"a".repeat(1_000_000)}\\n"]}}`],
  ["ids for the patterns", `{"container_id":"${"a-".repeat(500_000)}"}`],
  ["deep nesting", "[".repeat(1_000_000)],
];

test.each(HOSTILE)("%s is answered quickly", (_, text) => {
  const times = Array.from({ length: 3 }, () => {
    const started = performance.now();
    readManifest(text, { file: "f", source: "folder" });
    return performance.now() - started;
  });
  expect(Math.min(...times)).toBeLessThan(1000);
});
