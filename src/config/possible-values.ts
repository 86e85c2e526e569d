/**
 * Values of the right kind that cannot be: addresses that are none, sizes that no device has. Said when the file is read, with
 * their place, and not when the bridge is made and containers have lost their network.
 */

import type { ConfigValue } from "./config-value.ts";
import type { ConfigKey } from "./keys.ts";

type Check = (text: string) => string | undefined;

/** The kernel's own limits of a link's MTU; IPv4 asks for 68. */
const MTU = { least: 68, most: 65_535 } as const;
/** IFNAMSIZ without its end. */
const INTERFACE_CHARS = 15;
const BRIDGE = "network.default_bridge";

const TEXTS: Readonly<Record<string, Check>> = {
  [`${BRIDGE}.name`]: (text) =>
    isInterfaceName(text)
      ? undefined
      : `is no name of an interface (1 to ${INTERFACE_CHARS} characters, no / and no blank)`,
  [`${BRIDGE}.ip4`]: optional((text) =>
    parseCidr4(text) === undefined ? 'is no address with prefix length such as "172.17.0.1/16"' : undefined,
  ),
  [`${BRIDGE}.fcidr4`]: optional((text) =>
    parseCidr4(text) === undefined ? 'is no network with prefix length such as "172.17.8.0/24"' : undefined,
  ),
  [`${BRIDGE}.gwip4`]: optional((text) =>
    parseIp4(text) === undefined ? 'is no address such as "172.17.0.1"' : undefined,
  ),
  "grpc_server.protocol": oneOf("unix", "tcp", "tcp4", "tcp6"),
  "containers.image_verifier_type": oneOf("none", "notation"),
  "containers.runc_runtime": oneOf(
    "io.containerd.runc.v2",
    "io.containerd.runc.v1",
    "io.containerd.runtime.v1.linux",
  ),
  "containers.docker_config": optional((text) => (text.startsWith("/") ? undefined : "is no absolute path")),
};

/** Why the value cannot be, or undefined. The words follow the value: `"x" is no address`. */
export function impossibleWords(key: ConfigKey, value: ConfigValue): string | undefined {
  if (typeof value === "number") return impossibleNumber(key, value);
  return typeof value === "string" ? TEXTS[key.path]?.(value) : undefined;
}

function impossibleNumber(key: ConfigKey, value: number): string | undefined {
  if (key.path === `${BRIDGE}.mtu`) {
    return value >= MTU.least && value <= MTU.most
      ? undefined
      : `is not between ${MTU.least} and ${MTU.most}`;
  }
  return value < 0 ? "is below 0" : undefined;
}

/** Keys that contradict each other: the key to name, and why. Values that are wrong by themselves are not in `values`. */
export function contradictions(
  values: ReadonlyMap<string, ConfigValue>,
): readonly { readonly path: string; readonly message: string }[] {
  const bridge = values.get(`${BRIDGE}.ip4`);
  const network = typeof bridge === "string" ? parseCidr4(bridge) : undefined;
  if (network === undefined) return [];
  const found: { path: string; message: string }[] = [];
  const gateway = values.get(`${BRIDGE}.gwip4`);
  const address = typeof gateway === "string" ? parseIp4(gateway) : undefined;
  if (address !== undefined && !contains(network, address)) {
    found.push({ path: `${BRIDGE}.gwip4`, message: `${gateway} is not in the network of ip4, ${bridge}` });
  }
  const fixed = values.get(`${BRIDGE}.fcidr4`);
  const part = typeof fixed === "string" ? parseCidr4(fixed) : undefined;
  if (part !== undefined && (part.prefix < network.prefix || !contains(network, part.address))) {
    found.push({ path: `${BRIDGE}.fcidr4`, message: `${fixed} is no part of the network of ip4, ${bridge}` });
  }
  return found;
}

interface Cidr4 {
  readonly address: number;
  readonly prefix: number;
}

function contains({ address, prefix }: Cidr4, other: number): boolean {
  const size = 2 ** (32 - prefix);
  return Math.floor(address / size) === Math.floor(other / size);
}

function parseCidr4(text: string): Cidr4 | undefined {
  const [, ip = "", digits = ""] = /^([^/]+)\/(\d{1,2})$/.exec(text) ?? [];
  const address = parseIp4(ip);
  const prefix = Number(digits);
  return address === undefined || digits === "" || prefix > 32 ? undefined : { address, prefix };
}

function parseIp4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((whole, part) => whole * 256 + part, 0);
}

/** An empty text is none given. */
function optional(check: Check): Check {
  return (text) => (text === "" ? undefined : check(text));
}

function oneOf(...choices: readonly string[]): Check {
  return (text) => (choices.includes(text) ? undefined : `is none of ${choices.join(", ")}`);
}

function isInterfaceName(text: string): boolean {
  return /^[^/\s:\p{Cc}]+$/u.test(text) && text.length <= INTERFACE_CHARS && text !== "." && text !== "..";
}
