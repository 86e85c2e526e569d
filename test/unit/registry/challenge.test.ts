import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseChallenges } from "../../../src/registry/challenge.ts";

function plain(header: string) {
  return parseChallenges(header).map(
    ({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)] as const,
  );
}

describe("challenges", () => {
  test("a bearer challenge with commas in its scope is read whole", () => {
    expect(
      plain('Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"'),
    ).toEqual([
      ["bearer", { realm: "https://auth.example/token", service: "reg", scope: "repository:a/b:pull,push" }],
    ]);
  });

  test("several challenges in one header are told apart", () => {
    expect(plain('Basic realm="r", Bearer realm="https://t" , service=s')).toEqual([
      ["basic", { realm: "r" }],
      ["bearer", { realm: "https://t", service: "s" }],
    ]);
  });

  test("quoted pairs are undone and names are without case", () => {
    expect(plain('BASIC Realm="a\\"b"')).toEqual([["basic", { realm: 'a"b' }]]);
  });

  test("what cannot be read ends the list", () => {
    expect(plain('Basic realm="open')).toEqual([["basic", {}]]);
    expect(plain("")).toEqual([]);
    expect(plain('"')).toEqual([]);
  });

  test("any text is read in bounded time without an error", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: fc.constantFrom(...'aB=," \\\t;~é') }), (text) => {
        parseChallenges(text);
      }),
      { numRuns: 2000 },
    );
    expect(parseChallenges(`Bearer ${'a="'.repeat(20_000)}`).length).toBeLessThan(5000);
  });
});
