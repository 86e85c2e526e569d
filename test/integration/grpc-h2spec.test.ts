/**
 * Our server under h2spec, the public HTTP/2 conformance suite: all of its cases, strict ones included.
 * Version 2.2.1: the newest that Go's module proxy offers (2.6.0 is refused there as not available).
 */

import { expect, test } from "bun:test";
import { installH2spec } from "../../scripts/project/go-tools.mjs";
import { runCommand } from "../../src/base/process.ts";
import { GrpcServer } from "../../src/grpc/server.ts";
import { Echo, echoHandlers } from "../unit/grpc/echo-service.ts";

test("every case of h2spec passes or is skipped by it", async () => {
  const program = installH2spec();
  const server = new GrpcServer();
  server.addService(Echo, echoHandlers());
  const address = server.listen({ host: "127.0.0.1", port: 0 });
  if ("unix" in address) throw new Error("not a TCP address");
  try {
    const result = await runCommand(
      [program, "--strict", "--host", "127.0.0.1", "--port", String(address.port), "--timeout", "5"],
      { timeoutMs: 170_000 },
    );
    const summary = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(result.stdout);
    console.log(`h2spec: ${summary?.[0] ?? "no summary"}`);
    // Its failures, should there be any, are the test's message.
    expect(/^Failures:[\s\S]*/m.exec(result.stdout)?.[0] ?? "").toBe("");
    expect(Number(summary?.[1])).toBeGreaterThanOrEqual(145);
    expect(Number(summary?.[4])).toBe(0);
    expect(result.exitCode).toBe(0);
  } finally {
    await server.stop({ graceMs: 0 });
  }
}, 180_000);
