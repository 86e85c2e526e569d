/** The network of real containers under the daemon: the configuration's keys, names, every form of a published port, and what a killed daemon leaves. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { SupercargoClient } from "../../src/api/supercargo-client.ts";
import type { ContainerWish } from "../../src/model/defaults.ts";
import { fillDefaults } from "../../src/model/defaults.ts";
import { plainExec } from "../../src/model/exec.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { ask } from "./support/net-ask.ts";
import { askFrom, run, tcp } from "./support/private-network.ts";

const IMAGE = "localhost/test/network:1";
const PEER = join(import.meta.dir, "support", "net-peer.ts");
const SERVE = 'mkdir -p /www; echo "page of $0" > /www/index.html; exec httpd -f -p 80 -h /www';
const ADDRESS = "10.66.0.1";
const FOLDER = `/run/supercargo-net-${process.pid}`;

let device: TestDevice;
let extension: SupercargoClient;
let connection: DaemonConnection;
const servers: Bun.Subprocess[] = [];

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice({
    // Folders of its own, unequal to those of the manager and the containers.
    network: {
      home_dir: join(FOLDER, "home"),
      exec_root_dir: join(FOLDER, "exec"),
      default_bridge: {
        name: `scn${process.pid}`,
        ip4: `${ADDRESS}/24`,
        fcidr4: "10.66.0.128/25",
        mtu: 1380,
        enable_ip6: true,
        userland_proxy: true,
      },
    },
    manager: { home_dir: join(FOLDER, "cm"), exec_root_dir: join(FOLDER, "cme"), live_restore: true },
    containers: { home_dir: join(FOLDER, "logs") },
  });
  await device.importImage({ name: IMAGE, config: {} });
  connection = new DaemonConnection({ unix: device.device.socket });
  extension = new SupercargoClient(connection);
}, 120_000);

afterAll(async () => {
  for (const server of servers) server.kill("SIGKILL");
  await connection?.close();
  await device?.end();
  rmSync(FOLDER, { recursive: true, force: true });
}, 120_000);

afterEach(async () => {
  const all = await device.device.client.list(stepSignal());
  await remove(...all.map(({ id }) => id));
}, 60_000);

/** Starts it and waits until it serves. */
async function serve(name: string, hostConfig: ContainerWish["hostConfig"] = {}): Promise<void> {
  await start(name, hostConfig);
  const { ipAddress } = await endpointOf(name);
  await until(async () => (await page(80, ipAddress)) === `page of ${name}`, `${name} to serve`);
}

async function start(name: string, hostConfig: ContainerWish["hostConfig"] = {}): Promise<void> {
  const wish = {
    id: name,
    name,
    image: { name: IMAGE },
    config: { env: [], cmd: ["sh", "-c", SERVE, name] },
  };
  await device.device.client.create(fillDefaults({ ...wish, hostConfig }), stepSignal());
  await device.device.client.start(name, stepSignal());
}

function remove(...ids: string[]): Promise<unknown> {
  const stop = { timeoutSeconds: 1, force: true, signal: "SIGKILL" };
  return Promise.all(ids.map((id) => device.device.client.remove(id, true, stop, stepSignal())));
}

async function inside(id: string, ...command: string[]): Promise<{ text: string; code: number }> {
  const running = await device.device.client.exec(id, plainExec(command), undefined, stepSignal());
  let text = "";
  for await (const { data } of running.output) text += Buffer.from(data).toString("utf8");
  return { text: text.trim(), code: await running.exitCode };
}

/** What a container gets from a page, or nothing. By nc: busybox's wget needs files that the image does not have. */
async function pageFrom(id: string, host: string, port = 80): Promise<string> {
  const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${host} ${port}`;
  const { text } = await inside(id, "sh", "-c", ask);
  return /page of \w+/.exec(text)?.[0] ?? "";
}

async function endpointOf(id: string) {
  const { networkSettings } = (await device.device.client.get(id, stepSignal())) ?? {};
  const endpoint = networkSettings?.networks["bridge"];
  if (networkSettings === undefined || endpoint === undefined) throw new Error(`${id} is not on the bridge`);
  return { ...endpoint, namespacePath: networkSettings.sandboxKey };
}

/** A server in the namespace of a container, for protocols that busybox does not serve. */
async function serveUdp(id: string, port: number): Promise<void> {
  const { namespacePath } = await endpointOf(id);
  const command = [
    "nsenter",
    `--net=${namespacePath}`,
    process.execPath,
    PEER,
    "serve",
    "udp",
    String(port),
    id,
  ];
  const server = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  servers.push(server);
  await server.stdout.getReader().read();
}

async function page(port: number, host = "127.0.0.1"): Promise<string> {
  try {
    const options = { headers: { connection: "close" }, signal: AbortSignal.timeout(5_000) };
    return (await (await fetch(`http://${host}:${port}/`, options)).text()).trim();
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
    // The runtime has two words for it.
    return /refused$/i.test(code) ? "refused" : code;
  }
}

async function published(id: string) {
  const [details] = await extension.details([id], stepSignal());
  return details?.published.map(({ protocol, hostIp, hostPort, containerPort }) => ({
    protocol,
    hostIp,
    hostPort: Number(hostPort),
    containerPort: Number(containerPort),
  }));
}

test("address, part of the subnet, MTU, IPv6 and folders of the configuration are those that a container gets", async () => {
  await serve("web");
  await serve("other");
  const { ipAddress, gateway, namespacePath } = await endpointOf("web");
  expect(ipAddress).toBe("10.66.0.128");
  expect(gateway).toBe(ADDRESS);
  expect(namespacePath).toBe(`${FOLDER}/exec/supercargo/netns/web`);
  expect(existsSync(`${FOLDER}/home/supercargo/network/record.json`)).toBe(true);
  expect((await inside("web", "cat", "/sys/class/net/eth0/mtu")).text).toBe("1380");
  expect((await inside("web", "ip", "route")).text).toStartWith(`default via ${ADDRESS} dev eth0`);
  const { hostsPath } = (await device.device.client.get("web", stepSignal())) ?? {};
  expect(hostsPath).toBe(`${FOLDER}/home/containers/web/hosts`);
  const places = [
    hostsPath ?? "",
    `${FOLDER}/logs/containers/web/json.log`,
    `${FOLDER}/cm/containers/web/config.json`,
  ];
  expect(places.map((path) => existsSync(path))).toEqual([true, true, true]);
  expect((await inside("web", "cat", "/etc/hosts")).text).toContain(ipAddress);
  const six = /inet6 (fd[0-9a-f:]+)\/64/.exec(
    (await inside("other", "ip", "address", "show", "eth0")).text,
  )?.[1];
  expect(await pageFrom("web", `${six}`)).toBe("page of other");
  await remove("web");
  const folders = ["home", "logs", "cm"].map((home) => `${FOLDER}/${home}/containers/web`);
  expect(folders.filter((path) => existsSync(path))).toEqual([]);
});

test("containers reach each other by name and host name, also while the daemon is away, and what a user says wins", async () => {
  await serve("db");
  await serve("web");
  await serve("own", { extraHosts: ["db:container_web-host"] });
  const both = [
    ["web", "db"],
    ["web", "db-host"],
    ["db", "web"],
    ["db", "web-host.web-domain"],
  ] as const;
  const expectBoth = async () => {
    for (const [from, to] of both) {
      const reached = async () =>
        (await pageFrom(from, to)) === `page of ${to.slice(0, to.startsWith("db") ? 2 : 3)}`;
      await until(reached, `${to} from ${from}`);
    }
  };
  await expectBoth();
  expect(await pageFrom("own", "db")).toBe("page of web");
  await device.device.client.rename("db", "store", stepSignal());
  await until(async () => (await pageFrom("web", "store")) === "page of db", "the new name");
  expect((await inside("web", "cat", "/etc/hosts")).text).not.toMatch(/\sdb$/m);
  await device.device.client.rename("db", "db", stepSignal());

  const { pid } = (await device.device.client.get("web", stepSignal()))?.state ?? { pid: 0 };
  await device.device.end("container-management", "SIGKILL");
  const enter = ["nsenter", `--target=${pid}`, "--net", "--mount", "/bin/busybox"];
  expect(await run([...enter, "ping", "-c", "1", "-W", "3", "db"])).toContain("1 packets received");
  await device.device.startDaemon(stepSignal());
  await expectBoth();
  await remove("db", "own");
  const isGone = async () => !(await inside("web", "cat", "/etc/hosts")).text.includes("db-host");
  await until(isGone, "the name to be gone");
});

describe("published ports", () => {
  test("of every form answer, are reported, and go on answering after the daemon was killed", async () => {
    const mappings = {
      fixed: tcp(28500, 80),
      local: tcp(28501, 80, "127.0.0.1"),
      word: tcp(28502, 80, "localhost"),
      bridge: tcp(28503, 80, ADDRESS),
      chosen: tcp(0, 80),
      range: tcp(28504, 80, "0.0.0.0", 28506),
      udp: { ...tcp(28507, 5000), protocol: "udp" },
      sctp: { ...tcp(28508, 3868), protocol: "sctp" },
      six: tcp(28509, 80, "::1"),
    };
    await serve("web", { portMappings: Object.values(mappings) });
    await serve("second", { portMappings: [mappings.range] });
    await serveUdp("web", 5000);
    const ports = (await published("web")) ?? [];
    const chosen = ports[4]?.hostPort ?? 0;
    expect(chosen).toBeGreaterThanOrEqual(32768);
    expect(ports.map(({ hostPort }) => hostPort)).toEqual([
      28500,
      28501,
      28502,
      28503,
      chosen,
      28504,
      28507,
      28508,
    ]);
    expect(await published("second")).toEqual([
      { protocol: "tcp", hostIp: "0.0.0.0", hostPort: 28505, containerPort: 80 },
    ]);
    // The stored mapping stays what was asked for, as Kanto's clients expect.
    const stored = (await device.device.client.get("web", stepSignal()))?.hostConfig.portMappings;
    expect(stored?.[4]?.hostPort).toBe(0);
    expect(stored?.[5]).toEqual(mappings.range);

    const expectAnswers = async () => {
      for (const port of [28500, 28501, 28502, chosen, 28504]) expect(await page(port)).toBe("page of web");
      for (const port of [28500, 28502, 28503]) expect(await page(port, ADDRESS)).toBe("page of web");
      expect(await page(28505)).toBe("page of second");
      expect(await page(28501, ADDRESS)).toBe("refused");
      expect(await page(28503)).toBe("refused");
      expect(await ask("udp", "127.0.0.1", 28507)).toStartWith("web ");
      const { namespacePath } = await endpointOf("second");
      expect(await askFrom(namespacePath, "udp", ADDRESS, 28507)).toStartWith("web ");
      for (const port of [28500, 28503]) {
        expect(await pageFrom("second", ADDRESS, port)).toBe("page of web");
        expect(await pageFrom("web", ADDRESS, port)).toBe("page of web");
      }
    };
    await expectAnswers();
    await device.device.end("container-management", "SIGKILL");
    expect(await page(28500)).toBe("page of web");
    await device.device.startDaemon(stepSignal());
    await expectAnswers();
    expect(await published("web")).toEqual(ports);
    await remove("web", "second");
    expect(await page(28500)).toBe("refused");
  });

  test("that cannot be had fail the start with the peer's code and words, the status stays, and all is free again", async () => {
    await serve("first", { portMappings: [tcp(28510, 80)] });
    const server = createServer().listen(28511);
    await new Promise((resolve) => server.once("listening", resolve));
    const refusals: [ReturnType<typeof tcp>, string][] = [
      [tcp(28510, 80), "Bind for 0.0.0.0:28510 failed: port is already allocated"],
      [tcp(28511, 80), "listen tcp4 0.0.0.0:28511: bind: address already in use"],
      [
        { ...tcp(28512, 80), hostIp: "203.0.113.77" },
        "listen tcp4 203.0.113.77:28512: bind: cannot assign requested address",
      ],
    ];
    try {
      for (const [mapping, text] of refusals) {
        const prefix =
          /driver failed programming external connectivity on endpoint second-ep \([0-9a-f]{64}\): /;
        await expect(start("second", { portMappings: [tcp(28513, 80), mapping] })).rejects.toThrow(
          new RegExp(`^${prefix.source}${text}$`),
        );
        const { state, networkSettings } = (await device.device.client.get("second", stepSignal())) ?? {};
        expect(state?.status).toBe("Created");
        expect(networkSettings).toBeUndefined();
        await remove("second");
      }
    } finally {
      server.close();
    }
    await serve("second", { portMappings: [tcp(28511, 80), tcp(28513, 80)] });
    expect(await page(28513)).toBe("page of second");
  });

  test("with a range or a protocol that does not exist are refused in the peer's words", async () => {
    await expect(start("wrong", { portMappings: [tcp(28120, 80, "0.0.0.0", 28110)] })).rejects.toThrow(
      "invalid port range: 28120-28110",
    );
    await expect(start("wrong", { portMappings: [{ ...tcp(28120, 80), protocol: "icmp" }] })).rejects.toThrow(
      "invalid transport protocol: icmp",
    );
  });
});

test("a container in host mode has the machine's network and name, and a stopped one no address", async () => {
  const wish = {
    id: "host",
    name: "host",
    image: { name: IMAGE },
    config: { env: [], cmd: ["sleep", "1000"] },
  };
  await device.device.client.create(
    fillDefaults({ ...wish, hostConfig: { networkMode: "host" } }),
    stepSignal(),
  );
  await device.device.client.start("host", stepSignal());
  const container = await device.device.client.get("host", stepSignal());
  expect(container?.networkSettings?.networks).toHaveProperty("host");
  expect((await inside("host", "ip", "address")).text).toContain(ADDRESS);
  expect((await inside("host", "hostname")).text).toBe(container?.hostName ?? "");
  await device.device.client.stop(
    "host",
    { timeoutSeconds: 1, force: true, signal: "SIGKILL" },
    stepSignal(),
  );
  const stopped = await device.device.client.get("host", stepSignal());
  expect(stopped?.networkSettings).toBeUndefined();
  // Name and files stay.
  expect(stopped?.hostName).toBe(hostname());
  const { hostsPath = "", hostnamePath = "", resolvConfPath = "" } = stopped ?? {};
  expect([hostsPath, hostnamePath, resolvConfPath].map((path) => existsSync(path))).toEqual([
    true,
    true,
    true,
  ]);
});
