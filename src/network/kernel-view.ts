/**
 * What the kernel says about interfaces, addresses and rules when it is asked directly (netlink): cheap enough to look
 * every few seconds. Facts: linux/rtnetlink.h, linux/if_link.h, linux/if_addr.h, linux/netfilter/nf_tables.h.
 */

import { exchangeNetlink } from "../base/libc.ts";
import { formatIpv4 } from "./ipv4.ts";
import {
  buildMessage,
  NETLINK_DONE,
  NETLINK_ERROR,
  type NetlinkMessage,
  parseAttributes,
  parseMessages,
} from "./netlink-message.ts";

export interface SeenLink {
  readonly index: number;
  readonly name: string;
  readonly isUp: boolean;
  /** Index of the bridge that it is a port of; 0 if none. */
  readonly master: number;
}

export interface SeenAddress {
  /** Index of the interface. */
  readonly link: number;
  readonly address: string;
  readonly prefix: number;
}

export interface KernelView {
  /** By name. */
  readonly links: ReadonlyMap<string, SeenLink>;
  /** IPv4, in the kernel's order. */
  readonly addresses: readonly SeenAddress[];
}

const ROUTE = 0;
const NETFILTER = 12;
const NEW_LINK = 16;
const GET_LINK = 18;
const NEW_ADDRESS = 20;
const GET_ADDRESS = 22;
const NFTABLES = 10 << 8;
const NEW_GENERATION = NFTABLES | 15;
const GET_GENERATION = NFTABLES | 16;
const REQUEST = 1;
const DUMP = 0x300;
const INET = 2;
const LINK_BYTES = 16;
const ADDRESS_BYTES = 8;
const FAMILY_BYTES = 4;

/** @throws SC_IO when the kernel does not answer */
export function lookAtKernel(): KernelView {
  const links = dump(GET_LINK, LINK_BYTES, 0).flatMap((message) => readLink(message) ?? []);
  const addresses = dump(GET_ADDRESS, ADDRESS_BYTES, INET).flatMap((message) => readAddress(message) ?? []);
  return { links: new Map(links.map((link) => [link.name, link])), addresses };
}

/** The first IPv4 address of an interface that is not loopback, as `host_ip_<interface>` means it. */
export function addressOn(view: KernelView, name: string): string | undefined {
  const link = view.links.get(name);
  return view.addresses.find((seen) => seen.link === link?.index && !seen.address.startsWith("127."))
    ?.address;
}

/**
 * The number that the kernel raises with every change of any nftables rule in this network namespace; undefined when it
 * has no nftables.
 */
export function rulesetGeneration(): number | undefined {
  const answer = exchangeNetlink(
    NETFILTER,
    buildMessage(GET_GENERATION, REQUEST, new Uint8Array(FAMILY_BYTES)),
    () => true,
  );
  const [message] = answer.flatMap(parseMessages);
  if (message?.type !== NEW_GENERATION) return undefined;
  const id = parseAttributes(message.payload.subarray(FAMILY_BYTES)).get(1);
  return id?.length === 4 ? new DataView(id.buffer, id.byteOffset).getUint32(0, false) : undefined;
}

export function readLink(message: NetlinkMessage): SeenLink | undefined {
  const { type, payload } = message;
  if (type !== NEW_LINK || payload.length < LINK_BYTES) return undefined;
  const attributes = parseAttributes(payload.subarray(LINK_BYTES));
  const name = attributes.get(3);
  if (name === undefined) return undefined;
  const head = new DataView(payload.buffer, payload.byteOffset, LINK_BYTES);
  return {
    index: head.getInt32(4, true),
    name: Buffer.from(name).toString("utf8").replace(/\0.*$/s, ""),
    isUp: (head.getUint32(8, true) & 1) === 1,
    master: numberOf(attributes.get(10)),
  };
}

export function readAddress(message: NetlinkMessage): SeenAddress | undefined {
  const { type, payload } = message;
  if (type !== NEW_ADDRESS || payload.length < ADDRESS_BYTES) return undefined;
  const attributes = parseAttributes(payload.subarray(ADDRESS_BYTES));
  // The local end; the other attribute is the far end of a point-to-point link.
  const address = attributes.get(2) ?? attributes.get(1);
  if (address?.length !== 4) return undefined;
  const head = new DataView(payload.buffer, payload.byteOffset, ADDRESS_BYTES);
  const value = new DataView(address.buffer, address.byteOffset).getUint32(0, false);
  return { link: head.getInt32(4, true), address: formatIpv4(value), prefix: payload[1] ?? 0 };
}

function dump(type: number, headBytes: number, family: number): NetlinkMessage[] {
  const head = new Uint8Array(headBytes);
  head[0] = family;
  const isEnd = (message: NetlinkMessage) => message.type === NETLINK_DONE || message.type === NETLINK_ERROR;
  const isLast = (datagram: Uint8Array) => parseMessages(datagram).some(isEnd);
  return exchangeNetlink(ROUTE, buildMessage(type, REQUEST | DUMP, head), isLast).flatMap(parseMessages);
}

function numberOf(bytes: Uint8Array | undefined): number {
  return bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) : 0;
}
