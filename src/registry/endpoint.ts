/**
 * Where a registry is spoken to: scheme, authority and TLS of each way to try, in order.
 * Rules of the peer (spec/engine.md §19) and of containerd's default resolver for hosts without an entry.
 */

import type { HttpTls } from "../base/http.ts";
import type { Log } from "../base/log.ts";
import { withPassword } from "./password-file.ts";
import type { Credentials, RegistrySettings } from "./settings.ts";
import { defaultTls, loadTransport, UNVERIFIED_TLS } from "./tls-files.ts";

export interface Endpoint {
  /** The host text of the reference: what messages name. */
  readonly host: string;
  /** `http(s)://authority`, without a slash at the end. */
  readonly origin: string;
  readonly tls: HttpTls | undefined;
  readonly credentials: Credentials | undefined;
  /** Plain http is fine for it, redirects and token services included. */
  readonly allowsPlain: boolean;
  /** Never through a proxy: the device itself. */
  readonly direct: boolean;
}

/** `docker.io` is a name in references only; its protocol endpoint is called differently. */
const DOCKER_HOST = "docker.io";
const DOCKER_ENDPOINT = "registry-1.docker.io";

/** The ways to reach `host`, to be tried in order. Throws SC_REGISTRY_CONFIG for wrong TLS and password files. */
export async function endpointsOf(
  host: string,
  settings: RegistrySettings,
  log: Log,
): Promise<readonly Endpoint[]> {
  const entry = settings.entries.get(host);
  const authority = host === DOCKER_HOST ? DOCKER_ENDPOINT : host;
  const direct = isLoopback(host);
  const credentials = await withPassword(host, entry?.credentials, log);
  const shared = { host, credentials, direct };
  const plain = { ...shared, origin: `http://${authority}`, tls: undefined, allowsPlain: true };
  const secure = { ...shared, origin: `https://${authority}` };
  if (settings.insecure.includes(host)) {
    if (entry?.transport !== undefined) {
      log.warn(
        `a TLS configuration for registry host ${host} is provided but the registry is marked as insecure - the TLS config will not be applied`,
        { registry: host },
      );
    }
    return [plain, { ...secure, tls: UNVERIFIED_TLS, allowsPlain: true }];
  }
  if (entry?.transport !== undefined) {
    return [{ ...secure, tls: await loadTransport(host, entry.transport), allowsPlain: false }];
  }
  const verified = { ...secure, tls: await defaultTls(), allowsPlain: false };
  return entry === undefined && direct ? [plain, verified] : [verified];
}

/** The device itself by name or address, port or not: containerd's default resolver speaks plain http to it. */
export function isLoopback(host: string): boolean {
  const name = host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : (host.split(":")[0] ?? "");
  return name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}
