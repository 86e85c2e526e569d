import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { effectiveCapabilities } from "../../../src/engine/spec/capabilities.ts";
import { containerEnvironment, overlayEnvironment } from "../../../src/engine/spec/environment.ts";
import { changedLimits, type Limits } from "../../../src/engine/spec/resources.ts";

describe("the environment", () => {
  test("is image, HOSTNAME, TERM, container, in this order", () => {
    expect(containerEnvironment(["PATH=/bin", "A=1"], "h", true, ["B=2"])).toEqual([
      "PATH=/bin",
      "A=1",
      "HOSTNAME=h",
      "TERM=xterm",
      "B=2",
    ]);
  });

  test("has the default PATH when the image has no environment at all", () => {
    expect(containerEnvironment([], "h", false, [])[0]).toBe(
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
  });

  test("a name given again replaces in place, an empty value stays, a bare name removes", () => {
    expect(overlayEnvironment(["A=1", "B=2", "C=3"], ["B=x=y", "C", "D="])).toEqual(["A=1", "B=x=y", "D="]);
    expect(overlayEnvironment(["A=1"], ["MISSING"])).toEqual(["A=1"]);
  });

  test("never holds a name twice when the base does not", () => {
    const entry = fc
      .tuple(fc.constantFrom("A", "B", "C", "D"), fc.option(fc.string()))
      .map(([name, value]) => (value === null ? name : `${name}=${value}`));
    fc.assert(
      fc.property(fc.array(entry), (changes) => {
        const names = overlayEnvironment([], changes).map((text) => text.split("=")[0]);
        return new Set(names).size === names.length;
      }),
    );
  });
});

describe("changed limits of a running task", () => {
  const limits = (memory: string, memoryReservation: string, memorySwap: string): Limits => ({
    resources: { memory, memoryReservation, memorySwap },
    cpus: undefined,
    pidsLimit: undefined,
  });
  const NONE: Limits = { resources: undefined, cpus: undefined, pidsLimit: undefined };

  test("are what is given, and unlimited where a stored one is gone", () => {
    expect(changedLimits(limits("64m", "32m", "128m"), limits("32m", "", ""), true)).toEqual({
      memory: { limit: 33554432, reservation: -1, swap: -1 },
    });
    expect(changedLimits(limits("64m", "32m", "128m"), NONE, true)).toEqual({
      memory: { limit: -1, reservation: -1, swap: -1 },
    });
    expect(changedLimits({ ...NONE, cpus: 2, pidsLimit: 10 }, NONE, true)).toEqual({
      memory: {},
      cpu: { period: 100_000, quota: -1 },
      pids: { limit: -1 },
    });
    expect(changedLimits(NONE, { ...NONE, cpus: 0.25, pidsLimit: 10 }, true)).toEqual({
      memory: {},
      cpu: { period: 100_000, quota: 25_000 },
      pids: { limit: 10 },
    });
  });

  test("leave alone what never was limited", () => {
    expect(changedLimits(NONE, limits("64m", "", "-1"), true)).toEqual({
      memory: { limit: 67108864, swap: -1 },
    });
    expect(changedLimits(NONE, NONE, true)).toEqual({ memory: {} });
  });

  test("say nothing of swap where the kernel does not count it", () => {
    expect(changedLimits(limits("64m", "", "128m"), limits("32m", "", "64m"), false)).toEqual({
      memory: { limit: 33554432 },
    });
  });
});

test("capabilities are read from the bits that the kernel shows", () => {
  expect(effectiveCapabilities("Name:\tx\nCapEff:\t0000000000000421\nCapBnd:\tffff\n")).toEqual([
    "CAP_CHOWN",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
  ]);
  expect(effectiveCapabilities("CapEff:\t0421\nCapBnd:\t0400\n")).toEqual(["CAP_NET_BIND_SERVICE"]);
  expect(effectiveCapabilities("Name: x\n")).toEqual([]);
  expect(effectiveCapabilities("CapEff:\tffffffffffffffff\n")).toHaveLength(41);
});
