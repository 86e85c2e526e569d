import { describe, expect, test } from "bun:test";
import { silentLog } from "../../../src/base/log.ts";
import { endpointsOf, isLoopback } from "../../../src/registry/endpoint.ts";
import type { RegistryEntry } from "../../../src/registry/settings.ts";

const LOGIN: RegistryEntry = { credentials: { userId: "bot", password: "secret" } };

async function ways(host: string, insecure: readonly string[] = [], entry?: RegistryEntry) {
  const entries = new Map(entry === undefined ? [] : [[host, entry]]);
  const endpoints = await endpointsOf(host, { entries, insecure }, silentLog);
  return endpoints.map(
    (one) => `${one.origin}${one.tls === undefined || one.tls.verify ? "" : " unverified"}`,
  );
}

describe("ways to a registry", () => {
  test("a host without an entry is reached by https with its certificate checked", async () => {
    expect(await ways("ghcr.io")).toEqual(["https://ghcr.io"]);
    expect(await ways("reg.example:5000", [], LOGIN)).toEqual(["https://reg.example:5000"]);
  });

  test("docker.io is a name only: its registry is called otherwise", async () => {
    expect(await ways("docker.io")).toEqual(["https://registry-1.docker.io"]);
    expect(await ways("docker.io", [], LOGIN)).toEqual(["https://registry-1.docker.io"]);
  });

  test("an insecure one is tried by plain http, then by https without a check; credentials stay", async () => {
    expect(await ways("10.0.0.5:5000", ["10.0.0.5:5000"])).toEqual([
      "http://10.0.0.5:5000",
      "https://10.0.0.5:5000 unverified",
    ]);
    const entries = new Map([["reg:1", LOGIN]]);
    const endpoints = await endpointsOf("reg:1", { entries, insecure: ["reg:1"] }, silentLog);
    expect(endpoints.map((one) => one.credentials?.userId)).toEqual(["bot", "bot"]);
  });

  test("the host text has to match as a whole, port included", async () => {
    expect(await ways("reg.example:5000", ["reg.example"])).toEqual(["https://reg.example:5000"]);
    expect(await ways("reg.example", ["reg.example:5000", "REG.example"])).toEqual(["https://reg.example"]);
    expect(await ways("localhost:5000", ["localhost"], LOGIN)).toEqual(["https://localhost:5000"]);
  });

  test("the device itself without an entry is tried by plain http first, as containerd does", async () => {
    expect(await ways("localhost:5000")).toEqual(["http://localhost:5000", "https://localhost:5000"]);
    expect(
      ["localhost", "localhost:1", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000"].map(isLoopback),
    ).not.toContain(false);
    expect(
      ["localhost.example", "128.0.0.1", "127.example", "[::2]:1", "xlocalhost"].map(isLoopback),
    ).not.toContain(true);
  });
});
