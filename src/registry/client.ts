/**
 * The registry client: opens the repository of a reference, resolves it, fetches manifests and blobs.
 * What comes is checked against its digest before it is handed on (blobs: by the reader, who has to stream them).
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { sha256Hex } from "../base/hash.ts";
import type { HttpLimits, HttpResponse } from "../base/http.ts";
import type { Log } from "../base/log.ts";
import { hasCode, SupercargoError, toError } from "../errors/error.ts";
import { TokenCache } from "./authorizer.ts";
import { endpointsOf } from "./endpoint.ts";
import { type Asked, protocolFailure, statusFailure, wrapFailure } from "./failure.ts";
import { REGISTRY_LIMITS, REGISTRY_PACE } from "./limits.ts";
import { isDigest, quote, type Reference } from "./reference.ts";
import { Session } from "./session.ts";
import type { RegistrySettings } from "./settings.ts";

export interface RegistryClientOptions {
  /** Read at every open, so that a reload needs no restart. */
  readonly settings: () => RegistrySettings;
  readonly log: Log;
  readonly clock?: Clock;
  readonly limits?: HttpLimits;
}

/** A manifest or index with what it is called by. */
export interface RemoteManifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Uint8Array;
}

export interface BlobStream {
  /** Where in the blob the first byte belongs: what was asked for, or 0 when the registry knows no ranges. */
  readonly offset: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface Repository {
  readonly reference: Reference;
  /** Host text as the user wrote it. */
  readonly host: string;
  /** The digest that the reference stands for now. */
  readonly digest: string;
  /** A manifest by digest, checked. */
  manifest(digest: string, signal: AbortSignal): Promise<RemoteManifest>;
  /** A blob from `offset` on; neither digest nor length are checked here. */
  blob(digest: string, size: number, offset: number, signal: AbortSignal): Promise<BlobStream>;
}

const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "*/*",
].join(", ");

export class RegistryClient {
  readonly #tokens: TokenCache;
  readonly #limits: HttpLimits;

  constructor(private readonly options: RegistryClientOptions) {
    this.#tokens = new TokenCache(options.clock ?? systemClock);
    this.#limits = options.limits ?? REGISTRY_PACE;
  }

  /**
   * Finds the way to the registry and resolves the reference. Errors open with the peer's words
   * `failed to resolve reference "…"`: SC_IMAGE_NOT_FOUND, SC_REGISTRY_*, SC_TIMEOUT.
   */
  async open(reference: Reference, signal: AbortSignal): Promise<Repository> {
    const asked: Asked = {
      intent: `failed to resolve reference ${quote(reference.text)}`,
      image: reference.text,
      registry: reference.host,
      object: `manifests ${objectOf(reference)}`,
    };
    const endpoints = await endpointsOf(reference.host, this.options.settings(), this.options.log);
    let first: unknown;
    for (const endpoint of endpoints) {
      const session = new Session({
        endpoint,
        repository: reference.repository,
        tokens: this.#tokens,
        limits: this.#limits,
      });
      try {
        const found = await resolve(session, reference, asked, signal);
        return new OpenRepository(reference, session, found);
      } catch (thrown) {
        signal.throwIfAborted();
        if (first !== undefined) throw bothFailed(first, thrown);
        first = thrown;
        if (hasCode(thrown, "SC_TIMEOUT")) break;
      }
    }
    throw first;
  }
}

/** What the first way answered is the news; the second try is told beside it. */
function bothFailed(first: unknown, second: unknown): unknown {
  if (!(first instanceof SupercargoError)) return first;
  // A registry that answered by plain http is a plain registry: that https fails on its port says nothing.
  if (first.fields["status"] !== undefined) return first;
  const tail = toError(second).message.replace(/^failed to resolve reference "(?:[^"\\]|\\.)*": /, "");
  return new SupercargoError(first.code, `${first.message}; then over https: ${tail}`, {
    hint: first.hint,
    fields: first.fields,
    cause: second,
  });
}

function objectOf(reference: Reference): string {
  return reference.digest === "" ? reference.tag : reference.digest;
}

interface Resolved {
  readonly digest: string;
  /** The manifest itself, when the answer already held it. */
  readonly manifest?: RemoteManifest;
}

/** HEAD tells the digest without counting as a pull; registries that do not answer it usefully are asked by GET. */
async function resolve(
  session: Session,
  reference: Reference,
  asked: Asked,
  signal: AbortSignal,
): Promise<Resolved> {
  const object = `manifests/${objectOf(reference)}`;
  const head = await session.request("HEAD", object, { accept: MANIFEST_TYPES }, asked, signal);
  await head.response.discard();
  if (head.response.status === 200) {
    const digest =
      reference.digest === "" ? head.response.headers.get("docker-content-digest") : reference.digest;
    if (digest !== null && isDigest(digest)) return { digest };
  } else if (head.response.status !== 405 && head.response.status !== 400) {
    throw await statusFailure(asked, head.response);
  }
  const manifest = await fetchManifest(session, objectOf(reference), reference.digest, asked, signal);
  return { digest: manifest.digest, manifest };
}

async function fetchManifest(
  session: Session,
  object: string,
  expected: string,
  asked: Asked,
  signal: AbortSignal,
): Promise<RemoteManifest> {
  const { response, url } = await session.request(
    "GET",
    `manifests/${object}`,
    { accept: MANIFEST_TYPES },
    asked,
    signal,
  );
  if (response.status !== 200) throw await statusFailure(asked, response);
  const bytes = await readManifest(response, url, asked);
  const digest = `sha256:${sha256Hex(bytes)}`;
  if (expected !== "" && digest !== expected) {
    throw new SupercargoError(
      "SC_DIGEST_MISMATCH",
      `${asked.intent}: registry ${asked.registry} sent a wrong manifest: expected ${expected}, got ${digest}`,
      { fields: { image: asked.image, registry: asked.registry, digest: expected } },
    );
  }
  const mediaType = (response.headers.get("content-type") ?? "").split(";")[0]?.trim() ?? "";
  return { mediaType, digest, bytes };
}

async function readManifest(response: HttpResponse, url: string, asked: Asked): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await response.readAll(REGISTRY_LIMITS.manifestBytes);
  } catch (thrown) {
    throw wrapFailure(asked, "GET", url, thrown);
  }
  if (bytes === undefined) {
    throw new SupercargoError(
      "SC_IMAGE_INVALID",
      `${asked.intent}: the manifest from registry ${asked.registry} is larger than ${REGISTRY_LIMITS.manifestBytes} bytes`,
      { fields: { image: asked.image, registry: asked.registry } },
    );
  }
  return bytes;
}

class OpenRepository implements Repository {
  readonly digest: string;
  readonly #known: RemoteManifest | undefined;

  constructor(
    readonly reference: Reference,
    private readonly session: Session,
    resolved: Resolved,
  ) {
    this.digest = resolved.digest;
    this.#known = resolved.manifest;
  }

  get host(): string {
    return this.reference.host;
  }

  async manifest(digest: string, signal: AbortSignal): Promise<RemoteManifest> {
    if (this.#known?.digest === digest) return this.#known;
    return fetchManifest(
      this.session,
      digest,
      digest,
      this.#asked(`manifest ${digest}`, `manifests ${digest}`),
      signal,
    );
  }

  async blob(digest: string, size: number, offset: number, signal: AbortSignal): Promise<BlobStream> {
    const asked = this.#asked(digest, `blobs ${digest}`);
    const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-${size - 1}` };
    const { response, url } = await this.session.request("GET", `blobs/${digest}`, headers, asked, signal);
    const begin = beginOf(response, offset);
    if (begin === undefined) {
      if (response.status >= 400) throw await statusFailure(asked, response);
      await response.discard();
      throw protocolFailure(
        asked,
        `unusable answer ${response.status} to a request from byte ${offset} of ${digest}`,
      );
    }
    return { offset: begin, chunks: namedChunks(response, asked, url) };
  }

  #asked(what: string, object: string): Asked {
    const { text } = this.reference;
    return { intent: `failed to fetch ${what} of ${quote(text)}`, image: text, registry: this.host, object };
  }
}

/** First byte that the answer brings, or undefined when it is none of use. */
function beginOf(response: HttpResponse, offset: number): number | undefined {
  if (response.status === 200) return 0;
  if (response.status !== 206) return undefined;
  const range = /^bytes (\d{1,15})-/.exec(response.headers.get("content-range") ?? "");
  return range !== null && Number(range[1]) === offset ? offset : undefined;
}

async function* namedChunks(response: HttpResponse, asked: Asked, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* response.chunks();
  } catch (thrown) {
    throw wrapFailure(asked, "GET", url, thrown);
  }
}
