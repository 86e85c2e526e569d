import { describe, expect, test } from "bun:test";
import type { PortMapping } from "../../../src/model/container.ts";
import {
  type HoldResult,
  type PortSource,
  type PortWish,
  portsCollide,
  readPortMapping,
  takePorts,
} from "../../../src/network/published-ports.ts";

const MEANING = { localhost: ["127.0.0.1", "172.17.0.1"] };

function mapping(changes: Partial<PortMapping> = {}): PortMapping {
  return {
    protocol: "tcp",
    hostIp: "0.0.0.0",
    hostPort: 8080,
    hostPortEnd: 8080,
    containerPort: 80,
    ...changes,
  };
}

function wish(changes: Partial<PortMapping> = {}): PortWish {
  const read = readPortMapping(mapping(changes), MEANING);
  if (read === undefined) throw new Error("the mapping means no port");
  return read;
}

/** A machine where some ports are taken; remembers what is held. */
class FakeSource implements PortSource {
  readonly held = new Set<string>();
  constructor(
    readonly others: Readonly<Record<number, string>> = {},
    readonly answers: Readonly<Record<string, HoldResult>> = {},
  ) {}
  owner(_protocol: string, _address: string, port: number) {
    return this.others[port];
  }
  hold(protocol: string, address: string, port: number) {
    const answer = this.answers[`${address}:${port}`] ?? "held";
    if (answer === "held") this.held.add(`${protocol} ${address}:${port}`);
    return answer;
  }
  letGo(protocol: string, address: string, port: number) {
    this.held.delete(`${protocol} ${address}:${port}`);
  }
}

describe("a port mapping", () => {
  test("defaults to tcp and all addresses, and its end to its start", () => {
    expect(wish({ protocol: "", hostIp: "", hostPortEnd: 0 })).toMatchObject({
      protocol: "tcp",
      addresses: ["0.0.0.0"],
      first: 8080,
      last: 8080,
    });
  });

  test("with a host_ip that is no address means what the configuration says, with IPv6 no port at all", () => {
    expect(wish({ hostIp: "localhost" }).addresses).toEqual(MEANING.localhost);
    expect(wish({ hostIp: "192.0.2.1" }).addresses).toEqual(["192.0.2.1"]);
    for (const hostIp of ["::", "::1", "fd00::1"]) {
      expect(readPortMapping(mapping({ hostIp }), MEANING)).toBeUndefined();
    }
  });

  test("with host_port 0 may get any port of the kernel's range", () => {
    expect(wish({ hostPort: 0, hostPortEnd: 0 })).toMatchObject({ first: 32768, last: 60999 });
  });

  test("that is wrong is refused in the peer's words, out-of-range numbers too", () => {
    const wrong: [Partial<PortMapping>, string][] = [
      [{ protocol: "icmp" }, "invalid transport protocol: icmp"],
      [{ hostPort: 28120, hostPortEnd: 28110 }, "invalid port range: 28120-28110"],
      [{ hostPort: 70000, hostPortEnd: 70000 }, "invalid port range: 70000-70000"],
      [{ hostPort: 0, hostPortEnd: 90 }, "invalid port range: 0-90"],
      [{ hostPort: -1, hostPortEnd: -1 }, "invalid port range: -1--1"],
      [{ containerPort: 0 }, "invalid container port: 0"],
      [{ containerPort: 65536 }, "invalid container port: 65536"],
    ];
    for (const [changes, text] of wrong) expect(() => wish(changes)).toThrow(text);
  });
});

describe("taking ports", () => {
  test("gives each wish its port and holds it on every address", () => {
    const source = new FakeSource();
    const taken = takePorts([wish({ hostIp: "localhost" }), wish({ protocol: "udp" })], source);
    expect(taken.map(({ hostPort }) => hostPort)).toEqual([8080, 8080]);
    expect([...source.held].sort()).toEqual([
      "tcp 127.0.0.1:8080",
      "tcp 172.17.0.1:8080",
      "udp 0.0.0.0:8080",
    ]);
  });

  test("skips what others have in a range, and fails when all of it is taken", () => {
    const source = new FakeSource({ 8080: "web" }, { "0.0.0.0:8081": "in-use" });
    const [port] = takePorts([wish({ hostPortEnd: 8082 })], source);
    expect(port?.hostPort).toBe(8082);
    expect(() => takePorts([wish({ hostPortEnd: 8081 })], source)).toThrow("no free port in 8080-8081");
  });

  test("names the other container, and holds nothing when it fails", () => {
    const source = new FakeSource({ 8081: "web" });
    const wishes = [wish(), wish({ hostPort: 8081, hostPortEnd: 8081 })];
    expect(() => takePorts(wishes, source)).toThrow(
      "Bind for 0.0.0.0:8081 failed: port is already allocated",
    );
    try {
      takePorts(wishes, source);
    } catch (thrown) {
      expect(thrown).toHaveProperty("hint", expect.stringContaining("container web"));
    }
    expect(source.held.size).toBe(0);
  });

  test("answers a port of another program, a foreign address and a missing right in the peer's words", () => {
    const texts: [HoldResult, string][] = [
      ["in-use", "listen udp4 192.0.2.1:8080: bind: address already in use"],
      ["no-such-address", "listen udp4 192.0.2.1:8080: bind: cannot assign requested address"],
      ["denied", "listen udp4 192.0.2.1:8080: bind: permission denied"],
    ];
    for (const [answer, text] of texts) {
      const source = new FakeSource({}, { "192.0.2.1:8080": answer });
      expect(() => takePorts([wish({ protocol: "udp", hostIp: "192.0.2.1" })], source)).toThrow(text);
    }
  });

  test("lets go of the first address when the second is taken", () => {
    const source = new FakeSource({}, { "172.17.0.1:8080": "in-use" });
    expect(() => takePorts([wish({ hostIp: "localhost" })], source)).toThrow("listen tcp4 172.17.0.1:8080");
    expect(source.held.size).toBe(0);
  });

  test("refuses a port that the same container names twice", () => {
    expect(() => takePorts([wish(), wish({ hostIp: "127.0.0.1" })], new FakeSource())).toThrow(
      "already allocated",
    );
  });
});

test("all addresses collide with each, two single ones and two protocols do not", () => {
  const port = { protocol: "tcp", hostIp: "", addresses: ["192.0.2.1"], hostPort: 80, containerPort: 1 };
  expect(portsCollide(port, "tcp", "0.0.0.0", 80)).toBe(true);
  expect(portsCollide({ ...port, addresses: ["0.0.0.0"] }, "tcp", "192.0.2.1", 80)).toBe(true);
  expect(portsCollide(port, "tcp", "192.0.2.2", 80)).toBe(false);
  expect(portsCollide(port, "udp", "192.0.2.1", 80)).toBe(false);
  expect(portsCollide(port, "tcp", "192.0.2.1", 81)).toBe(false);
});
