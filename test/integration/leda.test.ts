/** The set of manifests of a Leda image, rebuilt with images of the test: all run, and find each other as they do there. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import type { Container } from "../../src/model/container.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { Inside } from "./support/inside.ts";
import { type LedaManifest, ledaManifests, ledaText } from "./support/leda-manifests.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage, writeOciArchive } from "./support/oci-image.ts";

const LIMIT_MS = 90_000;
/** Says its name to whoever connects to its port, whatever arguments it is given. */
const SERVE = [
  "/bin/sh",
  "-c",
  "trap 'exit 0' TERM; while :; do busybox nc -ll -p $PORT -e hostname & wait $!; done",
  "serve",
];

let device: TestDevice;
let root: string;
let folder: string;
let manifests: readonly LedaManifest[];

function manifestOf(file: string): LedaManifest {
  const found = manifests.find((one) => one.file === file);
  if (found === undefined) throw new Error(`no manifest ${file}`);
  return found;
}

async function running(): Promise<readonly string[]> {
  const all = await device.device.client.list(stepSignal());
  return all
    .filter(({ state }) => state.status === "Running")
    .map(({ name }) => name)
    .sort();
}

async function named(name: string): Promise<Container> {
  const found = (await device.device.client.list(stepSignal())).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

/** What a program in the container `from` hears at this address, with the container's own files and network. */
function hear(from: Container, host: string, port: number): string {
  const words = [
    "-t",
    String(from.state.pid),
    "-m",
    "-n",
    "/bin/busybox",
    "nc",
    "-w",
    "5",
    host,
    String(port),
  ];
  return spawnSync("nsenter", words, { encoding: "utf8", input: "" }).stdout.trim();
}

beforeAll(async () => {
  refuseInitialNamespace();
  root = mkdtempSync(join(tmpdir(), "supercargo-leda-"));
  folder = join(root, "manifests");
  for (const name of ["manifests", "certs"]) mkdirSync(join(root, name));
  for (const name of ["bus.sock", "release", "device.crt", "device.key"])
    writeFileSync(join(root, name), name);
  manifests = ledaManifests(root);
  device = await startTestDevice();
  const archive = join(root, "image.tar");
  for (const one of manifests) {
    const path = join(folder, `${one.file}.json${one.isDisabled === true ? ".disabled" : ""}`);
    writeFileSync(path, ledaText(one));
    // As the installation of the image leaves them.
    chmodSync(path, 0o755);
    const env = ["PATH=/bin", `PORT=${one.ports?.[1] ?? 7000}`];
    writeOciArchive(archive, buildImage({ entrypoint: SERVE, env, compression: "none" }), one.image);
    await device.device.client.importImage(archive, one.image, stepSignal());
  }
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(root, { recursive: true, force: true });
}, 120_000);

describe("the manifests of a Leda image", () => {
  test(
    "those that are on run, those that are switched off do not",
    async () => {
      const run = await device.deployOnce(folder, "--probation", "0");
      expect(run.stderr).not.toContain("ERROR");
      expect(run.code).toBe(0);
      const on = manifests.filter(({ isDisabled }) => isDisabled !== true);
      expect(await running()).toEqual(on.map(({ name }) => name).sort());
      for (const { name, cmd } of on) {
        const { id, state } = await named(name);
        expect(id).toBe(name);
        // An item of a command is one argument, whatever blanks it holds.
        expect((await Inside.of(state.pid)).args.slice(SERVE.length)).toEqual([...(cmd ?? [])]);
      }
    },
    LIMIT_MS,
  );

  test(
    "databroker and seat service reach each other by host_ip and the ports published on localhost",
    async () => {
      const edited = (file: string, hosts: readonly string[]) =>
        writeFileSync(join(folder, `${file}.json`), ledaText({ ...manifestOf(file), hosts }));
      edited("databroker", ["seatservice:host_ip"]);
      edited("seatservice", ["databroker:host_ip"]);
      const run = await device.deployOnce(folder, "--probation", "0");
      expect(run.code).toBe(0);
      const databroker = await named("databroker");
      const seatservice = await named("seatservice-example");
      await until(
        () => hear(seatservice, "databroker", 30555) === "databroker-host",
        "the seat service reaches the databroker",
        LIMIT_MS,
      );
      await until(
        () => hear(databroker, "seatservice", 30051) === "seatservice-example-host",
        "the databroker reaches the seat service",
        LIMIT_MS,
      );
    },
    LIMIT_MS,
  );

  test(
    "by container_<host name> the feeders reach the databroker, at the port in the container",
    async () => {
      for (const name of ["feedercan", "feedergps", "hvacservice-example", "node-red-example"]) {
        const feeder = await named(name);
        await until(
          () => hear(feeder, "databroker", 55555) === "databroker-host",
          `${name} reaches the databroker`,
          LIMIT_MS,
        );
      }
    },
    LIMIT_MS,
  );

  test(
    "switched on while the folder is watched, the others run too; two for one port: the second says who has it and waits",
    async () => {
      device.device.deploy(folder, ["--probation", "0"]);
      const enable = (file: string) =>
        renameSync(join(folder, `${file}.json.disabled`), join(folder, `${file}.json`));
      const others = manifests.filter(({ isDisabled, file }) => isDisabled && file !== "zipkin");
      for (const { file } of others) enable(file);
      const wanted = manifests.filter(({ file }) => file !== "zipkin").map(({ name }) => name);
      await until(
        async () => (await running()).join() === wanted.sort().join(),
        () => `all run but zipkin; ${device.device.deployerErrors().join("\n")}`,
        LIMIT_MS,
      );
      expect((await Inside.of((await named("ota-client")).state.pid)).env).toContain(`TOPICS='{"a": "b"}'`);
      enable("zipkin");
      const log = () => readFileSync(device.device.logPath("kanto-auto-deployer-output"), "utf8");
      await until(
        () => /ERROR.*zipkin\.json.*9411/.test(log()),
        () => `the port is named: ${log()}`,
        LIMIT_MS,
      );
      expect(await running()).toEqual(wanted.sort());
      // Who takes the other away gets it.
      unlinkSync(join(folder, "otelcol-sdv-exporter.json"));
      const stop = { timeoutSeconds: 1, force: true, signal: "" };
      await device.device.client.remove("otelcol-sdv-exporter", true, stop, stepSignal());
      await until(async () => (await running()).includes("zipkin"), "zipkin has the port", LIMIT_MS);
    },
    LIMIT_MS,
  );
});
