import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { createLog, type LogRecord, silentLog } from "../../src/base/log.ts";
import { SupercargoError } from "../../src/errors/error.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { parseReference } from "../../src/registry/reference.ts";
import type { RegistryEntry, RegistrySettings, Transport } from "../../src/registry/settings.ts";
import { makeCertificates, type TestCertificates } from "./support/certificates.ts";
import { MemoryRegistry } from "./support/memory-registry.ts";
import { buildImage } from "./support/oci-image.ts";
import { type PrivateRegistry, startRegistry } from "./support/registry.ts";

const LIMIT_MS = 30_000;
const image = buildImage({ busybox: false, files: { "/hello": "hello\n" } });
const login = { userId: "bot", password: "pass:word" };
const signal = () => AbortSignal.timeout(LIMIT_MS);

let certificates: TestCertificates;
let plain: PrivateRegistry;
let closed: PrivateRegistry;
let secure: PrivateRegistry;
let mutual: PrivateRegistry;

beforeAll(async () => {
  certificates = makeCertificates();
  const tls = { cert: certificates.serverCert, key: certificates.serverKey };
  [plain, closed, secure, mutual] = await Promise.all([
    startRegistry(),
    startRegistry({ login }),
    startRegistry({ tls }),
    startRegistry({ tls: { ...tls, clientCa: certificates.ca } }),
  ]);
  for (const registry of [plain, closed, secure, mutual]) await registry.push("demo/app", "1", image);
}, LIMIT_MS);

afterAll(async () => {
  for (const registry of [plain, closed, secure, mutual]) await registry.stop();
  certificates.remove();
}, LIMIT_MS);

function settings(
  host: string,
  entry: RegistryEntry | undefined,
  insecure: readonly string[] = [],
): RegistrySettings {
  return { entries: new Map(entry === undefined ? [] : [[host, entry]]), insecure };
}

async function resolve(registry: PrivateRegistry, entry?: RegistryEntry, insecure: readonly string[] = []) {
  const client = new RegistryClient({
    settings: () => settings(registry.host, entry, insecure),
    log: silentLog,
  });
  const repository = await client.open(parseReference(`${registry.host}/demo/app:1`), signal());
  const layer = image.layers[0] ?? image.config;
  const parts: Uint8Array[] = [];
  const stream = await repository.blob(layer.digest, layer.size, 0, signal());
  for await (const chunk of stream.chunks) parts.push(chunk);
  expect(Buffer.concat(parts).equals(Buffer.from(image.blobs.get(layer.digest) ?? []))).toBe(true);
  return repository.digest;
}

async function failure(promise: Promise<unknown>): Promise<SupercargoError> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof SupercargoError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

describe("a plain registry", () => {
  test("on the device itself needs no setting, and takes one", async () => {
    expect(await resolve(plain)).toBe(image.descriptor.digest);
    expect(await resolve(plain, undefined, [plain.host])).toBe(image.descriptor.digest);
  });

  test("with an entry is spoken to by https only", async () => {
    const error = await failure(resolve(plain, { credentials: login }));
    expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
    expect(error.message).toContain(
      `Head "https://${plain.host}/v2/demo/app/manifests/1": the TLS handshake failed`,
    );
    expect(error.hint).toContain("insecure_registries");
  });

  test("takes user and password, and refuses without or with wrong ones", async () => {
    expect(await resolve(closed, { credentials: login }, [closed.host])).toBe(image.descriptor.digest);
    for (const credentials of [undefined, { ...login, password: "wr0ng" }]) {
      const error = await failure(resolve(closed, credentials && { credentials }, [closed.host]));
      expect(error.code).toBe("SC_REGISTRY_DENIED");
      expect(error.message).toContain("401 Unauthorized");
      expect(`${error.message} ${error.hint}`).not.toContain("wr0ng");
    }
  });

  test("takes the password from a file, as it is at that moment", async () => {
    const passwordFile = join(certificates.folder, "password");
    writeFileSync(passwordFile, "wr0ng\n", { mode: 0o600 });
    const credentials = { userId: login.userId, password: "", passwordFile };
    expect((await failure(resolve(closed, { credentials }, [closed.host]))).code).toBe("SC_REGISTRY_DENIED");
    writeFileSync(passwordFile, `${login.password}\n`);
    expect(await resolve(closed, { credentials }, [closed.host])).toBe(image.descriptor.digest);
  });

  test("a missing image is not found, whatever https says on that port", async () => {
    const client = new RegistryClient({
      settings: () => settings("", undefined, [plain.host]),
      log: silentLog,
    });
    const error = await failure(client.open(parseReference(`${plain.host}/demo/app:none`), signal()));
    expect(error.code).toBe("SC_IMAGE_NOT_FOUND");
  });
});

describe("a registry with TLS", () => {
  const transport = (more: Transport = {}): RegistryEntry => ({
    transport: { rootCa: certificates.ca, ...more },
  });

  test("is trusted with its authority, and not without", async () => {
    expect(await resolve(secure, transport())).toBe(image.descriptor.digest);
    const error = await failure(resolve(secure, { credentials: login }));
    expect(error.code).toBe("SC_REGISTRY_UNTRUSTED");
    expect(error.message).toContain("certificate is not trusted");
    expect(error.hint).toContain("root_ca");
  });

  test("marked insecure is reached although its certificate is not trusted; its TLS settings rest, with a warning", async () => {
    const records: LogRecord[] = [];
    const client = new RegistryClient({
      settings: () => settings(secure.host, { transport: { rootCa: "/nowhere.crt" } }, [secure.host]),
      log: createLog("test", (record) => records.push(record)),
    });
    const repository = await client.open(parseReference(`${secure.host}/demo/app:1`), signal());
    expect(repository.digest).toBe(image.descriptor.digest);
    expect(records.map((record) => [record.level, record.message])).toEqual([
      [
        "WARN",
        `a TLS configuration for registry host ${secure.host} is provided but the registry is marked as insecure - the TLS config will not be applied`,
      ],
    ]);
  });

  test("whose certificate is for another name is refused", async () => {
    const host = secure.host.replace("localhost", "127.0.0.1");
    const client = new RegistryClient({ settings: () => settings(host, transport()), log: silentLog });
    const error = await failure(client.open(parseReference(`${host}/demo/app:1`), signal()));
    expect(error.code).toBe("SC_REGISTRY_UNTRUSTED");
    expect(error.message).toContain("for another name");
  });

  test("that asks for a certificate gets ours", async () => {
    const { clientCert, clientKey } = certificates;
    expect(await resolve(mutual, transport({ clientCert, clientKey }))).toBe(image.descriptor.digest);
    const error = await failure(resolve(mutual, transport()));
    expect(["SC_REGISTRY_UNAVAILABLE", "SC_REGISTRY_PROTOCOL"]).toContain(error.code);
    expect(error.message).toContain(mutual.host);
  });

  test("a changed setting counts at the next pull", async () => {
    let current = settings(secure.host, { credentials: login });
    const client = new RegistryClient({ settings: () => current, log: silentLog });
    const reference = parseReference(`${secure.host}/demo/app:1`);
    expect((await failure(client.open(reference, signal()))).code).toBe("SC_REGISTRY_UNTRUSTED");
    current = settings(secure.host, transport());
    expect((await client.open(reference, signal())).digest).toBe(image.descriptor.digest);
  });
});

describe("wrong TLS files", () => {
  test("are errors that name file, key and registry", async () => {
    const { folder, ca, clientCert, clientKey, serverKey } = certificates;
    const write = (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const otherKey = join(folder, "other.key");
    copyFileSync(serverKey, otherKey);
    const cases: readonly (readonly [Transport, string])[] = [
      [{}, "TLS configuration data is missing"],
      [{ rootCa: "ca.crt" }, "provided path must be absolute - ca.crt"],
      [{ rootCa: `${folder}/ca.pem` }, "unsupported file format .pem - must be .crt"],
      [{ rootCa: `${folder}/missing.crt` }, "missing.crt"],
      [{ rootCa: write("empty.crt", "") }, "the file is empty"],
      [{ rootCa: write("none.crt", "hello") }, "it holds no PEM certificate"],
      [
        { rootCa: write("bad.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n") },
        "cannot be read",
      ],
      [{ rootCa: write("large.crt", "x".repeat(1_100_000)) }, "over"],
      [{ rootCa: ca, clientCert }, "client_cert and client_key belong together"],
      [{ rootCa: ca, clientKey }, "client_cert and client_key belong together"],
      [{ rootCa: ca, clientCert, clientKey: write("bad.key", "hello") }, "no unencrypted PEM private key"],
      [{ rootCa: ca, clientCert, clientKey: otherKey }, "does not belong to client_cert"],
      [{ rootCa: ca, clientCert: ca, clientKey }, "unsupported file format .crt - must be .cert"],
    ];
    for (const [transport, words] of cases) {
      const error = await failure(resolve(secure, { transport }));
      expect(error.code).toBe("SC_REGISTRY_CONFIG");
      expect(error.message).toStartWith(`TLS configuration of registry ${secure.host} is wrong: `);
      expect(error.message).toContain(words);
    }
  });
});

describe("a proxy", () => {
  test("of the environment is used, except for hosts it is told to spare and for the device itself", async () => {
    const proxy = await MemoryRegistry.start();
    const before = { http: process.env["HTTP_PROXY"], none: process.env["NO_PROXY"] };
    try {
      process.env["HTTP_PROXY"] = `http://${proxy.host}`;
      delete process.env["NO_PROXY"];
      const open = (host: string) =>
        new RegistryClient({ settings: () => settings("", undefined, [host]), log: silentLog }).open(
          parseReference(`${host}/a/b:1`),
          signal(),
        );
      proxy.offer("a/b", "1", image);
      proxy.intercept = (request, response) => {
        if (!request.url.startsWith("http://elsewhere.invalid/v2/a/b/manifests/1")) return false;
        response.writeHead(200, { "docker-content-digest": image.descriptor.digest });
        response.end();
        return true;
      };
      expect((await open("elsewhere.invalid")).digest).toBe(image.descriptor.digest);
      process.env["NO_PROXY"] = "elsewhere.invalid";
      expect((await failure(open("elsewhere.invalid"))).code).toBe("SC_REGISTRY_UNAVAILABLE");
      expect(proxy.requests).toHaveLength(1);
      delete process.env["NO_PROXY"];
      expect(await resolve(plain)).toBe(image.descriptor.digest);
      expect(proxy.requests).toHaveLength(1);
    } finally {
      restore("HTTP_PROXY", before.http);
      restore("NO_PROXY", before.none);
      await proxy.stop();
    }
  });

  test("hands TLS on to a registry that only it reaches, with a login of its own, and sees nothing of what is said", async () => {
    const seen: string[] = [];
    const proxy = createServer((_request, response) => response.writeHead(400).end());
    proxy.on("connect", (request, client: Socket) => {
      seen.push(`${request.url} ${request.headers["proxy-authorization"]}`);
      const server = connect(Number(secure.host.split(":")[1]), "127.0.0.1");
      for (const socket of [client, server]) socket.on("error", () => socket.destroy());
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      client.pipe(server).pipe(client);
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    const before = { https: process.env["HTTPS_PROXY"], none: process.env["NO_PROXY"] };
    try {
      process.env["HTTPS_PROXY"] = `http://me:pr0xy@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      delete process.env["NO_PROXY"];
      const host = "registry.invalid:5443";
      const entry = { transport: { rootCa: certificates.ca }, credentials: login };
      const client = new RegistryClient({ settings: () => settings(host, entry), log: silentLog });
      const { digest } = await client.open(parseReference(`${host}/demo/app:1`), signal());
      expect(digest).toBe(image.descriptor.digest);
      expect(new Set(seen)).toEqual(new Set([`${host} Basic ${btoa("me:pr0xy")}`]));
    } finally {
      restore("HTTPS_PROXY", before.https);
      restore("NO_PROXY", before.none);
      proxy.closeAllConnections();
      proxy.close();
    }
  });
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
