import { expect, test } from "bun:test";
import { isIPv6 } from "node:net";
import fc from "fast-check";
import { isIpv6 } from "../../../src/network/ipv6.ts";

test("what is an IPv6 address is decided as node does", () => {
  const texts = [
    "::",
    "::1",
    "fe80::1%eth0",
    "2001:db8::8:800:200c:417a",
    "::ffff:192.0.2.1",
    "1:2:3:4:5:6:7:8",
    "1::8",
    "",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::1%",
    "::1%a%b",
    "%eth0",
    "1.2.3.4",
    "localhost",
    "[::1]",
    "::1]/#",
    "::1/64",
    "::g",
    "::ffff:192.0.2.256",
    "::ffff:192.0.2",
    " ::1",
    "1::2::3",
  ];
  for (const text of texts) expect([text, isIpv6(text)]).toEqual([text, isIPv6(text)]);
  const parts = fc.array(fc.constantFrom("0", "1", "abcd", "ABCDE", ":", "::", ".", "255", "%", "x"), {
    maxLength: 18,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV6(),
        parts.map((some) => some.join("")),
      ),
      (text) => isIpv6(text) === isIPv6(text),
    ),
    { numRuns: 2000 },
  );
});
