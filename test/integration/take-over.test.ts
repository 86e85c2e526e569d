/** Kanto's home is taken over: what ran runs on with its address, ports and output, what was down follows its policy, and nothing of Kanto's machinery is left. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDevice, placesOf } from "../../scripts/demo/private-device.ts";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { daemonLaunch } from "./support/daemon-unit.ts";
import { runProgram, stepSignal } from "./support/device.ts";
import { ctr } from "./support/engine-inventory.ts";
import { KANTO_IMAGE, KantoHome } from "./support/kanto-home.ts";
import { readAsKanto } from "./support/kanto-reader.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { run } from "./support/private-network.ts";

const LIMIT_MS = 120_000;
const PORT = 20811;
/** Chosen by libnetwork from a range; only its rule tells. */
const CHOSEN = 20823;
const SHUT_DOWN = {
  exit_code: 143,
  started_at: "2024-06-28T07:35:20.5Z",
  finished_at: "2024-06-28T09:00:00Z",
};
const serve = (page: string) => [
  "sh",
  "-c",
  `busybox mkdir -p /w; echo ${page} >/w/index.html; busybox httpd -p 80 -h /w; exec busybox httpd -f -p 81 -h /w`,
];

/** All that are there when the device goes back. */
const AT_REST = ["counter", "failed", "fresh", "held", "onhost", "shut", "single"];

let home = "";
let device: PrivateDevice;
let kanto: KantoHome;
const before = new Map<string, { readonly pid: number; readonly address: string }>();

async function page(port: number, host = "127.0.0.1"): Promise<string> {
  const own = { headers: { connection: "close" }, signal: AbortSignal.timeout(5_000) };
  return (await (await fetch(`http://${host}:${port}/`, own)).text()).trim();
}

async function get(id: string) {
  const container = await device.client.get(id, stepSignal());
  if (container === undefined) throw new Error(`${id} is not there`);
  return container;
}

async function logOf(id: string): Promise<readonly string[]> {
  let text = "";
  for await (const { log } of device.client.logs(id, -1, stepSignal())) text += log;
  return text.split("\n").flatMap((line) => (line === "" ? [] : String(JSON.parse(line).log).trim()));
}

beforeAll(async () => {
  refuseInitialNamespace();
  home = mkdtempSync(join(tmpdir(), "supercargo-takeover-"));
  device = new PrivateDevice(placesOf(ROOT, home), { manager: { live_restore: true } }, daemonLaunch());
  mkdirSync(join(home, "log"));
  mkdirSync(device.places.run, { recursive: true });
  await device.startContainerd();
  kanto = new KantoHome(device);
  await kanto.begin();
  const ports = [
    { container_port: 80, host_ip: "localhost", host_port: PORT, host_port_end: PORT, chosen: PORT },
    { container_port: 81, host_ip: "0.0.0.0", host_port: 20820, host_port_end: 20829, chosen: CHOSEN },
  ];
  before.set("web", await kanto.start("web", serve("from-kanto"), ports));
  const count = "n=0; while :; do n=$((n+1)); echo $n; sleep 0.02; done";
  before.set("counter", await kanto.start("counter", ["sh", "-c", count]));
  before.set("onhost", await kanto.start("onhost", ["busybox", "sleep", "100000"], [], "host"));
  await kanto.makeStill("shut", { state: { ...SHUT_DOWN, status: 3 } });
  await kanto.makeStill("held", { state: { ...SHUT_DOWN, status: 3 }, manually_stopped: true });
  await kanto.makeStill("failed", { state: { ...SHUT_DOWN, status: 3 }, policy: "on-failure" });
  await kanto.makeStill("single", { state: { ...SHUT_DOWN, status: 3 }, policy: "no" });
  await kanto.makeStill("removed", { state: { ...SHUT_DOWN, dead: true, status: 6 } });
  // What Kanto's loading takes away, and what it leaves out.
  mkdirSync(join(kanto.home, "containers/halfmade"));
  mkdirSync(join(kanto.home, "containers/broken"));
  writeFileSync(join(kanto.home, "containers/broken/config.json"), '{"container_id": "bro');
  await kanto.makeStill("fresh", { state: { status: 1 }, started_successfully_before: false });
  await until(
    async () => (await page(PORT).catch(() => "")) === "from-kanto",
    "the page of Kanto's device",
    LIMIT_MS / 2,
  );
  expect(await page(CHOSEN)).toBe("from-kanto");
  await kanto.die();
  await device.startDaemon(stepSignal());
}, LIMIT_MS);

afterAll(async () => {
  await device?.stop();
  rmSync(home, { recursive: true, force: true });
}, LIMIT_MS);

describe("on the home of a Kanto that was killed", () => {
  test("running containers run on: same pid, status, address, MAC", async () => {
    for (const [id, was] of before) {
      const { state, networkSettings } = await get(id);
      expect({ id, status: state.status, pid: state.pid }).toEqual({ id, status: "Running", pid: was.pid });
      const mode = id === "onhost" ? "host" : "bridge";
      expect(networkSettings?.networks[mode]?.ipAddress).toBe(was.address);
    }
    expect((await get("web")).networkSettings?.networks["bridge"]?.macAddress).toBe("02:42:ac:1c:00:02");
    expect((await get("web")).state.startedAt).toBe("2024-06-28T07:35:20.5Z");
  });

  test("published ports answer, also the one that was chosen from a range", async () => {
    expect(await page(PORT)).toBe("from-kanto");
    expect(await page(CHOSEN)).toBe("from-kanto");
  });

  test("output goes on behind Kanto's, no line is missing", async () => {
    const lines = await logOf("counter");
    expect(lines[0]).toBe("written by Kanto");
    const beginning = (await logOf("counter")).length;
    await until(
      async () => (await logOf("counter")).length > beginning + 20,
      "the counter goes on",
      LIMIT_MS / 2,
    );
    // What Kanto had read into its own memory is not ours: the first number that came to us is where we go on.
    const numbers = (await logOf("counter")).slice(1).map(Number);
    const first = numbers[0] ?? 0;
    expect(numbers).toEqual(numbers.map((_, at) => first + at));
  });

  test("what Kanto's end had stopped runs again, what a user stopped or nobody started does not", async () => {
    await until(async () => (await get("shut")).state.status === "Running", "shut runs", LIMIT_MS / 2);
    // On-failure goes by the code that is stored, which after a stop by SIGTERM is 143.
    await until(async () => (await get("failed")).state.status === "Running", "failed runs", LIMIT_MS / 2);
    expect((await get("single")).state.status).toBe("Stopped");
    expect((await get("held")).state.status).toBe("Stopped");
    expect((await get("held")).manuallyStopped).toBe(true);
    expect((await get("fresh")).state.status).toBe("Created");
  });

  test("a removal that was cut off is finished, a broken state is put aside and told", async () => {
    expect(await device.client.get("removed", stepSignal())).toBeUndefined();
    for (const id of ["removed", "halfmade", "broken"])
      expect(`${id} ${existsSync(join(kanto.home, "containers", id))}`).toBe(`${id} false`);
    const log = readFileSync(device.logPath("container-management"), "utf8");
    expect(log).toMatch(/containers\/broken\/config\.json/);
    expect(existsSync(join(kanto.home, "supercargo"))).toBe(true);
  });

  test("a new address is not one of a container that was taken over", async () => {
    await device.client.start("fresh", stepSignal());
    const addresses = await Promise.all(
      ["web", "counter", "shut", "fresh"].map(
        async (id) => (await get(id)).networkSettings?.networks["bridge"]?.ipAddress,
      ),
    );
    expect(new Set(addresses).size).toBe(4);
    expect(addresses.every((address) => address?.startsWith("172.28.0."))).toBe(true);
  });

  test("the chains of libnetwork are gone, and its namespace files and second mounts", async () => {
    const rules = await run(["iptables-save"]);
    expect(rules).not.toContain("DOCKER");
    expect(rules).not.toContain("MASQUERADE");
    expect(rules).toContain(":FORWARD DROP");
    expect(readdirSync(join(kanto.execRoot, "netns"))).toEqual([]);
    expect(existsSync(join(kanto.home, "overlayfs/web"))).toBe(false);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain("/overlayfs/web/rootfs");
  });

  test("one of them can be stopped, started and removed like any other; its port is free then", async () => {
    const stop = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };
    await device.client.stop("web", stop, stepSignal());
    expect((await get("web")).state.status).toBe("Stopped");
    await device.client.start("web", stepSignal());
    // The command of the stored state is another one than that of the task which Kanto had started.
    expect((await get("web")).networkSettings?.networks["bridge"]?.ipAddress).toBe(
      before.get("web")?.address ?? "",
    );
    await device.client.remove("web", true, stop, stepSignal());
    expect(await page(PORT).catch(() => "nobody")).toBe("nobody");
  });

  test("a restart of the daemon finds nothing of Kanto's any more", async () => {
    const was = (await get("counter")).state.pid;
    await device.end("container-management", "SIGKILL");
    await device.startDaemon(stepSignal());
    expect((await get("counter")).state.pid).toBe(was);
    const log = readFileSync(device.logPath("container-management"), "utf8");
    expect(log.match(/the rules of Kanto's libnetwork are taken away/g)).toHaveLength(1);
    expect(log.match(/network of a running container is taken over/g)).toHaveLength(3);
  });
});

describe("the way back", () => {
  const NEW_CMD = ["sh", "-c", 'echo "<new & better>"; exec busybox sleep 100000'];
  const handOver = (...more: string[]) =>
    runProgram("supercargo", ["hand-over", "kanto", "--cfg-file", join(home, "config.json"), ...more]);
  const stateOf = (id: string) => readAsKanto(join(kanto.home, "containers", id, "config.json"));

  test("everything that is stored reads by the description of Kanto's form, while it runs too", async () => {
    // One that was replaced under its id lies on another snapshot than at first.
    const manifest = {
      container_id: "counter",
      container_name: "counter",
      image: { name: KANTO_IMAGE },
      config: { env: ["MARK=1"], cmd: NEW_CMD, user: "app" },
      mount_points: [{ source: "/tmp", destination: "/mnt/tmp", propagation_mode: "rprivate" }],
      host_config: {
        extra_hosts: ["host.local:host_ip"],
        port_mappings: [{ host_ip: "127.0.0.1", host_port: PORT, container_port: 80 }],
      },
    };
    const manifests = join(home, "manifests");
    mkdirSync(manifests);
    // What was there before the deployer is adopted; a changed file replaces it.
    for (const content of [{ ...manifest, config: { cmd: [] } }, manifest]) {
      writeFileSync(join(manifests, "counter.json"), JSON.stringify(content));
      const state = join(home, "kad");
      const deployed = await runProgram("kanto-auto-deployer", [
        "-s",
        device.socket,
        "--state-dir",
        state,
        manifests,
      ]);
      expect(deployed).toMatchObject({ code: 0 });
    }
    expect((await get("counter")).config?.cmd).toEqual(NEW_CMD);
    for (const id of readdirSync(join(kanto.home, "containers"))) stateOf(id);
    expect(stateOf("counter")).toMatchObject({ status: 2, hasNetwork: true });
  });

  test("a dry run says what is lost and ends nothing", async () => {
    const { code, stdout } = await handOver("--dry-run");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        `WARNING  configuration: ${join(home, "config.json")}:9:21: manager.live_restore: Kanto does not know this key: Kanto stops all containers whenever its daemon ends`,
        "WARNING  counter: Kanto runs it without user",
        "WARNING  failed: with the policy on-failure Kanto starts it again only when it ends with another code than 0",
        "Nothing was ended\n",
      ].join("\n"),
    });
    expect((await get("counter")).state.status).toBe("Running");
  });

  test("a container whose image is gone is a problem, with which nothing is ended", async () => {
    ctr(device, "images", "rm", "--sync", KANTO_IMAGE);
    const { code, stdout } = await handOver();
    expect(code).toBe(1);
    expect(stdout).toContain(`PROBLEM  shut: its image ${KANTO_IMAGE} is not on the device`);
    expect(stdout).toContain("Nothing was ended");
    expect((await get("shut")).state.status).toBe("Running");
    await kanto.importImage();
  });

  test("all containers are at rest, as Kanto wants to find them, and nothing of ours is left on the machine", async () => {
    const { code, stdout, stderr } = await handOver();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      /^7 containers are at rest\. Kanto starts by itself: (?=.*counter)(?=.*fresh)(?=.*shut)(?=.*onhost)/m,
    );
    for (const id of AT_REST) {
      const { pid, status, manuallyStopped, hasNetwork } = stateOf(id);
      expect({ id, pid, status, manuallyStopped, hasNetwork }).toEqual({
        id,
        pid: -1,
        status: 3,
        manuallyStopped: id === "held",
        hasNetwork: false,
      });
    }
    // containerd: no task, no record, each file system under Kanto's key and held by Kanto's lease.
    expect(ctr(device, "tasks", "ls", "-q")).toEqual([]);
    expect(ctr(device, "containers", "ls", "-q")).toEqual([]);
    const snapshots = ctr(device, "snapshots", "ls").join("\n");
    for (const id of AT_REST) expect(snapshots).toMatch(new RegExp(`^${id}-snapshot `, "m"));
    expect(ctr(device, "leases", "ls", "-q")).toEqual(["kanto-cm.lease"]);
    // The machine: forwarding is as Kanto had set it.
    expect(await run(["nft", "list", "tables"])).not.toContain("supercargo");
    expect(existsSync(`/sys/class/net/${device.places.bridge}`)).toBe(false);
    expect(existsSync(join(kanto.execRoot, "supercargo/system-stopping"))).toBe(false);
    expect(await handOver()).toMatchObject({ code: 0 });
  });

  test("there and back again: our daemon starts what Kanto would have started", async () => {
    await device.end("container-management", "SIGTERM");
    await device.startDaemon(stepSignal());
    for (const id of ["counter", "fresh", "onhost", "shut"])
      await until(async () => (await get(id)).state.status === "Running", `${id} runs`, LIMIT_MS / 2);
    expect((await get("held")).state.status).toBe("Stopped");
  });
});
