/** Where the daemon listens (spec/grpc-api.md §1): the socket's folder and rights, what an earlier daemon left there, and TCP. */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SystemInfoDefinition } from "../../../src/api/gen/api/services/sysinfo/system_info.ts";
import { sysinfoService } from "../../../src/api/sysinfo-service.ts";
import type { SocketAddress } from "../../../src/base/byte-connection.ts";
import { listen, tcpAddress } from "../../../src/bin/api-server.ts";
import { BUILD_INFO } from "../../../src/cli/build-info.ts";
import { GrpcClient } from "../../../src/grpc/client.ts";
import { GrpcServer } from "../../../src/grpc/server.ts";

let folder = "";
let server: GrpcServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-listen-"));
  server = new GrpcServer();
  server.addService(SystemInfoDefinition, sysinfoService(BUILD_INFO));
});
afterEach(async () => {
  await server.stop({ graceMs: 0 });
  rmSync(folder, { recursive: true });
});

const rights = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** What a client of the address learns of the daemon. */
async function askedAt(address: SocketAddress) {
  const client = await GrpcClient.connect(address);
  try {
    return (await client.unary(SystemInfoDefinition, "projectInfo", {})).projectInfo;
  } finally {
    client.close();
  }
}

describe("the socket", () => {
  const path = () => join(folder, "run", "cm.sock");
  const unix = () => ({ protocol: "unix", addressPath: path() });

  test("its folder is made so that all may pass and none may look, the file for root and the group", async () => {
    listen(server, unix());
    expect([rights(join(folder, "run")), rights(path())]).toEqual(["711", "660"]);
    expect(await askedAt({ unix: path() })).toEqual({
      projectVersion: BUILD_INFO.projectVersion,
      apiVersion: "1.0.0",
      buildTime: "unknown",
      gitCommit: "unknown",
    });
  });

  test("a folder that is there gets these rights, whatever it had", () => {
    mkdirSync(join(folder, "run"));
    chmodSync(join(folder, "run"), 0o700);
    listen(server, unix());
    expect(rights(join(folder, "run"))).toBe("711");
  });

  test("what an ended daemon left in its place is replaced", async () => {
    mkdirSync(join(folder, "run"));
    writeFileSync(path(), "no socket any more");
    listen(server, unix());
    expect(await askedAt({ unix: path() })).toBeDefined();
  });
});

describe("TCP", () => {
  test.each([
    ["tcp", "127.0.0.1:50051", { host: "127.0.0.1", port: 50051 }],
    ["tcp", ":50051", { host: "0.0.0.0", port: 50051 }],
    ["tcp4", ":1", { host: "0.0.0.0", port: 1 }],
    ["tcp6", ":65535", { host: "::", port: 65535 }],
    ["tcp6", "[::1]:50051", { host: "::1", port: 50051 }],
    ["tcp", "localhost:50051", { host: "localhost", port: 50051 }],
  ])("%s %s", (protocol, text, expected) => {
    expect(tcpAddress(protocol, text)).toEqual(expected);
  });

  test.each(["", "50051", "host", "host:", "host:http", "host:65536", "::1:50051", "[::1]", "a:b:1"])(
    "%j is no address, and the key is named",
    (text) => {
      const key = `grpc_server.address_path: ${text} is no host:port`;
      expect(() => tcpAddress("tcp", text)).toThrow(key);
    },
  );

  test("is served as the socket is", async () => {
    const address = listen(server, { protocol: "tcp", addressPath: "127.0.0.1:0" });
    expect(await askedAt(address)).toBeDefined();
  });

  test("a port that somebody has is named", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const taken = Object(other.address()).port;
    try {
      expect(() => listen(server, { protocol: "tcp", addressPath: `127.0.0.1:${taken}` })).toThrow(
        `cannot listen on 127.0.0.1:${taken}`,
      );
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});
