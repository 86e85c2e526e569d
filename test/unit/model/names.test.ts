import { expect, test } from "bun:test";
import { parseExtraHost, usesHostIp } from "../../../src/model/extra-hosts.ts";
import { defaultHostName, isContainerId, isContainerName } from "../../../src/model/names.ts";

test("an id is what the engine takes and what is safe as a folder name", () => {
  for (const id of ["a", "6b5d2de6-d95c-4ebe-9f0a-000000000001", "signal_broker", "a.b", "x".repeat(76)]) {
    expect(isContainerId(id)).toBe(true);
  }
  for (const id of [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\0",
    "a--b",
    "-a",
    "a-",
    "_a",
    "a b",
    "ä",
    "a\n",
    "x".repeat(77),
  ]) {
    expect(isContainerId(id)).toBe(false);
  }
});

test("a name follows the peer's pattern and is bounded", () => {
  for (const name of ["web", "_x", "a-", "a.b_c-d", "0"]) expect(isContainerName(name)).toBe(true);
  for (const name of ["", "-a", ".a", "a/b", "../a", "a b", "a\n", "x".repeat(1_000_000)]) {
    expect(isContainerName(name)).toBe(false);
  }
});

test("the host name made of a long name still fits the kernel", () => {
  expect(defaultHostName("web")).toBe("web-host");
  expect(defaultHostName("x".repeat(255)).length).toBe(64);
});

test("a host entry is a name and a value; the value may be an IPv6 address", () => {
  expect(parseExtraHost("broker:host_ip")).toEqual({ name: "broker", value: "host_ip" });
  expect(parseExtraHost("six:2001:db8::1")).toEqual({ name: "six", value: "2001:db8::1" });
  expect(parseExtraHost("six:[::1]")).toEqual({ name: "six", value: "::1" });
  expect(parseExtraHost("no-colon")).toBeUndefined();
  expect(parseExtraHost("a:b:c")).toBeUndefined();
});

test("host_ip and its forms are recognised", () => {
  expect(usesHostIp("a:host_ip")).toBe(true);
  expect(usesHostIp("a:host_ip_eth0")).toBe(true);
  expect(usesHostIp("a:host_ip_")).toBe(false);
  expect(usesHostIp("a:host_ipx")).toBe(false);
  expect(usesHostIp("a:10.0.0.1")).toBe(false);
});
