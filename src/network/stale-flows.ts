/**
 * UDP flows that the kernel remembers from before a port was published: their packets pass by the new rule for as long
 * as the sender does not pause for half a minute, so a container would never hear a sender that was there first. They
 * are taken out of the kernel's memory by netlink (linux/netfilter/nfnetlink_conntrack.h).
 */

import { exchangeNetlink } from "../base/libc.ts";
import { SupercargoError } from "../errors/error.ts";
import { contains, formatIpv4, type Ipv4, type Subnet } from "./ipv4.ts";
import {
  buildAttribute,
  buildMessage,
  errorNumber,
  NETLINK_DONE,
  NETLINK_ERROR,
  type NetlinkMessage,
  parseAttributes,
  parseMessages,
} from "./netlink-message.ts";
import type { PortRule } from "./nft-script.ts";

const NETLINK_NETFILTER = 12;
const CONNTRACK_GET = (1 << 8) | 1;
const CONNTRACK_DELETE = (1 << 8) | 2;
const REQUEST = 1;
const ACKNOWLEDGE = 4;
const DUMP = 0x300;
/** nfgenmsg: family IPv4, version 0, no resource. */
const IPV4_FAMILY = new Uint8Array([2, 0, 0, 0]);
const TUPLE_ORIGINAL = 1;
const TUPLE_REPLY = 2;
const ZONE = 18;
const NESTED = 0x8000;
const UDP = 17;
const ENOENT = 2;

/** One remembered flow; `original` and `zone` as the kernel gave them, to name it again. */
export interface Flow {
  readonly protocol: number;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly destinationPort: number;
  /** Where answers come from: the destination, or the container when the flow was published. */
  readonly answersFrom: Ipv4;
  readonly answersFromPort: number;
  /** Where answers go: the source, unless the flow is masqueraded. */
  readonly answersTo: Ipv4;
  readonly original: Uint8Array;
  readonly zone: Uint8Array | undefined;
}

/**
 * Makes the kernel forget the UDP flows that a published port would not get. Answers how many it were.
 * @throws SC_IO or SC_NETWORK_FAILED when the kernel cannot do that (no ctnetlink)
 */
export function forgetStaleFlows(ports: readonly PortRule[], subnet: Subnet): number {
  const published = ports.filter((port) => port.protocol === "udp");
  if (published.length === 0) return 0;
  const stale = readFlows().filter((flow) => published.some((port) => isStale(flow, port, subnet)));
  for (const flow of stale) forget(flow);
  return stale.length;
}

/**
 * Whether a flow to this port goes elsewhere: to the machine itself, without any translation, or to a container that had
 * the port before. Masqueraded flows to the same port of other computers are none of ours.
 */
export function isStale(flow: Flow, port: PortRule, subnet: Subnet): boolean {
  if (flow.protocol !== UDP || flow.destinationPort !== port.port) return false;
  if (port.address !== "0.0.0.0" && port.address !== formatIpv4(flow.destination)) return false;
  if (contains(subnet, flow.answersFrom)) {
    return formatIpv4(flow.answersFrom) !== port.toAddress || flow.answersFromPort !== port.toPort;
  }
  return flow.answersFrom === flow.destination && flow.answersTo === flow.source;
}

/** Reads a flow from the kernel's answer; undefined for what is no IPv4 flow with ports. */
export function parseFlow(message: NetlinkMessage): Flow | undefined {
  const attributes = parseAttributes(message.payload.subarray(IPV4_FAMILY.length));
  const originalBytes = attributes.get(TUPLE_ORIGINAL);
  const original = parseTuple(originalBytes);
  const reply = parseTuple(attributes.get(TUPLE_REPLY));
  if (originalBytes === undefined || original === undefined || reply === undefined) return undefined;
  return {
    protocol: original.protocol,
    source: original.source,
    destination: original.destination,
    destinationPort: original.destinationPort,
    answersFrom: reply.source,
    answersFromPort: reply.sourcePort,
    answersTo: reply.destination,
    original: originalBytes,
    zone: attributes.get(ZONE),
  };
}

function readFlows(): Flow[] {
  const isLast = (datagram: Uint8Array) =>
    parseMessages(datagram).some(({ type }) => type === NETLINK_DONE || type === NETLINK_ERROR);
  const request = buildMessage(CONNTRACK_GET, REQUEST | DUMP, IPV4_FAMILY);
  const messages = exchangeNetlink(NETLINK_NETFILTER, request, isLast).flatMap(parseMessages);
  failOnError(messages, "read");
  return messages.flatMap((message) => parseFlow(message) ?? []);
}

function forget(flow: Flow): void {
  const parts = [IPV4_FAMILY, buildAttribute(TUPLE_ORIGINAL | NESTED, flow.original)];
  if (flow.zone !== undefined) parts.push(buildAttribute(ZONE, flow.zone));
  const request = buildMessage(CONNTRACK_DELETE, REQUEST | ACKNOWLEDGE, Buffer.concat(parts));
  const answer = exchangeNetlink(NETLINK_NETFILTER, request, () => true).flatMap(parseMessages);
  failOnError(answer, "forget", ENOENT);
}

function failOnError(messages: readonly NetlinkMessage[], verb: string, accepted = 0): void {
  for (const message of messages) {
    const number = message.type === NETLINK_ERROR ? errorNumber(message) : 0;
    if (number === 0 || number === accepted) continue;
    throw new SupercargoError(
      "SC_NETWORK_FAILED",
      `the kernel does not ${verb} remembered flows: errno ${number}`,
    );
  }
}

interface Tuple {
  readonly protocol: number;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Nested: addresses (1: source 1, destination 2) and protocol (2: number 1, source port 2, destination port 3). */
function parseTuple(data: Uint8Array | undefined): Tuple | undefined {
  if (data === undefined) return undefined;
  const parts = parseAttributes(data);
  const addresses = parseAttributes(parts.get(1) ?? new Uint8Array());
  const protocol = parseAttributes(parts.get(2) ?? new Uint8Array());
  const [source, destination] = [addresses.get(1), addresses.get(2)];
  const [number, sourcePort, destinationPort] = [protocol.get(1), protocol.get(2), protocol.get(3)];
  if (source?.length !== 4 || destination?.length !== 4 || number?.length !== 1) return undefined;
  if (sourcePort?.length !== 2 || destinationPort?.length !== 2) return undefined;
  return {
    protocol: number[0] ?? 0,
    source: bigEndian(source),
    destination: bigEndian(destination),
    sourcePort: bigEndian(sourcePort),
    destinationPort: bigEndian(destinationPort),
  };
}

function bigEndian(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
