/** A private docker-registry (Debian's) on a free port of the loopback, plain or with TLS, open or with a password. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Descriptor } from "../../../src/engine/content.ts";

const READY_LIMIT_MS = 20_000;

export interface RegistryStart {
  /** Serve https with these PEM files; with `clientCa` only to clients that show a certificate of it. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  readonly login?: { readonly userId: string; readonly password: string };
  /** Wants tokens of this server; `issue` makes one for what we upload. */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    /** Certificates that sign tokens have to be of this authority. */
    readonly roots: string;
    issue(repository: string): string;
  };
}

export interface PrivateRegistry {
  /** `localhost:<port>`: the name in the test's certificates. */
  readonly host: string;
  readonly pid: number;
  /** Uploads an image and answers its full reference. */
  push(
    repository: string,
    tag: string,
    image: { readonly descriptor: Descriptor; readonly blobs: ReadonlyMap<string, Uint8Array> },
  ): Promise<string>;
  stop(): Promise<void>;
}

export async function startRegistry(options: RegistryStart = {}): Promise<PrivateRegistry> {
  const folder = mkdtempSync(join(tmpdir(), "sc-registry-"));
  const config = join(folder, "config.yml");
  writeFileSync(config, await configText(folder, options));
  const child = Bun.spawn(["docker-registry", "serve", config], { stdout: "ignore", stderr: "pipe" });
  const port = await listeningPort(child.stderr);
  const host = `localhost:${port}`;
  const origin = `${options.tls === undefined ? "http" : "https"}://${host}/v2`;
  return {
    host,
    pid: child.pid,
    push: async (repository, tag, image) => {
      for (const [digest, bytes] of image.blobs) {
        if (digest === image.descriptor.digest) continue;
        await uploadBlob(`${origin}/${repository}`, digest, bytes, options);
      }
      // Manifests of an index go in before the index, which comes last in the map.
      for (const [digest, bytes] of image.blobs) {
        const type = manifestType(bytes);
        if (type === undefined) continue;
        const name = digest === image.descriptor.digest ? tag : digest;
        await ask(
          "PUT",
          `${origin}/${repository}/manifests/${name}`,
          bytes,
          { "content-type": type },
          201,
          options,
        );
      }
      return `${host}/${repository}:${tag}`;
    },
    stop: async () => {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function configText(folder: string, options: RegistryStart): Promise<string> {
  const { tls, login, token } = options;
  const lines = [
    "version: 0.1",
    "log: { level: info }",
    `storage: { filesystem: { rootdirectory: ${folder}/data }, delete: { enabled: true } }`,
    "http:",
    "  addr: 127.0.0.1:0",
    "  secret: test",
  ];
  if (tls !== undefined) {
    lines.push("  tls:", `    certificate: ${tls.cert}`, `    key: ${tls.key}`);
    if (tls.clientCa !== undefined) lines.push(`    clientcas: [${tls.clientCa}]`);
  }
  if (login !== undefined) {
    const hash = await Bun.password.hash(login.password, { algorithm: "bcrypt", cost: 4 });
    writeFileSync(join(folder, "htpasswd"), `${login.userId}:${hash}\n`);
    lines.push(`auth: { htpasswd: { realm: test, path: ${folder}/htpasswd } }`);
  }
  if (token !== undefined) {
    const { realm, service, issuer, roots } = token;
    lines.push(
      "auth:",
      "  token:",
      `    realm: ${realm}`,
      `    service: ${service}`,
      `    issuer: ${issuer}`,
    );
    lines.push(`    rootcertbundle: ${roots}`);
  }
  return `${lines.join("\n")}\n`;
}

async function listeningPort(log: ReadableStream<Uint8Array>): Promise<number> {
  const found = Promise.withResolvers<number>();
  const timer = setTimeout(
    () => found.reject(new Error(`docker-registry does not listen: ${text}`)),
    READY_LIMIT_MS,
  );
  let text = "";
  const follow = async () => {
    for await (const chunk of log) {
      text = (text + Buffer.from(chunk).toString("utf8")).slice(-4000);
      const port = /listening on (?:127\.0\.0\.1|\[::\]):(\d+)/.exec(text)?.[1];
      if (port !== undefined) found.resolve(Number(port));
    }
    found.reject(new Error(`docker-registry ended: ${text}`));
  };
  follow().catch(found.reject);
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
  }
}

async function uploadBlob(
  base: string,
  digest: string,
  bytes: Uint8Array,
  options: RegistryStart,
): Promise<void> {
  const started = await ask("POST", `${base}/blobs/uploads/`, undefined, {}, 202, options);
  const location = new URL(started.headers.get("location") ?? "", base);
  location.searchParams.set("digest", digest);
  await ask("PUT", location.href, bytes, { "content-type": "application/octet-stream" }, 201, options);
}

async function ask(
  method: string,
  url: string,
  body: Uint8Array | undefined,
  headers: Record<string, string>,
  expected: number,
  { login, tls, token }: RegistryStart,
): Promise<Response> {
  const [, repository = ""] = /\/v2\/(.+)\/(?:blobs|manifests)\//.exec(url) ?? [];
  const bearer = token === undefined ? undefined : `Bearer ${token.issue(repository)}`;
  const authorization = login === undefined ? bearer : `Basic ${btoa(`${login.userId}:${login.password}`)}`;
  const own = tls?.clientCa === undefined ? {} : { cert: Bun.file(tls.cert), key: Bun.file(tls.key) };
  const response = await fetch(url, {
    method,
    headers: authorization === undefined ? headers : { ...headers, authorization },
    ...(body === undefined ? {} : { body: Uint8Array.from(body) }),
    proxy: false,
    tls: { rejectUnauthorized: false, ...own },
    signal: AbortSignal.timeout(READY_LIMIT_MS),
  });
  if (response.status !== expected)
    throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

function manifestType(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 120)).toString("latin1");
  return /^\{"schemaVersion":2,"mediaType":"([^"]+)"/.exec(start)?.[1];
}
