import { beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import type { NetworkOptions } from "../../src/network/options.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { ask } from "./support/net-ask.ts";
import {
  addressOf,
  askFrom,
  limit,
  machineNetwork,
  openPrivateNetwork,
  PrivateNetwork,
  run,
  tcp,
} from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

/** A new daemon over what a killed one left; the killed one's sockets are gone with it. */
async function restart(
  device: PrivateNetwork,
  keep: readonly string[],
  changes: Partial<NetworkOptions> = {},
): Promise<void> {
  await device.network.close(false);
  device.network = device.make(changes);
  await device.network.open(new Set(keep), limit());
}

function linksOf(machine: string): string {
  return machine.slice(0, machine.indexOf("table "));
}

function namespaceFiles(device: PrivateNetwork): string[] {
  return readdirSync(join(device.folder, "exec", "supercargo", "netns"));
}

test("what is kept goes on over a restart with address, ports and connections; everything else is swept", async () => {
  await using device = await openPrivateNetwork();
  const web = await device.attach("web", { portMappings: [tcp(28200, 80)] });
  const old = await device.attach("old", { portMappings: [tcp(28201, 80)] });
  await device.serve(web, "tcp", 80, "web");
  await device.serve(old, "tcp", 80, "old");
  await run(["nft", "flush", "ruleset"]);

  await restart(device, ["web"]);
  expect(device.network.attached("web")).toEqual(web);
  expect(device.network.attached("old")).toBeUndefined();
  expect(namespaceFiles(device)).toEqual(["web"]);
  expect(await ask("tcp", "127.0.0.1", 28200)).toStartWith("web ");
  expect(await ask("tcp", "127.0.0.1", 28201)).toBe("no answer: refused");
  const links: { ifname: string }[] = JSON.parse(await run(["ip", "-json", "link", "show", "type", "veth"]));
  expect(links.length).toBe(1);
  const rules = await run(["nft", "list", "ruleset"]);
  expect(rules).toContain("28200");
  expect(rules).not.toContain("28201");

  await restart(device, ["web"]);
  expect((await run(["nft", "list", "ruleset"])).match(/28200/g)?.length).toBe(1);
  await expect(device.attach("other", { portMappings: [tcp(28200, 80)] })).rejects.toThrow(
    "port is already allocated",
  );
  await device.attach("old");
  expect(addressOf(await device.attach("new"))).not.toBe(addressOf(web));
});

test("after the last container is released and the network closed for good the machine is as before", async () => {
  const before = await machineNetwork();
  const device = await openPrivateNetwork({ enableIp6: true });
  for (const id of ["a", "b", "c"]) await device.attach(id, { portMappings: [tcp(0, 80)] });
  await Promise.all(["a", "b"].map((id) => device.network.release(id)));
  await device.network.release("a");
  await device.network.close(true);
  expect(await machineNetwork()).toBe(before);
  expect(readdirSync(join(device.folder, "state"))).toEqual([]);
  await device[Symbol.asyncDispose]();
});

test("a daemon that was killed at any point of a start leaves nothing that the next one does not take away", async () => {
  for (const moment of ["recorded", "namespace made", "connected"] as const) {
    const before = await machineNetwork();
    const device = await openPrivateNetwork();
    await device.attach("web", { portMappings: [tcp(28210, 80)] });
    const recordPath = join(device.folder, "state", "record.json");
    const record = JSON.parse(readFileSync(recordPath, "utf8"));
    const namespace = record.entries[0].namespacePath;
    if (moment !== "connected") await run(["ip", "link", "delete", "dev", record.entries[0].hostInterface]);
    if (moment === "recorded") await run(["umount", namespace]);
    record.entries[0] = { ...record.entries[0], phase: "making", hostInterface: "" };
    writeFileSync(recordPath, JSON.stringify(record));

    await restart(device, ["web"]);
    expect(device.network.attached("web")).toBeUndefined();
    expect(namespaceFiles(device)).toEqual([]);
    expect(await run(["nft", "list", "ruleset"])).not.toContain("28210");
    await device.attach("web", { portMappings: [tcp(28210, 80)] });
    await device[Symbol.asyncDispose]();
    expect(await machineNetwork()).toBe(before);
  }
});

test("a daemon that is killed at random moments leaves nothing but what is kept", async () => {
  const seed = Number(process.env["SUPERCARGO_SEED"] ?? Date.now() % 100_000);
  console.log(`seed ${seed} (SUPERCARGO_SEED repeats it)`);
  await using device = await openPrivateNetwork();
  const steady = await device.attach("steady", { portMappings: [tcp(28230, 80)] });
  await device.serve(steady, "tcp", 80, "steady");
  await restart(device, ["steady"]);
  const state = await machineNetwork();
  let random = seed;
  for (let round = 0; round < 12; round++) {
    await device.network.close(false);
    const victim = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, "support/net-victim.ts"),
        JSON.stringify(device.settings()),
        "28231",
      ],
      { stdout: "pipe", stderr: "inherit" },
    );
    const first = await victim.stdout.getReader().read();
    expect(Buffer.from(first.value ?? []).toString()).toBe("open\n");
    random = (random * 1103515245 + 12345) % 2 ** 31;
    await Bun.sleep(random % 120);
    victim.kill("SIGKILL");
    await victim.exited;
    device.network = device.make();
    await device.network.open(new Set(["steady"]), limit());
    expect(namespaceFiles(device)).toEqual(["steady"]);
    expect(device.network.attached("steady")).toEqual(steady);
    expect(await ask("tcp", "127.0.0.1", 28230)).toStartWith("steady ");
    await until(async () => (await machineNetwork()) === state, "the machine is as it was");
    for (const at of [0, 1, 2, 3]) {
      Bun.listen({ hostname: "0.0.0.0", port: 28231 + at, socket: { data() {} } }).stop(true);
    }
  }
});

test("twenty containers come and go at the same time without meeting", async () => {
  await using device = await openPrivateNetwork();
  const state = await machineNetwork();
  const ids = Array.from({ length: 20 }, (_, at) => `c${at}`);
  const range = { portMappings: [tcp(28240, 80, "0.0.0.0", 28259)] };
  const attached = await Promise.all(ids.map((id) => device.attach(id, range)));
  expect(new Set(attached.map(addressOf)).size).toBe(20);
  expect(new Set(attached.map(({ published }) => published[0]?.hostPort)).size).toBe(20);
  await Promise.all(
    ids.map((id) => (Number(id.slice(1)) % 2 === 0 ? device.network.release(id) : device.attach(id, range))),
  );
  await Promise.all(ids.map((id) => device.network.release(id)));
  expect(namespaceFiles(device)).toEqual([]);
  await until(async () => linksOf(await machineNetwork()) === linksOf(state), "the machine is as it was");
});

test("a start that fails half-way leaves nothing, and the same container starts afterwards", async () => {
  await using device = await openPrivateNetwork();
  const state = await machineNetwork();
  const plugins = join(device.folder, "cni");
  mkdirSync(plugins);
  // A plugin that connects and then says that it failed.
  const script = `#!/bin/sh\nCNI_PATH=/usr/lib/cni /usr/lib/cni/bridge > /dev/null\necho '{"code": 999, "msg": "no luck"}'\nexit 1\n`;
  writeFileSync(join(plugins, "bridge"), script, { mode: 0o755 });
  writeFileSync(join(plugins, "static"), "", { mode: 0o755 });
  await restart(device, [], { cniBinDirs: [plugins] });
  const wish = { portMappings: [tcp(28220, 80)] };
  await expect(device.attach("web", wish)).rejects.toThrow("cannot connect container web");
  expect(namespaceFiles(device)).toEqual([]);
  const aborted = AbortSignal.abort(new Error("the user has changed their mind"));
  await expect(device.network.attach(device.request("web", wish), aborted)).rejects.toThrow(
    "changed their mind",
  );

  await restart(device, [], { cniBinDirs: ["/usr/lib/cni"] });
  expect(await machineNetwork()).toBe(state);
  expect((await device.attach("web", wish)).published.length).toBe(1);
});

test("an abort in the middle of a start leaves nothing", async () => {
  await using device = await openPrivateNetwork();
  const state = await machineNetwork();
  for (const afterMs of [0, 2, 4, 6, 8, 10, 14, 18]) {
    const request = device.request("web", { portMappings: [tcp(28221, 80)] });
    const done = await device.network.attach(request, AbortSignal.timeout(afterMs)).then(
      () => true,
      () => false,
    );
    if (done) await device.network.release("web");
    expect(namespaceFiles(device)).toEqual([]);
  }
  await restart(device, []);
  expect(await machineNetwork()).toBe(state);
});

test("a container keeps its address over stops and restarts as long as it is free", async () => {
  await using device = await openPrivateNetwork();
  const first = addressOf(await device.attach("first"));
  const second = await device.attach("second");
  expect(second.settings.networks["bridge"]?.macAddress).toStartWith("02:42:ac:");
  await device.network.release("first");
  expect(addressOf(await device.attach("third"))).not.toBe(first);
  await restart(device, ["second", "third"]);
  expect(addressOf(await device.attach("first"))).toBe(first);
  expect(addressOf(await device.attach("second"))).toBe(addressOf(second));
});

test("an existing bridge is adopted with its subnet and stays when we go; configured settings take effect", async () => {
  const device = new PrivateNetwork();
  await run(["ip", "link", "add", "name", device.bridgeName, "type", "bridge"]);
  await run(["ip", "address", "add", "10.77.0.1/24", "dev", device.bridgeName]);
  await device.network.open(new Set(), limit());
  const web = await device.attach("web");
  expect(web.settings.networks["bridge"]).toMatchObject({ gateway: "10.77.0.1", ipAddress: "10.77.0.2" });

  await restart(device, ["web"], { address: "10.88.0.1/24" });
  expect(device.logged.some((record) => record.message.includes("10.88.0.1/24 takes effect"))).toBe(true);
  await device.network.release("web");
  await restart(device, [], {
    address: "10.88.0.1/24",
    fixedCidr: "10.88.0.64/26",
    gateway: "10.88.0.2",
    mtu: 1400,
  });
  const next = await device.attach("next");
  expect(next.settings.networks["bridge"]).toMatchObject({ gateway: "10.88.0.2", ipAddress: "10.88.0.64" });
  const [inside] = JSON.parse(
    await run(["nsenter", `--net=${next.namespacePath}`, "ip", "-json", "link", "show", "dev", "eth0"]),
  );
  expect(inside.mtu).toBe(1400);

  await device[Symbol.asyncDispose]();
  expect(await run(["ip", "-brief", "address", "show", "dev", device.bridgeName])).toContain("10.88.0.1/24");
  await run(["ip", "link", "delete", "dev", device.bridgeName]);
});

test("a new bridge name waits until no container is on the old bridge", async () => {
  await using device = await openPrivateNetwork();
  await device.attach("web");
  const other = `${device.bridgeName}b`;
  await restart(device, ["web"], { bridgeName: other });
  expect(await run(["ip", "-brief", "link"])).not.toContain(other);
  await device.attach("second");
  await device.network.release("web");
  await restart(device, [], { bridgeName: other });
  const links = await run(["ip", "-brief", "link"]);
  expect(links).toContain(other);
  expect(links).not.toContain(`${device.bridgeName} `);
});

test("a bridge that somebody deleted is made anew with the containers that were on it", async () => {
  await using device = await openPrivateNetwork();
  const web = await device.attach("web");
  await device.serve(web, "tcp", 80, "web");
  await run(["ip", "link", "delete", "dev", device.bridgeName]);
  const other = await device.attach("other");
  expect(await askFrom(other.namespacePath, "tcp", addressOf(web), 80)).toStartWith("web ");
});

test("a record that cannot be read is put aside, and containers that run keep their network", async () => {
  // Without the record nobody knows what forwarding was before; so it stays out of this.
  await using device = await openPrivateNetwork({ ipForward: false });
  const web = await device.attach("web");
  await device.serve(web, "tcp", 80, "web");
  await device.network.close(false);
  writeFileSync(join(device.folder, "state", "record.json"), "{ not a record");
  device.network = device.make();
  await device.network.open(new Set(["web"]), limit());
  expect(
    device.logged.some((record) => record.level === "ERROR" && record.message.includes("put aside")),
  ).toBe(true);
  expect(await ask("tcp", addressOf(web), 80)).toStartWith("web ");
  await device.network.close(false);
  device.network = device.make();
  await device.network.open(new Set(), limit());
  expect(namespaceFiles(device)).toEqual([]);
});

test("every configuration that contradicts itself is refused with the key", async () => {
  await using device = await openPrivateNetwork();
  const wrong: [Partial<NetworkOptions>, string][] = [
    [{ address: "10.1.0.0/16" }, "ip4"],
    [{ address: "10.1.0.1" }, "ip4"],
    [{ address: "10.1.0.1/16", fixedCidr: "10.2.0.0/24" }, "fcidr4"],
    [{ address: "10.1.0.1/16", gateway: "10.2.0.1" }, "gwip4"],
    [{ bridgeName: "../x" }, "bridge"],
  ];
  for (const [changes, key] of wrong) {
    await expect(device.make(changes).open(new Set(), limit())).rejects.toThrow(key);
  }
});
