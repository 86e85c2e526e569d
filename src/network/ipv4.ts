/** IPv4 addresses and networks as numbers: reading, writing, comparing. */

/** An address as an unsigned 32-bit number. */
export type Ipv4 = number;

export interface Subnet {
  /** Lowest address of the network. */
  readonly network: Ipv4;
  /** Prefix length, 0 to 32. */
  readonly prefix: number;
}

/** An address together with the network that it lies in, as `172.17.0.1/16` says it. */
export interface InterfaceAddress {
  readonly address: Ipv4;
  readonly subnet: Subnet;
}

/** Reads a dotted address; undefined for every other text (also for leading zeros, which mean octal to some). */
export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(address: Ipv4): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** Reads `address/prefix`; undefined when it is not one. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const [host, length, rest] = text.split("/");
  if (host === undefined || length === undefined || rest !== undefined) return undefined;
  const address = parseIpv4(host);
  if (address === undefined || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
  return { address, subnet: subnetOf(address, Number(length)) };
}

/** The network of `prefix` bits that holds the address. */
export function subnetOf(address: Ipv4, prefix: number): Subnet {
  return { network: address - (address % sizeOf(prefix)), prefix };
}

/** How many addresses a network of that prefix length has. */
export function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

export function lastAddress(subnet: Subnet): Ipv4 {
  return subnet.network + sizeOf(subnet.prefix) - 1;
}

export function contains(subnet: Subnet, address: Ipv4): boolean {
  return address >= subnet.network && address <= lastAddress(subnet);
}

export function overlap(one: Subnet, other: Subnet): boolean {
  return one.network <= lastAddress(other) && other.network <= lastAddress(one);
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatIpv4(subnet.network)}/${subnet.prefix}`;
}

/** `02:42:` and the four bytes of the address, as the peer makes it (spec/engine.md §8). */
export function macOf(address: Ipv4): string {
  const bytes = [24, 16, 8, 0].map((shift) => ((address >>> shift) & 255).toString(16).padStart(2, "0"));
  return `02:42:${bytes.join(":")}`;
}
