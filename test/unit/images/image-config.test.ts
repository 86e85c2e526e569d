import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { hasCode } from "../../../src/errors/error.ts";
import { parseImageConfig } from "../../../src/images/image-config.ts";
import { IMAGE_LIMITS } from "../../../src/images/limits.ts";

const DIFF = `sha256:${"b".repeat(64)}`;
const rootfs = { type: "layers", diff_ids: [DIFF] };

function parse(value: unknown, layers = 1) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return parseImageConfig(Buffer.from(text, "utf8"), layers, "reg/a:1", "registry reg");
}

function refusal(value: unknown, layers = 1): string {
  try {
    parse(value, layers);
  } catch (thrown) {
    if (hasCode(thrown, "SC_IMAGE_INVALID")) return thrown.message;
    throw thrown;
  }
  throw new Error("it was accepted");
}

describe("an image's configuration", () => {
  test("gives what a container takes over", () => {
    const parsed = parse({
      architecture: "arm",
      os: "linux",
      variant: "v7",
      config: {
        Env: ["A=b"],
        Entrypoint: ["/e"],
        Cmd: ["c"],
        WorkingDir: "/w",
        User: "app:audio",
        StopSignal: "SIGINT",
        Volumes: { "/x": {} },
      },
      rootfs,
    });
    expect(parsed).toEqual({
      config: {
        env: ["A=b"],
        entrypoint: ["/e"],
        cmd: ["c"],
        workingDir: "/w",
        user: "app:audio",
        stopSignal: "SIGINT",
      },
      diffIds: [DIFF],
      platform: { os: "linux", architecture: "arm", variant: "v7" },
    });
  });

  test.each([
    ["absent", {}],
    ["null", { config: null }],
    ["full of nulls", { config: { Env: null, Entrypoint: null, Cmd: null, WorkingDir: null, User: null } }],
  ])("a config that is %s means nothing is set", (_name, part) => {
    const { config, platform } = parse({ ...part, rootfs });
    expect(config).toEqual({ env: [], entrypoint: [], cmd: [], workingDir: "", user: "", stopSignal: "" });
    expect(platform).toBeUndefined();
  });

  test.each([
    ["[]", "is not a JSON object"],
    ["{", "is not a JSON object"],
    ["\u0000", "is not a JSON object"],
    [{}, "no rootfs.diff_ids"],
    [{ rootfs: { diff_ids: [DIFF, DIFF] } }, "2 diff ids for 1 layers"],
    [{ rootfs: { diff_ids: ["sha256:x"] } }, "rootfs.diff_ids[0]"],
    [{ rootfs: { diff_ids: [{ toString: "x" }] } }, "rootfs.diff_ids[0]"],
    [{ rootfs, config: [] }, "config is no object"],
    [{ rootfs, config: { Env: "A=b" } }, "config.Env is no list"],
    [{ rootfs, config: { Env: [1] } }, "config.Env[0] is no text"],
    [{ rootfs, config: { Cmd: ["a\u0000b"] } }, "config.Cmd[0] has a NUL character"],
    [{ rootfs, config: { User: 0 } }, "config.User is no text"],
    [{ rootfs, config: { Env: Array(IMAGE_LIMITS.configListEntries + 1).fill("") } }, "config.Env has"],
    [
      { rootfs, config: { WorkingDir: "x".repeat(IMAGE_LIMITS.configTextChars + 1) } },
      "config.WorkingDir has",
    ],
  ])("%j is refused and the key named", (value, words) => {
    expect(refusal(value)).toContain(words);
    expect(refusal(value)).toStartWith("image reg/a:1 from registry reg is unusable: ");
  });

  test("one that is too large is refused unread", () => {
    expect(refusal(" ".repeat(IMAGE_LIMITS.configBytes + 1))).toContain("larger than");
  });

  test("any JSON is parsed or refused by name, and changes no prototype", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom("config", "rootfs", "__proto__"), (json, key) => {
        try {
          parse(`{"${key}":${json},"rootfs":{"diff_ids":["${DIFF}"]}}`);
        } catch (thrown) {
          if (!hasCode(thrown, "SC_IMAGE_INVALID")) throw thrown;
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
