import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chooseAddress, choosePool, POOLS, parseRange } from "../../../src/network/address-pool.ts";
import {
  formatIpv4,
  formatSubnet,
  type InterfaceAddress,
  type Ipv4,
  macOf,
  overlap,
  parseInterfaceAddress,
  parseIpv4,
} from "../../../src/network/ipv4.ts";

function place(text: string): InterfaceAddress {
  const parsed = parseInterfaceAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
}

function number(text: string): Ipv4 {
  return place(`${text}/32`).address;
}

describe("IPv4 texts", () => {
  test("every address is read as it was written", () => {
    fc.assert(fc.property(fc.nat(2 ** 32 - 1), (address) => parseIpv4(formatIpv4(address)) === address));
  });

  test("what is not an address is not read", () => {
    for (const text of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.4.5",
      "256.1.1.1",
      "01.2.3.4",
      "1.2.3.4 ",
      "::1",
      "-1.2.3.4",
    ]) {
      expect(parseIpv4(text)).toBeUndefined();
    }
    for (const text of ["10.0.0.1", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/8/8", "x/8"]) {
      expect(parseInterfaceAddress(text)).toBeUndefined();
    }
  });

  test("an address with prefix length names its network, and its MAC address has its bytes", () => {
    expect(formatSubnet(place("172.17.3.9/16").subnet)).toBe("172.17.0.0/16");
    expect(formatSubnet(place("255.255.255.255/0").subnet)).toBe("0.0.0.0/0");
    expect(macOf(number("172.17.0.2"))).toBe("02:42:ac:11:00:02");
  });
});

describe("the network of the bridge", () => {
  test("pools come in the peer's order", () => {
    const texts = POOLS.map(formatSubnet);
    expect([texts[0], texts[14], texts[15], texts[16], texts[30], texts.length]).toEqual([
      "172.17.0.0/16",
      "172.31.0.0/16",
      "192.168.0.0/20",
      "192.168.16.0/20",
      "192.168.240.0/20",
      31,
    ]);
  });

  test("the first pool that overlaps nothing is taken, or the one of the last run if it is still free", () => {
    const used = [place("172.17.5.0/24").subnet, place("172.18.0.0/15").subnet];
    expect(formatIpv4(choosePool(used, undefined)?.address ?? 0)).toBe("172.20.0.1");
    expect(choosePool(used, place("172.25.0.1/16"))).toEqual(place("172.25.0.1/16"));
    expect(formatIpv4(choosePool(used, place("172.19.0.1/16"))?.address ?? 0)).toBe("172.20.0.1");
    expect(choosePool([place("0.0.0.0/0").subnet], undefined)).toBeUndefined();
  });

  test("a chosen pool never overlaps a used network", () => {
    const network = fc
      .tuple(fc.nat(2 ** 32 - 1), fc.integer({ min: 4, max: 32 }))
      .map(([address, prefix]) => place(`${formatIpv4(address)}/${prefix}`));
    fc.assert(
      fc.property(fc.array(network, { maxLength: 20 }), (used) => {
        const subnets = used.map(({ subnet }) => subnet);
        const chosen = choosePool(subnets, undefined);
        return chosen === undefined || subnets.every((other) => !overlap(chosen.subnet, other));
      }),
    );
  });
});

describe("a container's address", () => {
  const subnet = place("10.0.0.0/29").subnet;
  const space = { subnet, range: subnet, reserved: new Set([number("10.0.0.1")]) };
  const none = new Set<Ipv4>();

  test("is the first free one, never the network's, the broadcast, the bridge's or one in use", () => {
    const inUse = new Set<Ipv4>();
    const given: string[] = [];
    for (const id of ["a", "b", "c", "d", "e", "f"]) {
      const address = chooseAddress(space, id, inUse, new Map());
      if (address === undefined) break;
      inUse.add(address);
      given.push(formatIpv4(address));
    }
    expect(given).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"]);
  });

  test("is the one that it had, and others avoid that as long as they can", () => {
    const remembered = new Map([["a", number("10.0.0.2")]]);
    expect(chooseAddress(space, "a", none, remembered)).toBe(number("10.0.0.2"));
    expect(chooseAddress(space, "b", none, remembered)).toBe(number("10.0.0.3"));
    const inUse = new Set(["10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6"].map(number));
    expect(chooseAddress(space, "b", inUse, remembered)).toBe(number("10.0.0.2"));
    expect(chooseAddress(space, "a", new Set([number("10.0.0.2")]), remembered)).toBe(number("10.0.0.3"));
  });

  test("lies in the configured part of the subnet, also when it had another one before", () => {
    const range = parseRange(subnet, place("10.0.0.4/30"));
    if (range === undefined) throw new Error("the range lies inside");
    const narrow = { ...space, range };
    expect(chooseAddress(narrow, "a", none, new Map([["a", number("10.0.0.2")]]))).toBe(number("10.0.0.4"));
    expect(parseRange(subnet, place("10.0.0.8/30"))).toBeUndefined();
    expect(parseRange(subnet, place("10.0.0.0/28"))).toBeUndefined();
  });
});
