/** Clients that are not ours, grpcio (the C core), grpc-js under node and grpc-go, against our server over unix sockets and TCP. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { installGoClient } from "../../scripts/project/go-tools.mjs";
import { ContainersDefinition } from "../../src/api/gen/api/services/containers/containers.ts";
import { FILE_DESCRIPTOR_SET_BASE64 } from "../../src/api/gen/descriptors.ts";
import { runCommand } from "../../src/base/process.ts";
import { addReflection } from "../../src/grpc/reflection/reflection-service.ts";
import { GrpcServer } from "../../src/grpc/server.ts";
import { Echo, type EchoRecord, echoHandlers } from "../unit/grpc/echo-service.ts";

const SERVICES = [
  "test.Echo",
  ContainersDefinition.fullName,
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
];

let folder = "";
let unixTarget = "";
let tcpTarget = "";
const record: EchoRecord = { aborts: [], contexts: [] };
const server = new GrpcServer();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "supercargo-grpc-"));
  server.addService(Echo, echoHandlers(record));
  server.addService(ContainersDefinition, {});
  addReflection(server, Buffer.from(FILE_DESCRIPTOR_SET_BASE64, "base64"));
  const path = join(folder, "grpc.sock");
  server.listen({ unix: path, mode: 0o660, group: "root" });
  unixTarget = `unix:${path}`;
  const address = server.listen({ host: "127.0.0.1", port: 0 });
  if ("unix" in address) throw new Error("not a TCP address");
  tcpTarget = `127.0.0.1:${address.port}`;
  const source = join(import.meta.dir, "grpc");
  const made = await runCommand(["protoc", `--python_out=${folder}`, "-I", source, "reflection.proto"]);
  expect(made.stderr).toBe("");
});

afterAll(async () => {
  await server.stop({ graceMs: 0 });
  rmSync(folder, { recursive: true });
});

/** Runs a client; gives what it saw. Both sides then have nothing left. */
async function runClient(command: readonly string[]): Promise<Record<string, unknown>> {
  record.aborts.length = 0;
  const result = await runCommand(command, {
    timeoutMs: 120_000,
    env: { PYTHONDONTWRITEBYTECODE: "1", GRPC_VERBOSITY: "ERROR" },
  });
  if (result.exitCode !== 0) throw new Error(`${command[0]} ended with ${result.exitCode}: ${result.stderr}`);
  await until(() => server.connectionCount === 0 && server.activeCalls === 0, "the client has left");
  return JSON.parse(result.stdout);
}

const ERRORS = {
  "too big": ["RESOURCE_EXHAUSTED", `received message larger than max (${5 << 20} vs. ${4 << 20})`],
  error: ["NOT_FOUND", "nicht gefunden: Größe 100 % 漢字"],
  "plain error": ["UNKNOWN", "boom"],
  "unknown method": ["UNIMPLEMENTED", "unknown method Missing for service test.Echo"],
};

test("the socket file has the wanted mode", () => {
  expect(statSync(join(folder, "grpc.sock")).mode & 0o777).toBe(0o660);
});

describe("grpcio", () => {
  for (const kind of ["unix", "tcp"]) {
    test(`every kind of call and its ends, over ${kind}`, async () => {
      const script = join(import.meta.dir, "grpc/grpcio_client.py");
      const target = kind === "unix" ? unixTarget : tcpTarget;
      const seen = await runClient(["/usr/bin/python3", script, target, folder]);
      const reflection = {
        services: SERVICES,
        methods: 14,
        "by name": "api/types/containers/container.proto",
        unknown: 5,
        "repeats the question": "no.such.Thing",
      };
      expect(seen).toMatchObject({
        ...ERRORS,
        unary: "grüß dich 漢字",
        empty: "",
        big: true,
        "server stream": ["ü", "ü", "ü", "ü"],
        "long stream": 2_000_000,
        "stream error": ["DATA_LOSS", "after the messages"],
        "client stream": `ab${"ç".repeat(1000)}`,
        bidi: ["<one>", "<two>", `<${"z".repeat(100_000)}>`],
        turns: ["<1>", "<2>", "<3>"],
        parallel: 500,
        "initial metadata": "1",
        "trailing metadata": ["value", [0, 255, 44, 1]],
        gzip: ["UNIMPLEMENTED", "grpc-encoding gzip is not supported"],
        "reflection v1": reflection,
        "reflection v1alpha": reflection,
      });
      expect(seen["deadline"]).toEqual(["DEADLINE_EXCEEDED", expect.any(String)]);
      expect(seen["cancel"]).toEqual(["CANCELLED", expect.any(String)]);
      // Deadline and cancel reached the handlers.
      expect(record.aborts.length).toBe(2);
    }, 130_000);
  }
});

describe("grpc-js", () => {
  for (const kind of ["unix", "tcp"]) {
    test(`every kind of call and its ends, over ${kind}`, async () => {
      const script = join(import.meta.dir, "grpc/grpc-js-client.mjs");
      const seen = await runClient(["node", script, kind === "unix" ? unixTarget : tcpTarget]);
      expect(seen).toMatchObject({
        ...ERRORS,
        unary: "grüß dich 漢字",
        big: true,
        "server stream": ["ü", "ü", "ü", "ü"],
        "long stream": 2_000_000,
        "stream error": ["fail", "fail", ["DATA_LOSS", "after the messages"]],
        "client stream": `ab${"ç".repeat(1000)}`,
        bidi: ["<1>", "<2>", "<3>"],
        cancel: ["CANCELLED", "Cancelled on client"],
        deadline: "DEADLINE_EXCEEDED",
        parallel: 500,
        metadata: [["1"], ["value"], [0, 255, 44, 1]],
        reflection: [SERVICES, true],
      });
      expect(record.aborts.length).toBe(2);
    }, 130_000);
  }
});

describe("grpc-go, as Kanto's own clients have it", () => {
  for (const kind of ["unix", "tcp"]) {
    test(`every kind of call and its ends, over ${kind}`, async () => {
      const seen = await runClient([installGoClient(), kind === "unix" ? unixTarget : tcpTarget]);
      expect(seen).toEqual({
        unary: "grüß dich 漢字",
        big: true,
        "too big": `ResourceExhausted: ${ERRORS["too big"][1]}`,
        error: "NotFound: nicht gefunden: Größe 100 % 漢字",
        "plain error": "Unknown: boom",
        "unknown method": ["Unimplemented: unknown method Missing for service test.Echo"],
        "server stream": ["ü", "ü", "ü", "ü"],
        "long stream": 2_000_000,
        "stream error": ["fail", "fail", "DataLoss: after the messages"],
        "client stream": ["abc"],
        bidi: ["<one>", "<two>", `<${"z".repeat(100_000)}>`],
        deadline: "DeadlineExceeded",
        cancel: "Canceled",
        metadata: [["1"], ["value"], [0, 255, 44, 1]],
        parallel: 500,
        reflection: SERVICES,
      });
      expect(record.aborts.length).toBe(2);
    }, 130_000);
  }
});
