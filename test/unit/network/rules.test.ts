import { describe, expect, test } from "bun:test";
import { parseForwardChains, parseRules } from "../../../src/network/foreign-chains.ts";
import { areRulesIn, chainName, restoreScript } from "../../../src/network/iptables.ts";
import { changeScript, type PortRule, type RuleSet, tableScript } from "../../../src/network/nft-script.ts";
import { isSameShape, shapeOfListing, shapeOfRules } from "../../../src/network/nft-shape.ts";
import { RuleQueue } from "../../../src/network/rule-queue.ts";

const WEB: PortRule = {
  protocol: "tcp",
  address: "0.0.0.0",
  port: 8080,
  toAddress: "172.17.0.2",
  toPort: 80,
};
const LOCAL: PortRule = { ...WEB, protocol: "udp", address: "127.0.0.1", port: 53 };
const RULES: RuleSet = {
  bridge: "kanto-cm0",
  subnet: "172.17.0.0/16",
  masquerade: true,
  icc: true,
  ip6: false,
  ports: [WEB, LOCAL],
};

describe("the nftables script", () => {
  test("replaces the table in one transaction, so that loading twice does not double rules", () => {
    const lines = tableScript(RULES).split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "add table ip supercargo_kanto-cm0",
      "delete table ip supercargo_kanto-cm0",
      "table ip supercargo_kanto-cm0 {",
    ]);
  });

  test("keeps ports of all addresses and of one address in maps of their own", () => {
    const script = tableScript(RULES);
    expect(script).toContain("elements = { 127.0.0.1 . udp . 53 : 172.17.0.2 . 80 }");
    expect(script).toContain("elements = { tcp . 8080 : 172.17.0.2 . 80 }");
    expect(tableScript({ ...RULES, ports: [] })).not.toContain("elements");
  });

  test("leaves out masquerading and lets containers be apart when so configured", () => {
    const script = tableScript({ ...RULES, masquerade: false, icc: false });
    expect(script).not.toContain('oifname != "kanto-cm0" masquerade');
    expect(script).toContain('iifname "kanto-cm0" oifname "kanto-cm0" drop');
  });

  test("takes away a table of another family that a former configuration needed", () => {
    expect(tableScript(RULES, ["ip", "ip6"])).toEndWith(
      "add table ip6 supercargo_kanto-cm0\ndelete table ip6 supercargo_kanto-cm0\n",
    );
    expect(tableScript(RULES, ["ip"])).not.toContain("ip6");
  });

  test("changes single ports", () => {
    expect(changeScript("kanto-cm0", [WEB], [LOCAL])).toBe(
      "delete element ip supercargo_kanto-cm0 one_address { 127.0.0.1 . udp . 53 }\n" +
        "add element ip supercargo_kanto-cm0 any_address { tcp . 8080 : 172.17.0.2 . 80 }\n",
    );
  });
});

describe("the iptables script", () => {
  test("empties and fills chains of ours only, whose names the kernel takes", () => {
    const script = restoreScript(RULES);
    expect(script.match(/^:\S+/gm)).toEqual([
      ":SC-LOOP-kanto-cm0",
      ":SC-PORT-kanto-cm0",
      ":SC-MASQ-kanto-cm0",
      ":SC-FWD-kanto-cm0",
    ]);
    expect(script).toContain(
      "-A SC-PORT-kanto-cm0 -d 127.0.0.1 -p udp -m udp --dport 53 -m addrtype --dst-type LOCAL -j DNAT --to-destination 172.17.0.2:80\n",
    );
    expect(chainName("LOOP", "a".repeat(15)).length).toBeLessThanOrEqual(28);
  });
});

describe("other programs' rules", () => {
  test("only chains that filter what is forwarded and are not ours are looked at", () => {
    const chain = {
      family: "ip",
      table: "filter",
      name: "FORWARD",
      type: "filter",
      hook: "forward",
      policy: "drop",
    };
    const listed = [
      { metainfo: {} },
      { chain },
      { chain: { ...chain, table: "supercargo_other" } },
      { chain: { ...chain, hook: "input" } },
      { chain: { family: "ip", table: "filter", name: "DOCKER" } },
    ];
    expect(parseForwardChains(listed)).toEqual([
      { family: "ip", table: "filter", name: "FORWARD", policy: "drop" },
    ]);
  });

  test("a rule that drops or rejects everything is told from one that looks first", () => {
    const rule = (expr: unknown[]) => ({ rule: { handle: 1, expr } });
    const match = { match: { op: "==", left: { meta: { key: "iifname" } }, right: "eth0" } };
    const always = (expr: unknown[]) => parseRules([rule(expr)])[0]?.always;
    expect(always([{ drop: null }])).toBe("drop");
    expect(always([{ counter: {} }, { log: {} }, { reject: { type: "icmpx" } }])).toBe("reject");
    expect(always([match, { drop: null }])).toBe("");
    expect(always([{ accept: null }])).toBe("");
  });
});

describe("the queue of rule changes", () => {
  function recording(apply: () => Promise<void>) {
    const calls: string[] = [];
    const text = (ports: readonly PortRule[]) => ports.map(({ port }) => port).join(",");
    const queue = new RuleQueue({
      apply: (added, removed) => {
        calls.push(`apply +${text(added)} -${text(removed)}`);
        return apply();
      },
      replace: (rules) => {
        calls.push(`replace ${text(rules.ports)}`);
        return Promise.resolve();
      },
    });
    return { queue, calls };
  }
  const port = (number: number): PortRule => ({ ...WEB, port: number });

  test("lets those who wait while a transaction runs share the next one", async () => {
    const { queue, calls } = recording(() => Promise.resolve());
    await queue.load({ ...RULES, ports: [] });
    await Promise.all([
      queue.change([port(1)], []),
      queue.change([port(2)], []),
      queue.change([port(3)], [port(1)]),
    ]);
    expect(calls).toEqual(["replace ", "apply +1 -", "apply +2,3 -1"]);
  });

  test("loads everything anew when a transaction is refused", async () => {
    const { queue, calls } = recording(() => Promise.reject(new Error("No such file or directory")));
    await queue.load({ ...RULES, ports: [port(1), port(2)] });
    await queue.change([port(3)], [port(1)]);
    expect(calls).toEqual(["replace 1,2", "apply +3 -1", "replace 2,3"]);
  });

  test("fails who asked when that does not help either, and goes on with the next", async () => {
    let broken = true;
    const queue = new RuleQueue({
      replace: () => (broken ? Promise.reject(new Error("no nft")) : Promise.resolve()),
    });
    await expect(queue.load(RULES)).rejects.toThrow("no nft");
    await expect(queue.change([port(1)], [])).rejects.toThrow("no nft");
    broken = false;
    await queue.change([], [port(1)]);
  });

  test("does not start a transaction for nothing", async () => {
    const { queue, calls } = recording(() => Promise.resolve());
    await queue.load(RULES);
    await queue.change([], []);
    expect(calls.length).toBe(1);
  });

  test("mends what is not whole, once, while changes wait", async () => {
    const { queue, calls } = recording(() => Promise.resolve());
    await queue.load({ ...RULES, ports: [port(1)] });
    let isWhole = false;
    const mending = queue.mend(() => {
      const answer = isWhole;
      isWhole = true;
      return Promise.resolve(answer);
    });
    await queue.change([port(2)], []);
    expect(await mending).toBe(true);
    expect(await queue.mend(() => Promise.resolve(true))).toBe(false);
    expect(calls).toEqual(["replace 1", "replace 1", "apply +2 -"]);
  });

  test("asks only for any rules of ours after a listing that it does not understand, and lives on after one that fails", async () => {
    const { queue } = recording(() => Promise.resolve());
    await queue.load(RULES);
    const depths: string[] = [];
    const never = (_rules: RuleSet, depth: "all" | "any") => {
      depths.push(depth);
      return Promise.resolve(depth === "any");
    };
    expect(await queue.mend(never)).toBe(true);
    expect(await queue.mend(never)).toBe(false);
    expect(depths).toEqual(["all", "all", "any"]);
    await expect(queue.mend(() => Promise.reject(new Error("no nft")))).rejects.toThrow("no nft");
    await queue.change([port(1)], []);
  });
});

describe("the shape of our tables", () => {
  const listing = (elements: unknown[], rules: number, protocol: string | number = "tcp") =>
    JSON.stringify({
      nftables: [
        { chain: { name: "forward", hook: "forward" } },
        { chain: { name: "empty", hook: "output" } },
        ...Array.from({ length: rules }, () => ({ rule: { chain: "forward" } })),
        { map: { name: "any_address", elem: elements } },
        {
          map: {
            name: "one_address",
            elem: [[{ concat: ["127.0.0.1", protocol, 53] }, { concat: ["172.17.0.2", 80] }]],
          },
        },
      ],
    });

  test("has the number of rules of each chain, and every port", () => {
    const shape = shapeOfRules(RULES, "ip");
    expect(shape).toContain("chain forward 4");
    expect(shape).toContain("any_address tcp . 8080 : 172.17.0.2 . 80");
    expect(shape).toContain("one_address 127.0.0.1 . udp . 53 : 172.17.0.2 . 80");
    expect(shapeOfRules({ ...RULES, ip6: true }, "ip6")).toEqual(["chain forward 3"]);
  });

  test("is read from nft's listing in any order, also where protocols have no names", () => {
    const elements = [[{ concat: ["udp", 6] }, { concat: ["172.17.0.2", 6] }]];
    const expected = [
      "any_address udp . 6 : 172.17.0.2 . 6",
      "chain empty 0",
      "chain forward 2",
      "one_address 127.0.0.1 . tcp . 53 : 172.17.0.2 . 80",
    ];
    for (const name of ["tcp", 6]) expect(shapeOfListing(listing(elements, 2, name))).toEqual(expected);
    expect(isSameShape(expected, shapeOfListing(listing(elements, 1)))).toBe(false);
    expect(shapeOfListing('{"nftables": [null, 7, {"map": {"elem": [3]}}]}')).toEqual([expect.any(String)]);
  });

  test("of iptables is whole with all chains, all rules and the ways into them", () => {
    const hooks = ["LOOP", "PORT", "MASQ", "FWD"].map((chain) => chainName(chain, RULES.bridge));
    const [loop, ports, masquerade, forward] = hooks;
    const saved = `${restoreScript(RULES)}-A PREROUTING -j ${loop}\n-A PREROUTING -j ${ports}\n-A OUTPUT -j ${ports}\n-A POSTROUTING -j ${masquerade}\n-A FORWARD -j ${forward}\n`;
    expect(areRulesIn(saved, RULES)).toBe(true);
    expect(areRulesIn(saved.replace(/^-A FORWARD.*\n/m, ""), RULES)).toBe(false);
    expect(areRulesIn(saved.replace(/^-A SC-PORT.*\n/m, ""), RULES)).toBe(false);
  });
});
