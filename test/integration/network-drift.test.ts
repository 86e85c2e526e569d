import { beforeAll, expect, test } from "bun:test";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { until } from "../../scripts/demo/until.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { unmount } from "../../src/base/libc.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { ask } from "./support/net-ask.ts";
import { withOutside } from "./support/outside.ts";
import {
  addressOf,
  askFrom,
  gatewayOf,
  limit,
  openPrivateNetwork,
  type PrivateNetwork,
  run,
  tcp,
} from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
const QUICK = { lookEveryMs: 100 };

/** The real clock, and waiting until so many more looks have been begun. */
function countedClock() {
  let begun = 0;
  const clock: Clock = {
    ...systemClock,
    after: (delayMs, callback) =>
      systemClock.after(delayMs, () => {
        begun++;
        callback();
      }),
  };
  const looks = (more: number) => {
    const end = begun + more;
    return until(() => begun >= end, `${more} more looks`);
  };
  return { clock, looks };
}

/** A container that serves on a published port. */
async function serving(device: PrivateNetwork, port: number) {
  const web = await device.attach("web", { portMappings: [tcp(port, 80)] });
  await device.serve(web, "tcp", 80, "hello");
  return web;
}

function answers(port: number, host = "127.0.0.1"): Promise<void> {
  return until(
    async () => (await ask("tcp", host, port)).startsWith("hello "),
    `an answer on ${host}:${port}`,
  );
}

function expectTold(device: PrivateNetwork, words: string): void {
  expect(device.logged.map((record) => record.message).join("\n")).toContain(words);
}

for (const packetFilter of ["nftables", "iptables"] as const) {
  const list = packetFilter === "nftables" ? ["nft", "list", "ruleset"] : ["iptables-legacy-save"];

  test(`rules that somebody flushes or takes out one by one are back without any start: ${packetFilter}`, async () => {
    await using device = await openPrivateNetwork({ ...QUICK, packetFilter });
    await serving(device, 28300);
    await answers(28300);
    const table = ["ip", `supercargo_${device.bridgeName}`];
    const damages =
      packetFilter === "nftables"
        ? [
            ["nft", "flush", "ruleset"],
            ["nft", "delete", "table", ...table],
            ["nft", "flush", "chain", ...table, "forward"],
            ["nft", "delete", "element", ...table, "any_address", "{ tcp . 28300 }"],
          ]
        : [
            ["iptables-legacy", "-t", "nat", "-F"],
            ["iptables-legacy", "-t", "nat", "-F", `SC-PORT-${device.bridgeName}`],
            ["iptables-legacy", "-F", "FORWARD"],
          ];
    const before = (await run(list)).match(/28300/g)?.length;
    for (const damage of damages) {
      const told = device.logged.length;
      await run(damage);
      const isTold = () =>
        device.logged.slice(told).some(({ message }) => message.includes("have been loaded anew"));
      await until(isTold, `a word on ${damage.join(" ")}`);
      await answers(28300);
      expect((await run(list)).match(/28300/g)?.length).toBe(before);
    }
  });
}

test("a machine whose rules were flushed does not become a router", async () => {
  await using _device = await openPrivateNetwork(QUICK);
  const closed = async () => (await run(["iptables-nft", "-S", "FORWARD"])).includes("-P FORWARD DROP");
  expect(await closed()).toBe(true);
  await run(["nft", "flush", "ruleset"]);
  await until(closed, "the forward policy to be back");
});

test("another program's drop that appears while containers run is answered, and nothing is said while nobody changes anything", async () => {
  await withOutside(async ({ machineAddress, namespacePath }) => {
    const { clock, looks } = countedClock();
    await using device = await openPrivateNetwork({ ...QUICK, clock, ipForward: false });
    writeFileSync(FORWARDING, "1");
    await serving(device, 28301);
    for (const program of ["iptables-nft", "iptables-legacy"]) {
      await run([program, "-P", "FORWARD", "DROP"]);
      const reached = async () =>
        (await askFrom(namespacePath, "tcp", machineAddress, 28301)).startsWith("hello");
      await until(reached, `an answer to the outside over ${program}`);
      await run([program, "-P", "FORWARD", "ACCEPT"]);
    }
    const told = device.logged.length;
    await looks(5);
    expect(device.logged.slice(told)).toEqual([]);
    writeFileSync(FORWARDING, "0");
  });
});

test("a bridge that is deleted, set down or robbed of its address is made good while containers run", async () => {
  await using device = await openPrivateNetwork({ ...QUICK, icc: false });
  const web = await serving(device, 28302);
  const name = device.bridgeName;
  const [link] = JSON.parse(await run(["ip", "-json", "link", "show", "master", name]));
  for (const damage of [
    ["link", "delete", "dev", name],
    ["link", "set", "dev", name, "down"],
    ["address", "flush", "dev", name],
    ["link", "set", "dev", link.ifname, "nomaster"],
    ["link", "set", "dev", link.ifname, "down"],
  ]) {
    await run(["ip", ...damage]);
    await until(
      async () => (await ask("tcp", addressOf(web), 80)).startsWith("hello "),
      `the container to be reached after ${damage.join(" ")}`,
    );
    await answers(28302);
    await answers(28302, gatewayOf(web));
    const [port] = JSON.parse(await run(["ip", "-json", "-details", "link", "show", "master", name]));
    expect(port.linkinfo.info_slave_data.isolated).toBe(true);
  }
  expectTold(device, `the bridge ${name} was deleted`);
});

test("a container's interface that is deleted is made anew with the same addresses", async () => {
  await using device = await openPrivateNetwork({ ...QUICK, enableIp6: true });
  const web = await serving(device, 28303);
  const enter = ["nsenter", `--net=${web.namespacePath}`];
  const inside = async () => {
    const [link] = JSON.parse(await run([...enter, "ip", "-json", "address", "show", "dev", "eth0"]));
    return { mac: link.address, addresses: link.addr_info.map(({ local }: { local: string }) => local) };
  };
  const before = await inside();
  await run([...enter, "ip", "link", "delete", "dev", "eth0"]);
  await answers(28303);
  expect((await inside()).mac).toBe(before.mac);
  expect((await inside()).addresses).toEqual(expect.arrayContaining(before.addresses.slice(0, 1)));
  expectTold(device, "the interface of container web was deleted");
  await device.network.release("web");
  expect(await run(["ip", "-brief", "link", "show", "type", "veth"])).toBe("");
});

test("a namespace file that is unmounted or deleted is there again while the container lives, also over a restart of the daemon", async () => {
  await using device = await openPrivateNetwork(QUICK);
  const web = await serving(device, 28304);
  const path = web.namespacePath ?? "";
  const { ino } = statSync(path);
  for (const isDeleted of [false, true]) {
    unmount(path, true);
    if (isDeleted) rmSync(path);
    await until(() => statSync(path, { throwIfNoEntry: false })?.ino === ino, "the namespace file");
  }
  expectTold(device, "the namespace file of container web");
  await device.network.close(false);
  unmount(path, true);
  device.network = device.make();
  await device.network.open(new Set(["web"]), limit());
  expect(statSync(path).ino).toBe(ino);
  expect(device.network.attached("web")).toEqual(web);
  await answers(28304);
});

test("a container whose namespace is gone for good is reported once, with what will happen", async () => {
  const { clock, looks } = countedClock();
  await using device = await openPrivateNetwork({ ...QUICK, clock });
  const web = await device.attach("web");
  unmount(web.namespacePath ?? "", true);
  const reports = () => device.logged.filter((record) => record.message.includes("is gone"));
  await until(() => reports().length > 0, "a report");
  await looks(3);
  expect(device.network.problems().map(({ subject }) => subject)).toEqual(["the network of container web"]);
  expect(reports().map(({ message }) => message)).toEqual([
    expect.stringContaining("the network of container web cannot be repaired"),
  ]);
});

test("forwarding and route_localnet that somebody turns off are on again", async () => {
  await using device = await openPrivateNetwork(QUICK);
  const paths = [FORWARDING, `/proc/sys/net/ipv4/conf/${device.bridgeName}/route_localnet`];
  for (const path of paths) {
    writeFileSync(path, "0");
    await until(() => readFileSync(path, "utf8").trim() === "1", path);
    expectTold(device, `${path} was set to 0`);
  }
});

test("host_ip_<interface> follows the interface's address while the container runs", async () => {
  await using device = await openPrivateNetwork(QUICK);
  await withOutside(async ({ interfaceName, machineAddress }) => {
    await device.attach("web", { extraHosts: [`card:host_ip_${interfaceName}`] });
    const says = (address: string | undefined) => () =>
      address === undefined
        ? !device.hosts("web").includes("card")
        : device.hosts("web").includes(`${address}\tcard\n`);
    await until(says(machineAddress), "the first address");
    await run(["ip", "address", "flush", "dev", interfaceName]);
    await until(says(undefined), "no address");
    await run(["ip", "address", "add", "198.51.100.70/24", "dev", interfaceName]);
    await until(says("198.51.100.70"), "the new address");
  });
});
