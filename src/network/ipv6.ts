/** IPv6 addresses as text; node's own check would load its network module at every start. */

import { parseIpv4 } from "./ipv4.ts";

const GROUPS = 8;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Whether this is an IPv6 address, with or without a zone (`fe80::1%eth0`). */
export function isIpv6(text: string): boolean {
  const [address = "", zone, ...more] = text.split("%");
  if (zone === "" || more.length > 0) return false;
  const [front = "", back, ...others] = address.split("::");
  if (others.length > 0) return false;
  // An IPv4 address may stand at the very end, for two groups.
  const count = (groupsOf(front, back === undefined) ?? GROUPS + 1) + (groupsOf(back ?? "", true) ?? GROUPS);
  return back === undefined ? count === GROUPS && front !== "" : count < GROUPS;
}

/** Number of groups in a text between `::`; undefined when it is none. */
function groupsOf(text: string, isEnd: boolean): number | undefined {
  if (text === "") return 0;
  const groups = text.split(":");
  const last = groups.at(-1) ?? "";
  const hasIpv4 = isEnd && last.includes(".");
  const plain = hasIpv4 ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => GROUP.test(group)) || (hasIpv4 && parseIpv4(last) === undefined))
    return undefined;
  return plain.length + (hasIpv4 ? 2 : 0);
}
