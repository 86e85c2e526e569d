/** Clients that are not ours against the running daemon: every rpc of the API, with a real container behind it. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../../scripts/project/setup.mjs";
import { ContainersDefinition } from "../../src/api/gen/api/services/containers/containers.ts";
import { SystemInfoDefinition } from "../../src/api/gen/api/services/sysinfo/system_info.ts";
import { SupercargoDefinition } from "../../src/api/gen/supercargo/v1/supercargo.ts";
import { runCommand } from "../../src/base/process.ts";
import { startTestDevice, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/api:1";
const LIMIT_MS = 120_000;
const PROTOS = join(ROOT, "proto");

let device: TestDevice;
let modules = "";

/** Every proto file of the API. */
function apiProtos(folder = "api"): string[] {
  return readdirSync(join(PROTOS, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? apiProtos(path) : [path];
  });
}

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  modules = mkdtempSync(join(tmpdir(), "sc-api-"));
  const made = await runCommand(["protoc", `--python_out=${modules}`, "-I", PROTOS, ...apiProtos()]);
  expect(made.stderr).toBe("");
}, LIMIT_MS);

afterAll(async () => {
  await device?.end();
  rmSync(modules, { recursive: true, force: true });
}, LIMIT_MS);

const CLIENTS = [
  {
    name: "grpcio",
    id: "api-grpcio",
    command: () => ["/usr/bin/python3", join(import.meta.dir, "grpc/api_client.py")],
    protos: () => modules,
  },
  {
    name: "grpc-js",
    id: "api-js",
    command: () => ["node", join(import.meta.dir, "grpc/api-client.mjs")],
    protos: () => PROTOS,
  },
];

function expected(id: string) {
  const unknown = [
    "UNKNOWN",
    expect.stringContaining(`no such container with id = ${id} exists`),
    "SC_CONTAINER_NOT_FOUND",
  ];
  return {
    info: true,
    unknown: false,
    created: [id, id, `${id}-host`, "Created", -1],
    again: ["UNKNOWN", expect.stringContaining(id), "SC_CONTAINER_EXISTS"],
    invalid: ["UNKNOWN", "the containers image configuration is invalid", "SC_CONTAINER_INVALID"],
    list: [id],
    "list stream": [id],
    "no logs yet": ["UNKNOWN", 'there are no logs for container with status "Created"', "SC_CONTAINER_STATE"],
    started: ["Running", true, true],
    "start again": ["UNKNOWN", expect.stringContaining("is already running"), "SC_CONTAINER_STATE"],
    attach: "ping\n",
    logs: ["hello\n", "ping\n"],
    "last log": ["ping\n"],
    paused: ["Paused", true, false],
    unpaused: "Running",
    renamed: "new-name",
    updated: "64M",
    restarted: ["Running", true],
    "remove running": ["UNKNOWN", expect.stringContaining("is not stopped"), "SC_CONTAINER_STATE"],
    stopped: ["Stopped", 137, true],
    removed: false,
    "start removed": unknown,
    "logs of removed": unknown,
    late: "DEADLINE_EXCEEDED",
  };
}

describe("every rpc of the API", () => {
  for (const { name, id, command, protos } of CLIENTS) {
    test(
      `with ${name}`,
      async () => {
        const target = `unix:${device.device.socket}`;
        const run = await runCommand([...command(), target, protos(), id, IMAGE], {
          timeoutMs: LIMIT_MS,
          env: { PYTHONDONTWRITEBYTECODE: "1", GRPC_VERBOSITY: "ERROR" },
        });
        expect(run.stderr).toBe("");
        expect(JSON.parse(run.stdout)).toEqual(expected(id));
      },
      LIMIT_MS,
    );

    test(`${name} is asked for every rpc there is`, async () => {
      const script = await Bun.file(command()[1] ?? "").text();
      const methods = [ContainersDefinition, SystemInfoDefinition].flatMap((service) =>
        Object.values(service.methods).map((method) => method.name),
      );
      expect(methods).toHaveLength(15);
      for (const method of methods) expect(script).toMatch(new RegExp(`["'.]${method}\\b`));
    });
  }
});

describe("every rpc of our own service", () => {
  const script = join(import.meta.dir, "grpc/extension-client.mjs");

  test(
    "with grpc-js",
    async () => {
      const id = "extension-js";
      const command = ["node", script, `unix:${device.device.socket}`, PROTOS, id, IMAGE, device.home];
      const run = await runCommand(command, { timeoutMs: LIMIT_MS });
      expect(run.stderr).toBe("");
      expect(JSON.parse(run.stdout)).toEqual({
        created: [id, "Created", "by grpc-js", 50],
        "created again": ["ALREADY_EXISTS", "SC_CONTAINER_EXISTS"],
        extras: [0.5, 60, "by grpc-js"],
        applied: ["CHECKED", "Running"],
        watched: [
          ["PRESENT", id],
          ["MARKER", ""],
        ],
        replaced: ["REPLACED", ["VERSION=2"]],
        "rolled back": ["ROLLED_BACK", "START", ["VERSION=2"]],
        details: [id, "grpc-js", true],
        "details of nobody": ["NOT_FOUND", "SC_CONTAINER_NOT_FOUND"],
        exec: ["started", "got hello\n", 3],
        stats: [[id, true]],
        exported: true,
        imported: ["localhost/test/imported:1"],
        pulled: "localhost/test/imported:1",
        images: [IMAGE, "localhost/test/imported:1"].sort(),
        "remove what is needed": ["FAILED_PRECONDITION", "SC_IMAGE_IN_USE"],
        pruned: ["localhost/test/imported:1"],
        "images left": [IMAGE],
        status: true,
        reloaded: [],
      });
    },
    LIMIT_MS,
  );

  test("grpc-js is asked for every rpc there is", async () => {
    const text = await Bun.file(script).text();
    for (const { name } of Object.values(SupercargoDefinition.methods))
      expect(text).toMatch(new RegExp(`["'.]${name}\\b`));
  });
});

test("a daemon tells what it offers by reflection", async () => {
  const list = join(import.meta.dir, "grpc/reflect.mjs");
  const run = await runCommand(["node", list, `unix:${device.device.socket}`], { timeoutMs: LIMIT_MS });
  expect(run.stderr).toBe("");
  expect(JSON.parse(run.stdout)).toEqual([
    ContainersDefinition.fullName,
    SystemInfoDefinition.fullName,
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "supercargo.v1.Supercargo",
  ]);
});
