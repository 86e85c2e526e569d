/** Entries of `extra_hosts`: `<name>:<value>`, the value an address or a word that the network room resolves. */

export interface ExtraHost {
  readonly name: string;
  readonly value: string;
}

const HOST_IP = /^(.+):host_ip(_(.+))?$/;
const IPV6 = /^\[?([0-9a-fA-F:]+(?:\.\d+){0,3})\]?$/;

/**
 * Splits an entry; undefined when it is not `name:value`. The peer wants exactly one colon, so IPv6 addresses never
 * worked there; here the rest after the first colon may be one, with or without brackets.
 */
export function parseExtraHost(entry: string): ExtraHost | undefined {
  const at = entry.indexOf(":");
  if (at < 0) return undefined;
  const name = entry.slice(0, at);
  const value = entry.slice(at + 1);
  if (!value.includes(":")) return { name, value };
  const address = IPV6.exec(value)?.[1];
  return address !== undefined && address.split(":").length > 2 ? { name, value: address } : undefined;
}

/** Whether the value is `host_ip` or `host_ip_<interface>`, which need the bridge. */
export function usesHostIp(entry: string): boolean {
  return HOST_IP.test(entry);
}
