import { beforeAll, expect, test } from "bun:test";
import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { withOutside } from "./support/outside.ts";
import {
  addressOf,
  gatewayOf,
  limit,
  openPrivateNetwork,
  PrivateNetwork,
  run,
} from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

const FIXED = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
ff00::0	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`;

function keptUpToDate(...lines: string[]): string {
  return `# Other containers and interfaces, kept up to date by supercargo\n${lines.join("\n")}\n# End of what is kept up to date\n`;
}

test("hosts, hostname and resolv.conf are written as the peer writes them", async () => {
  await using device = await openPrivateNetwork();
  await withOutside(async ({ interfaceName, machineAddress }) => {
    const extraHosts = [
      "machine:host_ip",
      `card:host_ip_${interfaceName}`,
      "nowhere:host_ip_none0",
      "plain:203.0.113.5",
      "six:2001:db8::1",
    ];
    const web = await device.attach("web", { extraHosts });
    const text = `${FIXED}${gatewayOf(web)}	machine\n203.0.113.5	plain\n2001:db8::1	six\n`;
    const card = keptUpToDate(`${machineAddress}	card`);
    expect(device.hosts("web")).toBe(`${text}${card}${addressOf(web)}	web-host.web-domain web-host\n`);
    expect(readFileSync(web.files.hostname, "utf8")).toBe("web-host\n");
    expect(readFileSync(web.files.resolvConf, "utf8")).toMatch(/^nameserver (?!127)/m);
    expect(web.warnings).toEqual([expect.stringContaining("interface none0 has no IPv4 address")]);
    expect(statSync(web.files.hosts).mode & 0o777).toBe(0o644);
  });
});

test("another container's line appears, changes and disappears in the same file while the container runs", async () => {
  await using device = await openPrivateNetwork({ icc: false });
  const client = await device.attach("client", {
    extraHosts: ["db:container_db-host", "me:container_client-host"],
  });
  expect(client.warnings).toEqual([expect.stringContaining('no container with the host name "db-host"')]);
  const inode = statSync(client.files.hosts).ino;
  const own = `${addressOf(client)}	client-host.client-domain client-host\n`;
  const others = (...lines: string[]) => FIXED + keptUpToDate(...lines, `${addressOf(client)}	me`) + own;
  expect(device.hosts("client")).toBe(others());

  const db = await device.attach("db");
  await device.hostsBecome("client", others(`${addressOf(db)}	db`));
  const twin = await device.attach("twin", { hostName: "db-host" });
  await device.hostsBecome("client", others());
  await device.network.release("db");
  await device.hostsBecome("client", others(`${addressOf(twin)}	db`));
  await device.network.release("twin");
  await device.hostsBecome("client", others());
  expect(statSync(client.files.hosts).ino).toBe(inode);
});

test("containers on the bridge find each other by name and host name, also when one is renamed and the daemon restarts", async () => {
  await using device = await openPrivateNetwork();
  const web = await device.attach("web", { name: "shop" });
  const db = await device.attach("db", { extraHosts: ["shop:203.0.113.5"] });
  const own = `${addressOf(web)}	web-host.web-domain web-host\n`;
  await device.hostsBecome(
    "web",
    FIXED + keptUpToDate(`${addressOf(db)}	db-host.db-domain db-host db`) + own,
  );
  expect(device.hosts("db")).toContain(keptUpToDate(`${addressOf(web)}	web-host.web-domain web-host`));
  expect(device.hosts("db")).toContain("203.0.113.5	shop\n");

  appendFileSync(web.files.hosts, "198.51.100.1 added-inside\n");
  const { stateDir } = device.settings();
  renameSync(stateDir, `${stateDir}.away`);
  // A disk that refuses the record does not keep the name from the others.
  expect(() => device.network.rename("db", "store")).toThrow("state cannot be saved");
  const store = keptUpToDate(`${addressOf(db)}	db-host.db-domain db-host store`);
  await device.hostsBecome("web", `${FIXED}${store}${own}198.51.100.1 added-inside\n`);
  renameSync(`${stateDir}.away`, stateDir);
  device.network.rename("db", "store");
  await device.network.close(false);
  expect(device.hosts("web")).toContain(store);
  device.network = device.make();
  await device.network.open(new Set(["web"]), limit());
  await device.hostsBecome("web", `${FIXED}${own}198.51.100.1 added-inside\n`);
});

test("host mode copies the machine's files, has no namespace, and the machine's host name", async () => {
  await using device = new PrivateNetwork();
  const machineFiles = {
    hosts: join(device.folder, "hosts"),
    resolvConf: join(device.folder, "resolv.conf"),
    systemdResolvConf: join(device.folder, "systemd.conf"),
  };
  writeFileSync(machineFiles.hosts, "127.0.0.1 machine\n");
  writeFileSync(machineFiles.resolvConf, "nameserver 127.0.0.53\n");
  writeFileSync(machineFiles.systemdResolvConf, "nameserver 192.0.2.53\nsearch example.org\n");
  device.network = device.make({ machineFiles });
  await device.network.open(new Set(), limit());

  const plain = await device.attach("plain", { mode: "host" });
  expect(plain.namespacePath).toBeUndefined();
  expect(plain.hostName).toBe(hostname());
  expect(plain.settings.sandboxKey).toEndWith("/netns/default");
  expect(plain.settings.networks).toEqual({
    host: {
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      networkId: expect.stringMatching(/^[0-9a-f]{64}$/),
      gateway: "",
      ipAddress: "",
      macAddress: "",
    },
  });
  expect(device.hosts("plain")).toBe("127.0.0.1 machine\n");
  expect(readFileSync(plain.files.resolvConf, "utf8")).toBe("nameserver 127.0.0.53\n");

  await device.attach("named", { mode: "host", extraHosts: ["db:203.0.113.5"] });
  expect(device.hosts("named")).toBe(`${FIXED}203.0.113.5	db\n`);
  const bridged = await device.attach("bridged");
  expect(readFileSync(bridged.files.resolvConf, "utf8")).toBe("nameserver 192.0.2.53\nsearch example.org\n");
});

test("settings name the namespace file and carry ids of 64 digits and the MAC address that the interface has", async () => {
  await using device = await openPrivateNetwork();
  const web = await device.attach("web");
  const id = /^[0-9a-f]{64}$/;
  expect(web.settings.sandboxKey).toBe(web.namespacePath ?? "");
  expect(web.settings.sandboxId).toMatch(id);
  expect(web.settings.networkControllerId).toMatch(id);
  const endpoint = web.settings.networks["bridge"];
  expect(endpoint?.id).toMatch(id);
  expect(endpoint?.networkId).toMatch(id);
  const enter = ["nsenter", `--net=${web.namespacePath}`];
  const [inside] = JSON.parse(await run([...enter, "ip", "-json", "address", "show", "dev", "eth0"]));
  expect(inside.address).toBe(endpoint?.macAddress);
  expect(inside.addr_info[0].local).toBe(endpoint?.ipAddress);
  const routes = await run([...enter, "ip", "route", "show", "default"]);
  expect(routes).toStartWith(`default via ${endpoint?.gateway} dev eth0`);
});

test("with enable_ip6 containers reach each other by private IPv6 addresses", async () => {
  await using device = await openPrivateNetwork({ enableIp6: true });
  const ids = ["one", "two"];
  const addresses = [];
  for (const id of ids) {
    const attachment = await device.attach(id);
    const enter = ["nsenter", `--net=${attachment.namespacePath}`];
    const [inside] = JSON.parse(
      await run([...enter, "ip", "-json", "-6", "address", "show", "dev", "eth0", "scope", "global"]),
    );
    addresses.push({ enter, address: inside.addr_info[0].local });
  }
  const [one, two] = addresses;
  const ping = await run([
    ...(one?.enter ?? []),
    "busybox",
    "ping",
    "-6",
    "-c",
    "1",
    "-W",
    "2",
    two?.address ?? "",
  ]);
  expect(ping).toContain("1 packets received");
});

test("a wrong extra host and a wrong id are refused before anything is made", async () => {
  await using device = await openPrivateNetwork();
  await expect(device.attach("web", { extraHosts: ["no-colon"] })).rejects.toThrow(
    "host [no-colon] is incorrectly defined",
  );
  await expect(device.network.attach({ ...device.request("web"), id: "../web" }, limit())).rejects.toThrow(
    "no container id",
  );
  expect(device.network.attached("web")).toBeUndefined();
});
