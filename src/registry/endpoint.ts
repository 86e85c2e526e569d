/**
 * Where a registry is spoken to: scheme, authority and TLS of each way to try, in order.
 * Rules of the peer (spec/engine.md §19) and of containerd's default resolver for hosts without an entry.
 */

import type { HttpTls } from "../base/http.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { credentialsOf } from "./credentials.ts";
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
  /** Set for a mirror: what its repositories' paths begin with (may be empty), and for whom it stands in. */
  readonly mirror?: { readonly prefix: string; readonly of: string };
}

/** Ways that are one place: the later ones are tried when the earlier cannot be spoken to (plain, then TLS). */
export interface Place {
  readonly name: string;
  readonly isMirror: boolean;
  readonly endpoints: readonly Endpoint[];
}

/** `docker.io` is a name in references only; its protocol endpoint is called differently. */
const DOCKER_HOST = "docker.io";
const DOCKER_ENDPOINT = "registry-1.docker.io";

const MIRROR = /^(?:(https?):\/\/)?([^/\s?#@]+)((?:\/[a-z0-9._-]+)*)\/?$/;

/**
 * Where images of `host` can be had: its mirrors in order, itself last. A mirror whose settings are wrong is left out with a
 * warning. Throws SC_REGISTRY_CONFIG and what `credentialsOf` throws for the host itself.
 */
export async function placesOf(
  host: string,
  settings: RegistrySettings,
  log: Log,
): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (const mirror of settings.entries.get(host)?.mirrors ?? []) {
    try {
      places.push({
        name: mirror,
        isMirror: true,
        endpoints: await mirrorEndpoints(host, mirror, settings, log),
      });
    } catch (thrown) {
      if (!(thrown instanceof SupercargoError)) throw thrown;
      const fields = { registry: host, mirror, reason: thrown.message };
      log.warn("a mirror cannot be used; the next one or the registry itself is asked", fields);
    }
  }
  return [...places, { name: host, isMirror: false, endpoints: await endpointsOf(host, settings, log) }];
}

/** A mirror is a host like any other: it gets what its own entry says, and nothing of the registry that it stands in for. */
async function mirrorEndpoints(
  host: string,
  mirror: string,
  settings: RegistrySettings,
  log: Log,
): Promise<readonly Endpoint[]> {
  const [, scheme, name = "", path = ""] = MIRROR.exec(mirror) ?? [];
  if (name === "") {
    throw new SupercargoError("SC_REGISTRY_CONFIG", `${JSON.stringify(mirror)} is no address of a mirror`, {
      hint: "the form is [http://|https://]host[:port][/path]",
    });
  }
  const insecure = scheme === "http" ? [...settings.insecure, name] : settings.insecure;
  const endpoints = await endpointsOf(name, { ...settings, insecure }, log);
  return endpoints
    .filter(({ origin }) => scheme === undefined || origin.startsWith(`${scheme}:`))
    .map((endpoint) => ({
      ...endpoint,
      mirror: { prefix: path === "" ? "" : `${path.slice(1)}/`, of: host },
    }));
}

/** The ways to reach `host`, to be tried in order. Throws SC_REGISTRY_CONFIG for wrong TLS and password files. */
export async function endpointsOf(
  host: string,
  settings: RegistrySettings,
  log: Log,
): Promise<readonly Endpoint[]> {
  const entry = settings.entries.get(host);
  const authority = host === DOCKER_HOST ? DOCKER_ENDPOINT : host;
  const direct = isLoopback(host);
  const credentials = await credentialsOf(host, settings, log);
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
