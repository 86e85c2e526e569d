/** Broken and strange manifests by the thousand: each is understood or refused with its place, and nothing else happens (R8). */

import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseJson } from "../../src/base/json/parse.ts";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { FolderDeployment } from "../../src/deploy/folder/deployment.ts";
import { listManifests } from "../../src/deploy/folder/listing.ts";
import { FileMemory, loadMemory, memoryPlace, ownFolder } from "../../src/deploy/folder/memory-file.ts";
import { describeNote, type ManifestNote } from "../../src/manifest/note.ts";
import { MANIFEST_LIMIT_BYTES, readManifest } from "../../src/manifest/read.ts";
import { firstFault } from "../../src/model/validate.ts";
import { makeBench } from "../unit/deploy/support/bench.ts";
import { temporaryFolder } from "../unit/deploy/support/folder.ts";
import { sharedManifests } from "../unit/manifest/cases.ts";
import { generator, mutate, rewrite } from "./mutation.ts";

/** R8: the full figure with `FUZZ_MANIFESTS=1000000`; the seed of a failing run can be given back with `FUZZ_SEED`. */
const ROUNDS = Number(process.env["FUZZ_MANIFESTS"] ?? 20_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const LIMIT_MS = 100;

/** What a refusal does not say although it should. */
function lackOf(problem: ManifestNote, isJson: boolean): string | undefined {
  const { file, line, column, key, message, expected } = problem;
  if (file !== "f" || line < 1 || column < 1) return "no place";
  if (message === "") return "no reason";
  if (expected === "") return "nothing about what is expected";
  // A text that is no JSON may be broken where no key has been read yet.
  if (key === "" && isJson && !message.startsWith("object expected at top level")) return "no key";
  return /[\p{Cc}\u2028\u202e]/u.test(describeNote(problem))
    ? "a character that a log must not hold"
    : undefined;
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
      const isJson = parseJson(mutated, { limitBytes: MANIFEST_LIMIT_BYTES }).ok;
      for (const problem of result.problems) {
        const lack = lackOf(problem, isJson);
        if (lack !== undefined)
          throw new Error(`seed ${SEED}, round ${round}: ${lack} in ${JSON.stringify(problem)}`);
      }
    }
  }
  console.log(
    `fuzz manifests: ${accepted} accepted, ${ROUNDS - accepted} refused, slowest ${slowest.toFixed(1)} ms`,
  );
  expect(Object.getOwnPropertyNames(Object.prototype).sort().join()).toBe(before);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(accepted).toBeGreaterThan(0);
}, 600_000);

test("a folder of mutated manifests writes nothing but the deployer's own state, and no name leads out of it", async () => {
  using root = temporaryFolder();
  const [folder, state] = [join(root.path, "in"), join(root.path, "state")];
  mkdirSync(folder);
  const seeds = [...sharedManifests("manifests").values(), ...sharedManifests("bad-manifests").values()];
  const random = generator(SEED + 1);
  const names = Array.from({ length: 500 }, (_, index) => `${index}.json`);
  for (const name of names)
    writeFileSync(join(folder, name), rewrite(seeds[random(seeds.length)] ?? new Uint8Array(), random));
  writeFileSync(
    join(folder, "proto.json"),
    '{"container_name": "__proto__", "image": {"name": "host/web:1"}}',
  );
  const place = memoryPlace(state, folder);
  const ownership = ownFolder(state, place);
  const clock = new VirtualClock();
  const { entries } = loadMemory(place.statePath, true);
  {
    using memory = new FileMemory(place.statePath, folder, entries, clock, (reason) => {
      throw new Error(reason);
    });
    const { runner, containers } = makeBench("ours", { clock, memory, probationMs: 0, retries: false });
    const deployment = new FolderDeployment({
      folder,
      runner,
      memory,
      clock,
      holdsBroken: false,
      tell: () => {},
      supervise: () => {},
    });
    const deployed = deployment.deployAll(listManifests(folder));
    await clock.advance(60_000);
    expect(await deployed).toHaveLength(names.length + 1);
    expect(containers.all.size).toBeGreaterThan(0);
    for (const { id, name } of containers.all.values()) expect(`${id} ${name}`).not.toMatch(/\/|\.\.( |$)/);
  }
  if (ownership.kind === "owner") ownership.release();
  expect(readdirSync(root.path).sort()).toEqual(["in", "state"]);
  expect(readdirSync(folder).sort()).toEqual([...names, "proto.json"].sort());
  expect(readdirSync(state)).toHaveLength(2);
  expect([...loadMemory(place.statePath, false).entries.keys()]).toContain("__proto__");
});

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
