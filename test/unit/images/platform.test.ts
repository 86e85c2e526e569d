import { describe, expect, test } from "bun:test";
import type { Descriptor, Platform } from "../../../src/engine/content.ts";
import { choosePlatform, formatPlatform, rank } from "../../../src/images/platform.ts";

function parse(text: string): Platform {
  const [os = "", architecture = "", variant] = text.split("/");
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function entries(...platforms: readonly (string | undefined)[]): Descriptor[] {
  return platforms.map((platform, at) => ({
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: `sha256:${String(at).repeat(64)}`,
    size: 1,
    ...(platform === undefined ? {} : { platform: parse(platform) }),
  }));
}

describe("choosing a platform", () => {
  test.each([
    ["linux/amd64", ["linux/arm64", "linux/amd64", "linux/386"], 1],
    ["linux/amd64", ["linux/386", "linux/arm64"], 0],
    ["linux/amd64", ["windows/amd64", "linux/amd64/v1"], 1],
    ["linux/amd64", ["linux/amd64/v3", "linux/amd64"], 1],
    ["linux/amd64", ["linux/x86_64"], 0],
    ["linux/arm64/v8", ["linux/arm/v7", "linux/arm64"], 1],
    ["linux/arm64/v8", ["linux/arm/v6", "linux/arm/v7"], 1],
    ["linux/arm64/v8", ["linux/amd64", "linux/aarch64"], 1],
    ["linux/arm/v7", ["linux/arm/v8", "linux/arm/v5", "linux/arm/v6"], 2],
    ["linux/arm/v7", ["linux/arm"], 0],
    ["linux/arm/v6", ["linux/arm/v7", "linux/arm/v6"], 1],
    ["linux/amd64", ["linux/amd64", "linux/amd64"], 0],
    ["linux/amd64", [undefined, "linux/amd64"], 1],
    ["linux/amd64", ["linux/arm64", undefined], 1],
  ] as const)("%s takes of %j number %d", (host, offered, wanted) => {
    const list = entries(...offered);
    expect(choosePlatform(parse(host), list)).toBe(list[wanted] as Descriptor);
  });

  test.each([
    ["linux/amd64", ["linux/arm64", "windows/amd64", "unknown/unknown"]],
    ["linux/arm/v6", ["linux/arm/v7", "linux/arm64"]],
    ["linux/riscv64", ["linux/amd64"]],
    ["linux/amd64", []],
  ] as const)("%s finds nothing in %j", (host, offered) => {
    expect(choosePlatform(parse(host), entries(...offered))).toBeUndefined();
  });

  test("a platform is written as tools do", () => {
    expect(formatPlatform(parse("linux/arm/v7"))).toBe("linux/arm/v7");
    expect(formatPlatform(parse("linux/amd64"))).toBe("linux/amd64");
    expect(rank(parse("linux/amd64"), parse("linux/amd64"))).toBe(0);
  });
});
