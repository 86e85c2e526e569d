import { expect, test } from "bun:test";
import { parseBrokerUrl, withoutCredentials } from "../../../src/mqtt/broker-address.ts";
import { matchesFilter } from "../../../src/mqtt/topic-filter.ts";

test("every form of the address that the peer knows is read", () => {
  const plain = { host: "localhost", path: "" };
  expect(parseBrokerUrl("tcp://localhost:1883")).toEqual({ kind: "tcp", port: 1883, ...plain });
  expect(parseBrokerUrl("mqtt://localhost")).toEqual({ kind: "tcp", port: 1883, ...plain });
  for (const scheme of ["ssl", "tls", "mqtts", "mqtt+ssl", "tcps", "SSL"]) {
    expect(parseBrokerUrl(`${scheme}://localhost`)).toEqual({ kind: "tls", port: 8883, ...plain });
  }
  expect(parseBrokerUrl("ws://[::1]:80/mqtt?x=1")).toEqual({
    kind: "ws",
    host: "::1",
    port: 80,
    path: "/mqtt?x=1",
  });
  expect(parseBrokerUrl("wss://b/mqtt").port).toBe(443);
});

test("a wrong address is refused by name, without its credentials", () => {
  for (const url of ["localhost:1883", "http://b", "tcp://", "tcp://b:99999", ""]) {
    expect(() => parseBrokerUrl(url)).toThrow("connection.broker_url");
  }
  expect(withoutCredentials("tcp://me:secret@b:1")).toBe("tcp://b:1");
});

test("filters mean what MQTT says", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["a/#", "a", true],
    ["a/#", "a/b/c", true],
    ["a/+", "a/b/c", false],
    ["a/+", "a/", true],
    ["+/b", "a/b", true],
    ["#", "$SYS/x", false],
    ["command//x/req/#", "command//x/req//stop", true],
    ["a", "a/b", false],
  ];
  for (const [filter, topic, isMatch] of cases) expect(matchesFilter(filter, topic)).toBe(isMatch);
});
