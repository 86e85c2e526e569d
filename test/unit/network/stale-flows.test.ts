import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseInterfaceAddress, parseIpv4 } from "../../../src/network/ipv4.ts";
import {
  buildAttribute,
  buildMessage,
  errorNumber,
  parseAttributes,
  parseMessages,
} from "../../../src/network/netlink-message.ts";
import { type Flow, isStale, parseFlow } from "../../../src/network/stale-flows.ts";

describe("netlink messages", () => {
  const bytes = fc.uint8Array({ maxLength: 40 });

  test("attributes are read as they were built", () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 10 }), (values) => {
        const data = Buffer.concat(values.map((value, at) => buildAttribute(at + 1, value)));
        const read = parseAttributes(data);
        expect([...read.values()].map((value) => [...value])).toEqual(values.map((value) => [...value]));
      }),
    );
  });

  test("messages are read as they were built, several in a datagram", () => {
    const one = buildMessage(256, 5, new Uint8Array(8).fill(1));
    const two = buildMessage(3, 0, new Uint8Array(4));
    expect(parseMessages(Buffer.concat([one, two])).map(({ type }) => type)).toEqual([256, 3]);
    const [refused] = parseMessages(buildMessage(2, 0, new Uint8Array(new Int32Array([-2]).buffer)));
    if (refused === undefined) throw new Error("a message was built");
    expect(errorNumber(refused)).toBe(2);
  });

  test("no bytes whatsoever make reading fail or go on for ever", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        parseAttributes(data);
        for (const message of parseMessages(data)) parseFlow(message);
        parseFlow({ type: 256, payload: data });
      }),
    );
  });
});

describe("a remembered flow", () => {
  const address = (text: string) => parseIpv4(text) ?? 0;
  const subnet = parseInterfaceAddress("172.17.0.1/16")?.subnet ?? { network: 0, prefix: 0 };
  const port = {
    protocol: "udp",
    address: "0.0.0.0",
    port: 5000,
    toAddress: "172.17.0.2",
    toPort: 80,
  } as const;
  const local: Flow = {
    protocol: 17,
    source: address("198.51.100.9"),
    destination: address("198.51.100.7"),
    destinationPort: 5000,
    answersFrom: address("198.51.100.7"),
    answersFromPort: 5000,
    answersTo: address("198.51.100.9"),
    original: new Uint8Array(),
    zone: undefined,
  };
  const published: Flow = { ...local, answersFrom: address("172.17.0.2"), answersFromPort: 80 };

  test("to the machine itself or to a former container is stale", () => {
    expect(isStale(local, port, subnet)).toBe(true);
    expect(isStale({ ...published, answersFrom: address("172.17.0.3") }, port, subnet)).toBe(true);
    expect(isStale({ ...published, answersFromPort: 81 }, port, subnet)).toBe(true);
    expect(isStale(local, { ...port, address: "198.51.100.7" }, subnet)).toBe(true);
  });

  test("that the port gets already, of another port or protocol, or through the machine is not", () => {
    expect(isStale(published, port, subnet)).toBe(false);
    expect(isStale({ ...local, protocol: 6 }, port, subnet)).toBe(false);
    expect(isStale({ ...local, destinationPort: 5001 }, port, subnet)).toBe(false);
    expect(isStale({ ...local, answersTo: address("192.0.2.2") }, port, subnet)).toBe(false);
    expect(isStale(local, { ...port, address: "127.0.0.1" }, subnet)).toBe(false);
  });
});
