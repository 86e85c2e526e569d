import { beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { ask } from "./support/net-ask.ts";
import {
  PrivateNetwork as Device,
  limit,
  openPrivateNetwork,
  type PrivateNetwork,
  run,
  tcp,
} from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

test("a network that cannot be set up leaves running containers alone, starts host mode, and is set up when the reason is gone", async () => {
  await using device = await openPrivateNetwork({ persistent: true });
  const web = await device.attach("web", { portMappings: [tcp(28600, 80)] });
  await device.attach("old");
  await device.serve(web, "tcp", 80, "hello");
  await device.network.close(false);
  await run(["ip", "link", "delete", "dev", device.bridgeName]);
  await run([
    "ip",
    "link",
    "add",
    "name",
    device.bridgeName,
    "type",
    "veth",
    "peer",
    "name",
    `${device.bridgeName}p`,
  ]);

  device.network = device.make();
  await device.network.open(new Set(["web", "old"]), limit());
  const reason = `the interface ${device.bridgeName} is no bridge`;
  expect(device.logged.map(({ message }) => message)).toContainEqual(expect.stringContaining(reason));
  expect(device.network.problems()).toEqual([
    expect.objectContaining({ subject: "network", message: expect.stringContaining(reason) }),
  ]);
  const plain = await device.attach("plain", { mode: "host" });
  expect(device.network.attached("plain")).toEqual(plain);
  await expect(device.attach("other")).rejects.toThrow(reason);
  await expect(device.network.check(device.request("other"), undefined, limit())).rejects.toThrow(reason);
  device.network.rename("web", "shop");
  await device.network.release("old");

  await run(["ip", "link", "delete", "dev", device.bridgeName]);
  const other = await device.attach("other");
  expect(device.network.problems()).toEqual([]);
  expect(device.hosts("other")).toContain("web-host shop\n");
  expect(other.namespacePath).toBeDefined();
  expect(await ask("tcp", "127.0.0.1", 28600)).toStartWith("hello ");
  expect(device.network.attached("old")).toBeUndefined();
  expect(device.network.attached("plain")).toEqual(plain);
  // The record has it too: the next daemon knows it.
  await device.network.close(false);
  device.network = device.make();
  await device.network.open(new Set(["web", "other", "plain"]), limit());
  expect(device.network.attached("plain")?.settings.sandboxId).toBe(plain.settings.sandboxId);
  await device.network.release("plain");
});

test("what failed at the start is tried again without anybody asking", async () => {
  await using device = new Device({ persistent: true });
  await run([
    "ip",
    "link",
    "add",
    "name",
    device.bridgeName,
    "type",
    "veth",
    "peer",
    "name",
    `${device.bridgeName}p`,
  ]);
  await device.network.open(new Set(), limit());
  await run(["ip", "link", "delete", "dev", device.bridgeName]);
  await until(() => device.logged.some(({ message }) => message.includes("is set up now")), "the network");
});

/** A folder with an nft that says what one says on a kernel without nf_tables. */
function withoutNftables(device: PrivateNetwork): string {
  const folder = join(device.folder, "bin");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "nft"),
    "#!/bin/sh\necho 'netlink: Error: cache initialization failed: Protocol not supported' >&2\nexit 1\n",
  );
  chmodSync(join(folder, "nft"), 0o755);
  return folder;
}

test("a kernel without nf_tables gets iptables, which is said", async () => {
  await using device = new Device();
  const path = process.env["PATH"];
  try {
    process.env["PATH"] = `${withoutNftables(device)}:${path}`;
    await device.network.open(new Set(), limit());
    const web = await device.attach("web", { portMappings: [tcp(28601, 80)] });
    await device.serve(web, "tcp", 80, "hello");
    expect(await ask("tcp", "127.0.0.1", 28601)).toStartWith("hello ");
    expect(await run(["iptables-legacy-save"])).toContain("28601");
    expect(device.logged.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/made with iptables-legacy instead of nftables: .*Protocol not supported/),
    );
    await device.network.release("web");
    await device.network.close(true);
  } finally {
    process.env["PATH"] = path;
  }
});
