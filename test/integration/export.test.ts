/** `supercargo export`: what is written, deployed again, gives nothing to do; on an empty device it gives the same again. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram, startTestDevice, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const IMAGE = "localhost/test/export:1";
const STAY = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done"];
let device: TestDevice;
let folder: string;

const FULL = {
  container_id: "full",
  container_name: "full",
  image: { name: IMAGE, pull_policy: "missing" },
  mount_points: [{ source: "/tmp", destination: "/host-tmp", read_only: true }],
  config: { env: ["A=b c", "SECRET=x"], cmd: STAY, working_dir: "/tmp", user: "0:0" },
  host_config: {
    port_mappings: [{ host_port: 28099, container_port: 80, proto: "udp" }],
    restart_policy: { type: "on-failure", maximum_retry_count: 3, retry_timeout: 5 },
    resources: { memory: "64m", pids_limit: 50 },
    log_config: { driver_config: { max_size: "2M" } },
    ulimits: { nofile: 512, core: { soft: 0, hard: 10 } },
    sysctls: { "net.ipv4.ip_unprivileged_port_start": "80" },
    extra_hosts: ["me.local:host_ip"],
  },
  labels: { team: "deck" },
  healthcheck: { exec: ["true"], interval: "1m30s", retries: 2 },
};

beforeAll(async () => {
  refuseInitialNamespace();
  folder = mkdtempSync(join(tmpdir(), "sc-export-"));
  device = await startTestDevice();
  await device.importImage({ name: IMAGE, config: {} });
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

function supercargo(...words: string[]) {
  const [command = "", ...rest] = words;
  return runProgram("supercargo", [command, "--host", device.device.socket, ...rest]);
}

async function planned(manifests: string): Promise<unknown[]> {
  const { code, stdout, stderr } = await supercargo(
    "plan",
    "--json",
    "--state-dir",
    join(folder, "state"),
    manifests,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout).changes;
}

test("running containers come out as manifests; deployed again there is nothing to do", async () => {
  const before = join(folder, "before");
  mkdirSync(before);
  writeFileSync(join(before, "full.json"), JSON.stringify(FULL));
  writeFileSync(
    join(before, "plain.json"),
    JSON.stringify({ container_name: "plain", image: { name: IMAGE }, config: { cmd: STAY } }),
  );
  expect((await device.deployOnce(before)).code).toBe(0);
  const after = join(folder, "after");
  const written = await supercargo("export", "--folder", after);
  expect(written).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(after).sort()).toEqual(["full.json", "plain.json"]);
  expect(statSync(join(after, "full.json")).mode & 0o777).toBe(0o600);
  const full = JSON.parse(readFileSync(join(after, "full.json"), "utf8"));
  expect(full).toMatchObject({
    container_id: "full",
    labels: { team: "deck" },
    healthcheck: { exec: ["true"], interval: "90000ms", retries: 2 },
    host_config: { resources: { memory: "64m", pids_limit: 50 } },
  });
  expect(full).not.toHaveProperty("state");
  const changes = await planned(after);
  expect(changes.map((change) => Object(change).action)).toEqual(["none", "none"]);
  expect((await device.deployOnce(after)).code).toBe(0);
  expect((await planned(after)).map((change) => Object(change).action)).toEqual(["none", "none"]);
}, 90_000);

test("files that are there are not replaced unasked, and several do not go to stdout", async () => {
  const after = join(folder, "after");
  const refused = await supercargo("export", "--folder", after);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("is there already; nothing was written");
  expect(await supercargo("export", "--overwrite", "--folder", after)).toMatchObject({ code: 0 });
  expect(await supercargo("export")).toMatchObject({ code: 1 });
  const one = await supercargo("export", "--without-ids", "plain");
  expect(JSON.parse(one.stdout)).toMatchObject({ container_name: "plain" });
  expect(JSON.parse(one.stdout)).not.toHaveProperty("container_id");
  const all = await supercargo("export", "--json");
  expect(JSON.parse(all.stdout)).toHaveLength(2);
}, 60_000);

test("removed and deployed from its export, a container is the same again", async () => {
  const get = async () => {
    const { stdout } = await runProgram("kanto-cm", [
      "get",
      "--host",
      device.device.socket,
      "--json",
      "full",
    ]);
    const { stored, labels } = JSON.parse(stdout);
    const { host_config, config, io_config, mount_points, host_name, domain_name, image } = stored;
    return { labels, host_config, config, io_config, mount_points, host_name, domain_name, image };
  };
  const before = await get();
  await runProgram("kanto-cm", ["remove", "-f", "--host", device.device.socket, "full"]);
  expect((await device.deployOnce(join(folder, "after"))).code).toBe(0);
  expect(await get()).toEqual(before);
}, 60_000);
