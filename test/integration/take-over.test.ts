/** Kanto's home is taken over: what ran runs on with its address, ports and output, what was down follows its policy, and nothing of Kanto's machinery is left. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateDevice, placesOf } from "../../scripts/demo/private-device.ts";
import { until } from "../../scripts/demo/until.ts";
import { ROOT } from "../../scripts/project/setup.mjs";
import { stepSignal } from "./support/device.ts";
import { KantoHome } from "./support/kanto-home.ts";
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
  device = new PrivateDevice(placesOf(ROOT, home), { manager: { live_restore: true } });
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
    expect((await get("held")).state.status).toBe("Stopped");
    expect((await get("held")).manuallyStopped).toBe(true);
    expect((await get("fresh")).state.status).toBe("Created");
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
