/**
 * One repository at the places where it can be had: its manifests and blobs. What comes is checked against its digest before
 * it is handed on (blobs: by the reader, who has to stream them). A mirror that fails in the middle is left for the next place.
 */

import { sha256Hex } from "../base/hash.ts";
import type { HttpResponse } from "../base/http.ts";
import type { Log } from "../base/log.ts";
import { SupercargoError } from "../errors/error.ts";
import { type Asked, protocolFailure, statusFailure, wrapFailure } from "./failure.ts";
import { REGISTRY_LIMITS } from "./limits.ts";
import { isDigest, quote, type Reference } from "./reference.ts";
import type { Session } from "./session.ts";

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
  /** Told that a blob was wrong: whether the next request goes to another place than it came from. */
  isElsewhere(digest: string, signal: AbortSignal): Promise<boolean>;
}

const MANIFEST_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "*/*",
].join(", ");

export function objectOf(reference: Reference): string {
  return reference.digest === "" ? reference.tag : reference.digest;
}

export interface Resolved {
  readonly digest: string;
  /** The manifest itself, when the answer already held it. */
  readonly manifest?: RemoteManifest;
}

/** HEAD tells the digest without counting as a pull; registries that do not answer it usefully are asked by GET. */
export async function resolve(
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

/** What a place is asked through, in the order in which the places are asked. */
export interface Way {
  readonly isMirror: boolean;
  /** Settles the ways to speak to it; throws when none works. */
  session(signal: AbortSignal): Promise<Session>;
}

export class OpenRepository implements Repository {
  readonly digest: string;
  readonly #known: RemoteManifest | undefined;
  #session: Session;
  /** Who sent which blob last; as many as an image has. */
  readonly #sources = new Map<string, Session>();
  #moving: Promise<boolean> | undefined;

  /** @param later places that are asked when this one fails; only a mirror is left for them */
  constructor(
    readonly reference: Reference,
    session: Session,
    resolved: Resolved,
    private readonly later: Way[],
    private readonly log: Log,
  ) {
    this.#session = session;
    this.digest = resolved.digest;
    this.#known = resolved.manifest;
  }

  get host(): string {
    return this.reference.host;
  }

  async manifest(digest: string, signal: AbortSignal): Promise<RemoteManifest> {
    if (this.#known?.digest === digest) return this.#known;
    const asked = this.#asked(`manifest ${digest}`, `manifests ${digest}`);
    return await this.#atSomePlace(signal, (session) =>
      fetchManifest(session, digest, digest, asked, signal),
    );
  }

  async blob(digest: string, size: number, offset: number, signal: AbortSignal): Promise<BlobStream> {
    const asked = this.#asked(digest, `blobs ${digest}`);
    const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-${size - 1}` };
    return await this.#atSomePlace(signal, async (session) => {
      const { response, url } = await session.request("GET", `blobs/${digest}`, headers, asked, signal);
      const begin = beginOf(response, offset);
      if (begin === undefined) {
        if (response.status >= 400) throw await statusFailure(asked, response);
        await response.discard();
        throw protocolFailure(
          asked,
          `unusable answer ${response.status} to a request from byte ${offset} of ${digest}`,
        );
      }
      this.#sources.set(digest, session);
      return { offset: begin, chunks: this.#namedChunks(session, response, asked, url, signal) };
    });
  }

  async isElsewhere(digest: string, signal: AbortSignal): Promise<boolean> {
    const source = this.#sources.get(digest) ?? this.#session;
    return await this.#leave(source, `what it sent is not ${digest}`, signal);
  }

  async #atSomePlace<T>(signal: AbortSignal, ask: (session: Session) => Promise<T>): Promise<T> {
    for (;;) {
      const session = this.#session;
      try {
        return await ask(session);
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof SupercargoError)) throw thrown;
        if (!(await this.#leave(session, thrown.message, signal))) throw thrown;
      }
    }
  }

  /** Goes on with the next place that can be spoken to. False when there is none; true also when others have gone on before. */
  async #leave(failed: Session, reason: string, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      if (this.#session !== failed) return true;
      if (this.#moving === undefined) break;
      await Promise.allSettled([this.#moving]);
      signal.throwIfAborted();
    }
    if (this.later.length === 0) return false;
    this.#moving = this.#goOn(failed, reason, signal);
    try {
      return await this.#moving;
    } finally {
      this.#moving = undefined;
    }
  }

  async #goOn(failed: Session, reason: string, signal: AbortSignal): Promise<boolean> {
    for (let next = this.later[0]; next !== undefined; next = this.later[0]) {
      try {
        const session = await next.session(signal);
        const fields = { image: this.reference.text, mirror: failed.endpoint.host, reason };
        this.log.warn("a mirror failed in the middle of an image; the next place is asked", fields);
        this.#session = session;
        this.later.shift();
        return true;
      } catch (thrown) {
        signal.throwIfAborted();
        if (!(thrown instanceof SupercargoError)) throw thrown;
        // The registry itself stays in the list: it may only be away for a moment.
        if (!next.isMirror) return false;
        this.later.shift();
      }
    }
    return false;
  }

  async *#namedChunks(
    session: Session,
    response: HttpResponse,
    asked: Asked,
    url: string,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* response.chunks();
    } catch (thrown) {
      const failure = wrapFailure(asked, "GET", url, thrown);
      if (!signal.aborted && failure instanceof SupercargoError) {
        await this.#leave(session, failure.message, signal);
      }
      throw failure;
    }
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
