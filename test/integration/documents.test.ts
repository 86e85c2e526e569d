/** What the documents 000 to 002 show, as written: commands, log lines, the unit, the manifest of 001, saving by usual tools. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import type { Container } from "../../src/model/container.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { FixedPlaces } from "./support/fixed-places.ts";
import { Inside } from "./support/inside.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const LIMIT_MS = 120_000;
const MANIFESTS = "/data/var/containers/manifests";
const IMAGE = "localhost/test/documents:1";
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];

function documentOf(number: string): string {
  const folder = join(ROOT, "../shared/documents");
  const name = readdirSync(folder).find((one) => one.startsWith(number));
  return readFileSync(join(folder, name ?? ""), "utf8");
}

/** Lines of a log as the documents show them, times left out. */
function logLines(text: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => line.includes("kanto_auto_deployer"))
    .map((line) => line.replace(/^.*?\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, "[TIME"));
}

function documentedLog(after: string, before: string): readonly string[] {
  const text = documentOf("000");
  const begin = text.indexOf(after);
  return logLines(text.slice(begin, text.indexOf(before, begin)));
}

let device: TestDevice;
let places: FixedPlaces;
let folder: string;
let deployer: ChildProcess | undefined;
let said = "";

function write(name: string, more: Readonly<Record<string, unknown>> = {}): void {
  const manifest = {
    container_id: name,
    container_name: name,
    image: { name: IMAGE },
    config: { cmd: STAY },
    host_config: { network_mode: "host" },
    ...more,
  };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest));
}

async function named(name: string): Promise<Container> {
  const found = (await device.device.client.list(stepSignal())).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

/** The line of the unit, as systemd would run it, with more options where a test cannot wait for a probation. */
function startUnit(options = ""): void {
  const unit = readFileSync(join(ROOT, "packaging/systemd/kanto-auto-deployer.service"), "utf8");
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "";
  said = "";
  deployer = places.start(`${line}${options}`);
  deployer.stderr?.on("data", (chunk) => {
    said += chunk;
  });
}

async function endUnit(): Promise<number> {
  const child = deployer;
  deployer = undefined;
  if (child === undefined) return 0;
  const ended = new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? -1)));
  child.kill("SIGTERM");
  return await ended;
}

function times(text: string): number {
  return said.split(text).length - 1;
}

function says(text: string, count = 1): Promise<void> {
  return until(
    () => times(text) >= count,
    () => `it says ${text}; it said ${said}`,
    60_000,
  );
}

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
  places = new FixedPlaces(device.device.socket);
  folder = join(places.root, MANIFESTS);
  mkdirSync(folder, { recursive: true });
}, LIMIT_MS);

afterAll(async () => {
  await endUnit();
  places?.[Symbol.dispose]();
  await device?.end();
}, LIMIT_MS);

describe("document 000", () => {
  test("kanto-auto-deployer --help prints the documented text", () => {
    const text = documentOf("000");
    const begin = text.indexOf("USAGE:");
    const run = places.run("kanto-auto-deployer --help");
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toContain(text.slice(begin, text.indexOf("```", begin)).trimEnd());
    expect(places.run("kanto-auto-deployer -V").stdout).toMatch(/^kanto-auto-deployer \d+\.\d+\.\d+\n$/);
  });

  test(
    "run in the folder of manifests, then with its path: the documented lines",
    async () => {
      write("cloudconnector");
      write("databroker");
      expect(places.run(`kanto-auto-deployer --probation 0 ${MANIFESTS}`).code).toBe(0);
      const here = places.run(`cd ${MANIFESTS} && kanto-auto-deployer `);
      expect(here).toMatchObject({ code: 0, stdout: "" });
      expect(logLines(here.stderr)).toEqual(
        documentedLog("# Use container manifests from current", "\n# Use"),
      );
      const there = places.run(`cd / && kanto-auto-deployer ${MANIFESTS}/`);
      expect(there).toMatchObject({ code: 0, stdout: "" });
      expect(logLines(there.stderr)).toEqual(documentedLog("# Use container manifests from spec", "> N"));
    },
    LIMIT_MS,
  );

  test("the unit is the documented one", () => {
    const text = documentOf("000");
    const begin = text.indexOf("[Unit]");
    const documented = text.slice(begin, text.indexOf("```", begin));
    const unit = readFileSync(join(ROOT, "packaging/systemd/kanto-auto-deployer.service"), "utf8");
    expect(unit).toBe(documented);
  });

  test(
    "its line starts what is missing with the documented lines, then watches",
    async () => {
      rmSync(join(folder, "cloudconnector.json"));
      rmSync(join(folder, "databroker.json"));
      write("sua");
      write("vum");
      startUnit();
      await says("Running in daemon mode");
      const documented = documentedLog("Apr 18 10:22:48", "\n```");
      const of = (name: string, lines: readonly string[]) => lines.filter((one) => one.endsWith(`[${name}]`));
      const ours = logLines(said);
      for (const name of ["sua", "vum"]) expect(of(name, ours)).toEqual(of(name, documented));
      expect(ours.at(-1)).toBe(documented.at(-1) ?? "");
      const warning = documented.find((line) => line.includes("WARN")) ?? "";
      expect(ours.filter((line) => line === warning)).toHaveLength(2);
    },
    LIMIT_MS,
  );
});

describe("document 001", () => {
  test(
    "its manifest is deployed as it stands, directly",
    async () => {
      const image = "ghcr.io/eclipse/kuksa.val/databroker:0.2.5";
      await device.importImage({ name: image, config: { Entrypoint: STAY } });
      await device.device.client.remove(
        "databroker",
        true,
        { timeoutSeconds: 1, force: true, signal: "SIGKILL" },
        stepSignal(),
      );
      const text = documentOf("001");
      const begin = text.indexOf("{\n");
      writeFileSync(join(folder, "databroker.json"), text.slice(begin, text.indexOf("\n}\n", begin) + 2));
      await says("Started [databroker]");
      const container = await named("databroker");
      expect(container.id).toMatch(/^[0-9a-f-]{36}$/);
      expect(container.state.status).toBe("Running");
      expect(container.hostConfig.portMappings).toMatchObject([
        { hostIp: "localhost", hostPort: 30555, hostPortEnd: 30555, containerPort: 55555, protocol: "tcp" },
      ]);
      expect((await Inside.of(container.state.pid)).env).toEqual(
        expect.arrayContaining(["RUST_LOG=info", "vehicle_data_broker=debug"]),
      );
      const again = places.run(`RUST_LOG=debug kanto-auto-deployer ${MANIFESTS}`);
      expect(again.stderr).toContain("Manifest is in auto-deployer format already. Deploying directly");
    },
    LIMIT_MS,
  );
});

describe("document 002", () => {
  test(
    "restarting the deployer is quick and harmless",
    async () => {
      const before = (await device.device.client.list(stepSignal())).map(({ id, state }) => [id, state.pid]);
      expect(await endUnit()).toBe(0);
      startUnit();
      await says("Running in daemon mode");
      expect(times("Creating")).toBe(0);
      const after = (await device.device.client.list(stepSignal())).map(({ id, state }) => [id, state.pid]);
      expect(after.sort()).toEqual(before.sort());
    },
    LIMIT_MS,
  );

  test(
    "a touched, an edited and a new manifest are deployed after saving, each save once, by whichever tool",
    async () => {
      await endUnit();
      startUnit(" --probation 0");
      write("web", { config: { cmd: STAY, env: ["V=1"] } });
      await says("Started [web]");
      const path = `${MANIFESTS}/web.json`;
      const saves = [
        `touch -d '+1 minute' ${path}`,
        `sed -i s/V=1/V=2/ ${path}`,
        `sed s/V=2/V=3/ ${path} > ${path}.new && mv ${path}.new ${path}`,
        `sed s/V=3/V=4/ ${path} > /tmp/web-$$ && cp /tmp/web-$$ ${path} && rm /tmp/web-$$`,
        `sed s/V=4/V=5/ ${path} > /tmp/web-$$ && cat /tmp/web-$$ > ${path} && rm /tmp/web-$$`,
        `perl -i.bak -pe s/V=5/V=6/ ${path}`,
        `printf '%s\\n' ',s/V=6/V=7/' w q | busybox ed ${path} > /dev/null`,
        `cp -p ${path} ${path}~ && sed s/V=7/V=8/ ${path}~ > ${path}`,
      ];
      for (const [index, save] of saves.entries()) {
        const run = places.run(save, { TERM: "dumb" });
        expect([save, run.code, run.stderr]).toEqual([save, 0, ""]);
        await says("Started [web]", index + 2);
        await until(
          async () => (await named("web")).config?.env.includes(`V=${Math.max(1, index + 1)}`) === true,
          `version after ${save}`,
        );
      }
      // A later file is deployed when everything before it has been: no save was deployed twice.
      write("last");
      await says("Started [last]");
      expect(times("Started [web]")).toBe(saves.length + 1);
    },
    LIMIT_MS,
  );

  test(
    "a redeployment that drops what the container had written says how much; one that drops nothing says nothing",
    async () => {
      const sentence =
        "[web] the old container's own layer is gone with 3.0 KiB in 1 file that it had written";
      expect(said).not.toContain("own layer is gone");
      writeFileSync(`/proc/${(await named("web")).state.pid}/root/root/state`, "x".repeat(3072));
      const before = times("Started [web]");
      places.run(`sed -i s/V=8/V=9/ ${MANIFESTS}/web.json`);
      await says("Started [web]", before + 1);
      await says(sentence);
      expect(logLines(said).find((line) => line.includes(sentence))).toStartWith("[TIME WARN ");
    },
    LIMIT_MS,
  );
});
