import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { ask } from "./support/net-ask.ts";
import { type Outside, withOutside } from "./support/outside.ts";
import {
  addressOf,
  askFrom,
  gatewayOf,
  limit,
  machineNetwork,
  openPrivateNetwork,
  type PrivateNetwork,
  run,
  tcp,
} from "./support/private-network.ts";

beforeAll(refuseInitialNamespace);

const BRIDGE_CALLS_IPTABLES = "/proc/sys/net/bridge/bridge-nf-call-iptables";
const PRIVATE_NETWORKS = ["172.16.0.0/12", "192.168.0.0/16"];

/** A server on the other computer, reached from the container. */
async function askOutside(device: PrivateNetwork, outside: Outside, from: string): Promise<string> {
  const settings = { namespacePath: outside.namespacePath };
  const attachment = device.network.attached(from);
  if (attachment === undefined) throw new Error(`${from} is not attached`);
  await device.serve({ ...attachment, ...settings }, "tcp", 9000, "outside");
  return askFrom(attachment.namespacePath, "tcp", outside.address, 9000);
}

for (const packetFilter of ["nftables", "iptables"] as const) {
  describe(`with ${packetFilter}`, () => {
    test("a container reaches the outside under the machine's address, or under its own without masquerading", async () => {
      await withOutside(
        async (outside) => {
          for (const ipMasq of [true, false]) {
            await using device = await openPrivateNetwork({ packetFilter, ipMasq });
            const web = await device.attach("web");
            const seen = ipMasq ? outside.machineAddress : addressOf(web);
            expect(await askOutside(device, outside, "web")).toBe(`outside ${seen}`);
          }
        },
        ...PRIVATE_NETWORKS,
      );
    });

    test("from outside only published ports are reached, and nobody can use the machine as a router", async () => {
      await withOutside(
        async (outside) => {
          await using device = await openPrivateNetwork({ packetFilter });
          const web = await device.attach("web", { portMappings: [tcp(28100, 80)] });
          await device.serve(web, "tcp", 80, "hello");
          expect(await askFrom(outside.namespacePath, "tcp", outside.machineAddress, 28100)).toStartWith(
            "hello ",
          );
          expect(await askFrom(outside.namespacePath, "tcp", addressOf(web), 80)).toBe("no answer: silence");
          expect(
            (await run(["iptables", "-S", "FORWARD"])) + (await run(["iptables-legacy", "-S", "FORWARD"])),
          ).toContain("-P FORWARD DROP");
        },
        ...PRIVATE_NETWORKS,
      );
    });

    test("containers that may not talk to each other do not, and still have the outside and their published ports", async () => {
      await withOutside(async (outside) => {
        // A kernel with br_netfilter shows bridged packets to the rules, which most devices do not.
        if (existsSync(BRIDGE_CALLS_IPTABLES)) writeFileSync(BRIDGE_CALLS_IPTABLES, "0");
        await using device = await openPrivateNetwork({ packetFilter, icc: false });
        const web = await device.attach("web", { portMappings: [tcp(28101, 80)] });
        const other = await device.attach("other");
        await device.serve(web, "tcp", 80, "hello");
        expect(await askFrom(other.namespacePath, "tcp", addressOf(web), 80)).toBe("no answer: silence");
        expect(await askFrom(other.namespacePath, "tcp", gatewayOf(web), 28101)).not.toStartWith("hello ");
        expect(await ask("tcp", "127.0.0.1", 28101)).toStartWith("hello ");
        expect(await askFrom(outside.namespacePath, "tcp", outside.machineAddress, 28101)).toStartWith(
          "hello ",
        );
        expect(await askOutside(device, outside, "other")).toStartWith("outside ");
      });
    });

    test("a published port answers to all, and everything is gone afterwards", async () => {
      const before = await machineNetwork();
      {
        await using device = await openPrivateNetwork({ packetFilter });
        const web = await device.attach("web", {
          portMappings: [tcp(28102, 80), tcp(28103, 80, "127.0.0.1")],
        });
        const other = await device.attach("other");
        await device.serve(web, "tcp", 80, "hello");
        const bridge = gatewayOf(web);
        for (const port of [28102, 28103]) expect(await ask("tcp", "127.0.0.1", port)).toStartWith("hello ");
        for (const from of [web, other]) {
          expect(await askFrom(from.namespacePath, "tcp", bridge, 28102)).toStartWith("hello ");
          expect(await askFrom(from.namespacePath, "tcp", bridge, 28103)).toBe("no answer: refused");
        }
        await device.network.release("web");
        expect(await ask("tcp", "127.0.0.1", 28102)).toBe("no answer: refused");
      }
      const words = ["SC-", "supercargo", "sct"];
      const after = await machineNetwork();
      for (const word of words) expect(after).not.toContain(word);
      if (packetFilter === "nftables") expect(after).toBe(before);
    });
  });
}

describe("another program's dropping forward chain", () => {
  /** Rules as docker and ufw make them, by the program that they use. */
  async function withDropping(program: string, use: () => Promise<void>): Promise<void> {
    await run([program, "-P", "FORWARD", "DROP"]);
    try {
      await use();
    } finally {
      await run([program, "-P", "FORWARD", "ACCEPT"]);
    }
  }

  async function expectReachable(outside: Outside): Promise<void> {
    await using device = await openPrivateNetwork();
    const web = await device.attach("web", { portMappings: [tcp(28110, 80)] });
    await device.serve(web, "tcp", 80, "hello");
    expect(await askFrom(outside.namespacePath, "tcp", outside.machineAddress, 28110)).toStartWith("hello ");
    expect(await askOutside(device, outside, "web")).toStartWith("outside ");
  }

  for (const program of ["iptables-nft", "iptables-legacy"]) {
    test(`is answered by rules of ours in it, which go with us: ${program}`, async () => {
      await withOutside(async (outside) => {
        await withDropping(program, async () => {
          const before = await run([program, "-S", "FORWARD"]);
          await expectReachable(outside);
          expect(await run([program, "-S", "FORWARD"])).toBe(before);
        });
      });
    });
  }

  test("that ends with a reject, as firewalld's does, is answered before the reject", async () => {
    await withOutside(async (outside) => {
      const table = "table inet sct_firewall";
      const chain =
        "chain forward { type filter hook forward priority 10; policy accept; ct state established accept; reject\n}";
      await run(["nft", "-f", "-"], `${table} { ${chain}\n}\n`);
      try {
        const before = await run(["nft", "list", "table", "inet", "sct_firewall"]);
        await expectReachable(outside);
        expect(await run(["nft", "list", "table", "inet", "sct_firewall"])).toBe(before);
      } finally {
        await run(["nft", "delete", ...table.split(" ")]);
      }
    });
  });
});

test("with ip_tables off there is no rule at all, and the container is told that its port is not published", async () => {
  const before = await run(["nft", "list", "ruleset"]);
  await using device = await openPrivateNetwork({ ipTables: false });
  const web = await device.attach("web", { portMappings: [tcp(28122, 80)] });
  expect(await run(["nft", "list", "ruleset"])).toBe(before);
  expect(web.published).toEqual([]);
  expect(web.warnings).toEqual([expect.stringContaining("ip_tables is false")]);
  Bun.listen({ hostname: "127.0.0.1", port: 28122, socket: { data() {} } }).stop(true);
});

test("forwarding is turned on only where it is wanted, and given back", async () => {
  const forwarding = () => readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim();
  expect(forwarding()).toBe("0");
  {
    await using device = await openPrivateNetwork({ ipForward: false });
    await device.attach("web");
    expect(forwarding()).toBe("0");
  }
  {
    await using device = await openPrivateNetwork();
    expect(forwarding()).toBe("1");
    await device.network.close(false);
    device.network = device.make();
    await device.network.open(new Set(), limit());
    expect(forwarding()).toBe("1");
  }
  expect(forwarding()).toBe("0");
});
