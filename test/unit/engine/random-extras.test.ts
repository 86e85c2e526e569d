/** Random extras are either refused with a key, or kept as asked by wire and disk and part of a specification that holds. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { extrasFromWire, extrasToWire } from "../../../src/api/extras-wire.ts";
import { Extras as WireExtras } from "../../../src/api/gen/supercargo/v1/extras.ts";
import { printExact } from "../../../src/base/json/exact.ts";
import { buildSpec } from "../../../src/engine/spec/build.ts";
import { type Extras, type Healthcheck, type Probe, PULL_POLICIES } from "../../../src/model/extras.ts";
import { faultsOf } from "../../../src/model/validate.ts";
import { decodeExtras } from "../../../src/store/stored-extras.ts";
import { containerOf, wish } from "../model/builders.ts";
import { specInput } from "./support/spec-input.ts";

const SEED = Number(process.env["SUPERCARGO_SEED"] ?? Date.now() % 1_000_000);
const RUNS = 150;

const text = fc.oneof(
  fc.constantFrom(
    "",
    "app",
    "app:app",
    "1000:5",
    "/srv",
    "a b",
    "/x\0y",
    "default",
    "unconfined",
    "__proto__",
  ),
  fc.string({ maxLength: 20, unit: "binary" }),
);
const number = fc.oneof(fc.constantFrom(0, -1, 1, 0.5, 1e12, 64), fc.double({ noNaN: true }));
const whole = fc.oneof(fc.constantFrom(0, -1, 1, 64, 1024), fc.maxSafeInteger());
const texts = fc.array(text, { maxLength: 3 });
const map = fc.dictionary(
  fc.oneof(text, fc.constantFrom("net.core.somaxconn", "kernel.msgmax", "kernel.panic", "team")),
  text,
  { maxKeys: 3 },
);
const probe: fc.Arbitrary<Probe> = fc.oneof(
  fc.record({ kind: fc.constant("exec" as const), command: texts }),
  fc.record({ kind: fc.constant("http" as const), port: fc.nat(70_000), path: text }),
  fc.record({ kind: fc.constant("tcp" as const), port: fc.nat(70_000) }),
);
const duration = fc.constantFrom(0, 50, 1000, 30_000, 1e9);
const healthcheck: fc.Arbitrary<Healthcheck> = fc.record({
  probe,
  intervalMs: duration,
  timeoutMs: duration,
  retries: fc.nat(2000),
  startPeriodMs: duration,
  onUnhealthy: fc.constantFrom("none" as const, "restart" as const),
});
const extras: fc.Arbitrary<Extras> = fc.record(
  {
    readOnlyRoot: fc.boolean(),
    readOnlyMounts: fc.array(fc.constantFrom("/data", "/else"), { maxLength: 2 }),
    user: text,
    workingDir: text,
    entrypoint: texts,
    cpus: number,
    pidsLimit: whole,
    sysctls: map,
    ulimits: fc.array(
      fc.record({ name: fc.constantFrom("nofile", "CORE", "RLIMIT_NPROC", "odd"), soft: whole, hard: whole }),
      { maxLength: 3 },
    ),
    seccompProfile: text,
    apparmorProfile: text,
    noNewPrivileges: fc.boolean(),
    labels: map,
    pullPolicy: fc.constantFrom(...PULL_POLICIES),
    healthcheck,
  },
  { requiredKeys: [] },
);

/** Each key alone is often right, all together hardly ever: both are tried. */
const some = fc.oneof(
  extras,
  fc.tuple(extras, fc.nat(14)).map(([all, at]): Extras => {
    const key = Object.keys(all)[at % Math.max(1, Object.keys(all).length)];
    return key === undefined ? {} : { [key]: all[key as keyof Extras] };
  }),
);

test(`random extras are refused or kept and built (seed ${SEED})`, () => {
  let accepted = 0;
  fc.assert(
    fc.property(some, (asked) => {
      const mounts = [{ source: "/srv/data", destination: "/data", propagationMode: "" }];
      const more = { mounts, config: { env: [], cmd: ["run"] }, extras: asked };
      const desired = wish(more);
      const faults = [...faultsOf(desired)];
      for (const fault of faults) {
        expect(fault.path).not.toBe("");
        expect(fault.message.length).toBeLessThan(1000);
      }
      if (faults.length > 0) return;
      accepted++;
      if (desired.extras !== undefined) {
        const wire = WireExtras.encode(extrasToWire(desired.extras)).finish();
        expect(extrasFromWire(WireExtras.decode(wire))).toEqual(desired.extras);
        expect(decodeExtras(JSON.parse(JSON.stringify(desired.extras)))).toEqual(desired.extras);
      }
      const { spec } = buildSpec(specInput(containerOf(more)));
      expect(spec.process.args.length).toBeGreaterThan(0);
      expect(spec.process.cwd.startsWith("/")).toBe(true);
      expect(JSON.parse(printExact(spec)).process.rlimits.length).toBe(spec.process.rlimits?.length ?? 0);
    }),
    { numRuns: RUNS, seed: SEED },
  );
  expect(accepted).toBeGreaterThan(RUNS / 30);
});
