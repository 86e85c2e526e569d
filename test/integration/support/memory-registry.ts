/**
 * A registry in memory that a test can make misbehave: a plain HTTP server that knows the pulling half of the
 * distribution specification, notes every request, and lets the test answer any of them in its own way.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Descriptor } from "../../../src/engine/content.ts";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Returns true when it has answered (or will). */
export type Intercept = (request: SeenRequest, response: ServerResponse) => boolean | Promise<boolean>;

export interface Stock {
  readonly descriptor: Descriptor;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export class MemoryRegistry {
  readonly requests: SeenRequest[] = [];
  readonly #tags = new Map<string, Stock>();
  readonly #blobs = new Map<string, Uint8Array>();
  readonly #types = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  intercept: Intercept = () => false;
  /** Bytes of blobs that left the server. */
  blobBytes = 0;
  #port = 0;

  /** Starts on a free port of the loopback. */
  static async start(): Promise<MemoryRegistry> {
    const registry = new MemoryRegistry();
    await registry.resume();
    return registry;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens again after a stop, on the port that it had. */
  async resume(): Promise<void> {
    const listening = once(this.#server, "listening");
    this.#server.listen(this.#port, "127.0.0.1");
    await listening;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Offers an image under `path:tag` and answers its full reference. */
  offer(path: string, tag: string, stock: Stock): string {
    this.#tags.set(`${path}:${tag}`, stock);
    for (const [digest, bytes] of stock.blobs) this.#blobs.set(digest, bytes);
    for (const [digest, bytes] of stock.blobs) {
      const type = /"mediaType":"(application\/vnd\.[^"]*(?:manifest|index|list)[^"]*)"/.exec(
        Buffer.from(bytes.subarray(0, 200)).toString("latin1"),
      )?.[1];
      if (type !== undefined) this.#types.set(digest, type);
    }
    this.#types.set(stock.descriptor.digest, stock.descriptor.mediaType);
    return `${this.host}/${path}:${tag}`;
  }

  countOf(method: string, part: string): number {
    return this.requests.filter((request) => request.method === method && request.url.includes(part)).length;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = { method: request.method ?? "", url: request.url ?? "", headers: request.headers };
    this.requests.push(seen);
    request.resume();
    if (await this.intercept(seen, response)) return;
    const match = /^\/v2\/(.+)\/(manifests|blobs)\/([^/?]+)(?:\?.*)?$/.exec(seen.url);
    const [, path = "", kind = "", object = ""] = match ?? [];
    const digest = object.startsWith("sha256:")
      ? object
      : this.#tags.get(`${path}:${object}`)?.descriptor.digest;
    const bytes = digest === undefined ? undefined : this.#blobs.get(digest);
    if (digest === undefined || bytes === undefined) {
      answerError(response, 404, kind === "blobs" ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN", "manifest unknown");
      return;
    }
    if (kind === "manifests") this.#sendManifest(seen, response, digest, bytes);
    else this.sendBlob(seen, response, bytes);
  }

  #sendManifest(seen: SeenRequest, response: ServerResponse, digest: string, bytes: Uint8Array): void {
    response.writeHead(200, {
      "content-type": this.#types.get(digest) ?? "application/octet-stream",
      "content-length": bytes.length,
      "docker-content-digest": digest,
    });
    response.end(seen.method === "HEAD" ? undefined : bytes);
  }

  /** A blob, from where the Range header says. */
  sendBlob(seen: SeenRequest, response: ServerResponse, bytes: Uint8Array): void {
    const begin = beginOf(seen);
    const part = bytes.subarray(begin);
    this.blobBytes += part.length;
    response.writeHead(begin === 0 ? 200 : 206, {
      "content-length": part.length,
      ...(begin === 0 ? {} : { "content-range": `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(part);
  }

  /** Breaks every connection; new ones are taken. */
  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  blob(digest: string): Uint8Array {
    return this.#blobs.get(digest) ?? new Uint8Array(0);
  }
}

/** First byte that the request asks for. */
export function beginOf(seen: SeenRequest): number {
  return Number(/^bytes=(\d+)-/.exec(String(seen.headers["range"] ?? ""))?.[1] ?? 0);
}

export function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ errors: [{ code, message }] }));
}

/** Sends the head of a whole answer and only a part of its body, then breaks the connection. */
export function cutOff(response: ServerResponse, bytes: Uint8Array, begin: number, sentBytes: number): void {
  const part = bytes.subarray(begin);
  response.writeHead(begin === 0 ? 200 : 206, {
    "content-length": part.length,
    ...(begin === 0 ? {} : { "content-range": `bytes ${begin}-${bytes.length - 1}/${bytes.length}` }),
  });
  // The client's runtime drops what it has received and not yet handed on when the connection breaks at once.
  const breakOff = () => response.socket?.destroy();
  response.write(part.subarray(0, sentBytes), () => setTimeout(breakOff, 50));
}
