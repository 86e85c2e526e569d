/** Choosing networks and addresses: which subnet the bridge gets and which address a container. Pure. */

import {
  contains,
  type InterfaceAddress,
  type Ipv4,
  lastAddress,
  overlap,
  type Subnet,
  sizeOf,
  subnetOf,
} from "./ipv4.ts";

const FIRST_PRIVATE_16 = (172 * 256 + 17) * 65536;
const FIRST_PRIVATE_20 = (192 * 256 + 168) * 65536;

/** Pools in the peer's order (spec/engine.md §8): 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 in /20s. */
export const POOLS: readonly Subnet[] = [
  ...Array.from({ length: 15 }, (_, at) => ({ network: FIRST_PRIVATE_16 + at * 65536, prefix: 16 })),
  ...Array.from({ length: 16 }, (_, at) => ({ network: FIRST_PRIVATE_20 + at * 4096, prefix: 20 })),
];

/**
 * The first pool that overlaps nothing in `used`; the bridge gets its first address. `preferred` (the pool of the last
 * run) comes first, so that addresses stay what they were. Undefined when every pool is taken.
 */
export function choosePool(
  used: readonly Subnet[],
  preferred: InterfaceAddress | undefined,
): InterfaceAddress | undefined {
  const isFree = (pool: Subnet) => !used.some((other) => overlap(pool, other));
  if (preferred !== undefined && isFree(preferred.subnet)) return preferred;
  const pool = POOLS.find(isFree);
  return pool === undefined ? undefined : { address: pool.network + 1, subnet: pool };
}

export interface AddressRange {
  readonly subnet: Subnet;
  /** Part of the subnet that is given out. */
  readonly range: Subnet;
  /** Bridge, gateway and whatever else is never given out. */
  readonly reserved: ReadonlySet<Ipv4>;
}

/**
 * The address for `id`: the one it had last time if that is free, else the first free one that no other container had
 * before, else the first free one. Undefined when none is left.
 */
export function chooseAddress(
  space: AddressRange,
  id: string,
  inUse: ReadonlySet<Ipv4>,
  remembered: ReadonlyMap<string, Ipv4>,
): Ipv4 | undefined {
  const first = Math.max(space.range.network, space.subnet.network + 1);
  const last = Math.min(lastAddress(space.range), lastAddress(space.subnet) - 1);
  const isFree = (address: Ipv4) =>
    address >= first && address <= last && !inUse.has(address) && !space.reserved.has(address);

  const before = remembered.get(id);
  if (before !== undefined && isFree(before)) return before;
  const others = new Set(remembered.values());
  let fallback: Ipv4 | undefined;
  for (let address = first; address <= last; address++) {
    if (!isFree(address)) continue;
    if (!others.has(address)) return address;
    fallback ??= address;
  }
  return fallback;
}

/** The range of `fixedCidr` inside `subnet`; undefined when it is no network or lies outside. */
export function parseRange(subnet: Subnet, range: InterfaceAddress | undefined): Subnet | undefined {
  if (range === undefined || range.subnet.prefix < subnet.prefix) return undefined;
  return contains(subnet, range.subnet.network) ? range.subnet : undefined;
}

/** Same network part, other prefix length: whether an address can be a host in the subnet. */
export function isHostOf(subnet: Subnet, address: Ipv4): boolean {
  if (!contains(subnet, address)) return false;
  if (sizeOf(subnet.prefix) <= 2) return true;
  return address !== subnet.network && address !== lastAddress(subnetOf(subnet.network, subnet.prefix));
}
