import { afterEach, describe, expect, test } from "bun:test";
import { type AddressInfo, createServer } from "node:net";
import type { HttpLimits } from "../../../src/base/http.ts";
import { silentLog } from "../../../src/base/log.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { REGISTRY_LIMITS, REGISTRY_PACE } from "../../../src/registry/limits.ts";
import { parseReference } from "../../../src/registry/reference.ts";
import type { Repository } from "../../../src/registry/repository.ts";
import { NO_REGISTRY_SETTINGS, type RegistrySettings } from "../../../src/registry/settings.ts";
import { answerError, cutOff, MemoryRegistry } from "../../integration/support/memory-registry.ts";
import { buildImage } from "../../integration/support/oci-image.ts";

const image = buildImage({ busybox: false, files: { "/hello": "hello\n" } });
const layer = image.layers[0] ?? image.config;
const signal = () => AbortSignal.timeout(10_000);
const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

async function registry(): Promise<MemoryRegistry> {
  const started = await MemoryRegistry.start();
  open.push(started);
  return started;
}

function client(
  settings: RegistrySettings = NO_REGISTRY_SETTINGS,
  limits: HttpLimits = REGISTRY_PACE,
): RegistryClient {
  return new RegistryClient({ settings: () => settings, log: silentLog, limits });
}

function withCredentials(host: string): RegistrySettings {
  return {
    entries: new Map([[host, { credentials: { userId: "bot", password: "s3cr:et" } }]]),
    insecure: [host],
  };
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

async function readBlob(repository: Repository, offset = 0): Promise<Buffer> {
  const stream = await repository.blob(layer.digest, layer.size, offset, signal());
  const parts: Uint8Array[] = [];
  for await (const chunk of stream.chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

describe("registry client", () => {
  test("resolves a tag, fetches manifest and blob, and a part of the blob by range", async () => {
    const server = await registry();
    const repository = await client().open(parseReference(server.offer("a/b", "1", image)), signal());
    expect(repository.digest).toBe(image.descriptor.digest);
    const manifest = await repository.manifest(repository.digest, signal());
    expect(manifest.mediaType).toBe(image.descriptor.mediaType);
    expect(Buffer.from(manifest.bytes)).toEqual(Buffer.from(image.manifest));
    const whole = Buffer.from(image.blobs.get(layer.digest) ?? []);
    expect(await readBlob(repository)).toEqual(whole);
    expect(await readBlob(repository, 10)).toEqual(whole.subarray(10));
    expect(server.requests.at(-1)?.headers["range"]).toBe(`bytes=10-${layer.size - 1}`);
  });

  test("a registry that does not tell digests is asked for the manifest itself", async () => {
    const server = await registry();
    server.intercept = (request, response) => {
      if (request.method !== "HEAD") return false;
      response.writeHead(405);
      response.end();
      return true;
    };
    const repository = await client().open(parseReference(server.offer("a/b", "1", image)), signal());
    expect(repository.digest).toBe(image.descriptor.digest);
    await repository.manifest(repository.digest, signal());
    expect(server.countOf("GET", "/manifests/")).toBe(1);
  });

  test("a missing image names image, registry and the peer's opening words", async () => {
    const server = await registry();
    const text = `${server.host}/a/b:none`;
    const error = await failure(
      client({ entries: new Map(), insecure: [server.host] }).open(parseReference(text), signal()),
    );
    expect(error.code).toBe("SC_IMAGE_NOT_FOUND");
    expect(error.message).toBe(
      `failed to resolve reference "${text}": ${text}: not found: registry ${server.host} has no manifests none`,
    );
  });

  test("a registry that is not there is reported in the peer's form", async () => {
    const server = await MemoryRegistry.start();
    const { host } = server;
    await server.stop();
    const error = await failure(
      client({ entries: new Map(), insecure: [host] }).open(parseReference(`${host}/a/b:1`), signal()),
    );
    expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
    expect(error.message).toStartWith(
      `failed to resolve reference "${host}/a/b:1": failed to do request: Head "http://${host}/v2/a/b/manifests/1": connect: connection refused`,
    );
    expect(error.message).toContain(`then over https: failed to do request: Head "https://${host}/`);
  });

  test("an unknown host name is named", async () => {
    const error = await failure(client().open(parseReference("no-such-host.invalid/a:1"), signal()));
    expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
    expect(error.message).toContain("no such host");
  });

  test.each([
    [401, "SC_REGISTRY_DENIED"],
    [403, "SC_REGISTRY_DENIED"],
    [404, "SC_IMAGE_NOT_FOUND"],
    [429, "SC_REGISTRY_UNAVAILABLE"],
    [500, "SC_REGISTRY_UNAVAILABLE"],
    [503, "SC_REGISTRY_UNAVAILABLE"],
    [418, "SC_REGISTRY_PROTOCOL"],
  ] as const)("status %d becomes %s with the registry's words, cleaned", async (status, code) => {
    const server = await registry();
    const text = server.offer("a/b", "1", image);
    const repository = await client().open(parseReference(text), signal());
    server.intercept = (_request, response) => {
      response.setHeader("retry-after", "2");
      answerError(response, status, "DENIED", "be\u0007gone\n");
      return true;
    };
    const error = await failure(repository.manifest(image.descriptor.digest, signal()));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(error.message).toContain(server.host);
    expect(error.message).toContain("(DENIED: be gone)");
    if (status === 429) expect(error.fields["retryAfterMs"]).toBe(2000);
  });

  test("a silent registry is given up after the limit", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const host = `127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    try {
      const limits = { headMs: 100, paceMs: 100, paceBytes: 1 };
      const error = await failure(
        client(NO_REGISTRY_SETTINGS, limits).open(parseReference(`${host}/a:1`), signal()),
      );
      expect(error.code).toBe("SC_TIMEOUT");
      expect(error.message).toContain("no answer within 100 ms");
    } finally {
      silent.close();
    }
  });

  test("a body that trickles is given up after the limit", async () => {
    const server = await registry();
    const limits = { headMs: 5000, paceMs: 200, paceBytes: 50 };
    const repository = await client(NO_REGISTRY_SETTINGS, limits).open(
      parseReference(server.offer("a/b", "1", image)),
      signal(),
    );
    server.intercept = (_request, response) => {
      response.writeHead(200, { "content-length": layer.size });
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
      return true;
    };
    const error = await failure(readBlob(repository));
    expect(error.code).toBe("SC_TIMEOUT");
    expect(error.message).toContain("fewer than 50 bytes came within 200 ms");
  });

  test("the caller's reason ends a transfer at once", async () => {
    const server = await registry();
    const repository = await client().open(parseReference(server.offer("a/b", "1", image)), signal());
    const ended = new AbortController();
    server.intercept = (_request, response) => {
      response.writeHead(200, { "content-length": layer.size });
      response.write("x");
      return true;
    };
    const stream = await repository.blob(layer.digest, layer.size, 0, ended.signal);
    const reason = new Error("mine");
    const reading = (async () => {
      for await (const _chunk of stream.chunks) ended.abort(reason);
    })();
    expect(await reading.catch((thrown: unknown) => thrown)).toBe(reason);
  });

  test("a connection that breaks in the middle is an error, not an end", async () => {
    const server = await registry();
    const repository = await client().open(parseReference(server.offer("a/b", "1", image)), signal());
    server.intercept = (_request, response) => {
      cutOff(response, server.blob(layer.digest), 0, 20);
      return true;
    };
    const error = await failure(readBlob(repository));
    expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
    expect(error.message).toContain("closed in the middle of the answer");
  });

  test("a manifest larger than the limit is refused while it comes", async () => {
    const server = await registry();
    const repository = await client().open(parseReference(server.offer("a/b", "1", image)), signal());
    server.intercept = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(Buffer.alloc(REGISTRY_LIMITS.manifestBytes + 1, 0x20));
      return true;
    };
    const error = await failure(repository.manifest(image.descriptor.digest, signal()));
    expect(error.code).toBe("SC_IMAGE_INVALID");
    expect(error.message).toContain(String(REGISTRY_LIMITS.manifestBytes));
  });

  test.each([
    ["without end", () => `x-more-${Math.random()}: ${"y".repeat(1000)}\r\n`],
    ["of one line", () => "y".repeat(1000)],
  ])("headers %s are refused while they come, in bounded memory", async (_kind, piece) => {
    const server = createServer((socket) => {
      // The client hangs up in the middle.
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nx-long: ");
        let sent = 0;
        const send = () => {
          while (!socket.destroyed && sent++ < 300_000) {
            if (socket.write(piece())) continue;
            socket.once("drain", send);
            return;
          }
        };
        send();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push({ stop: async () => void server.close() });
    const { port } = server.address() as AddressInfo;
    const before = process.memoryUsage().rss;
    const error = await failure(client().open(parseReference(`127.0.0.1:${port}/a/b:1`), signal()));
    expect(["SC_REGISTRY_PROTOCOL", "SC_REGISTRY_UNAVAILABLE"]).toContain(error.code);
    expect(error.message).toContain(`127.0.0.1:${port}`);
    // 300 MB were on offer.
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
  });

  test("a manifest that does not match its digest is refused", async () => {
    const server = await registry();
    const repository = await client().open(parseReference(server.offer("a/b", "1", image)), signal());
    server.intercept = (_request, response) => {
      response.end("{}");
      return true;
    };
    const error = await failure(repository.manifest(image.descriptor.digest, signal()));
    expect(error.code).toBe("SC_DIGEST_MISMATCH");
    expect(error.message).toContain(image.descriptor.digest);
  });

  test("a range that the registry answers wrongly is refused", async () => {
    const server = await registry();
    const repository = await client().open(parseReference(server.offer("a/b", "1", image)), signal());
    server.intercept = (_request, response) => {
      response.writeHead(206, { "content-range": `bytes 5-${layer.size - 1}/${layer.size}` });
      response.end("x");
      return true;
    };
    expect((await failure(readBlob(repository, 10))).code).toBe("SC_REGISTRY_PROTOCOL");
  });
});

describe("redirects", () => {
  test("a blob is fetched from where the registry points, without our credentials", async () => {
    const server = await registry();
    const storage = await registry();
    storage.intercept = (request, response) => {
      if (request.url !== "/store?sig=secret") return false;
      response.end(Buffer.from(image.blobs.get(layer.digest) ?? []));
      return true;
    };
    const text = server.offer("a/b", "1", image);
    server.intercept = (request, response) => {
      if (request.headers["authorization"] === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="r"' });
        response.end();
        return true;
      }
      if (!request.url.includes("/blobs/")) return false;
      response.writeHead(307, { location: `http://${storage.host}/store?sig=secret` });
      response.end();
      return true;
    };
    const repository = await client(withCredentials(server.host)).open(parseReference(text), signal());
    expect(await readBlob(repository)).toEqual(Buffer.from(image.blobs.get(layer.digest) ?? []));
    expect(storage.requests).toHaveLength(1);
    expect(storage.requests[0]?.headers["authorization"]).toBeUndefined();
  });

  test("endless redirects end", async () => {
    const server = await registry();
    server.intercept = (request, response) => {
      response.writeHead(302, { location: `${request.url}x` });
      response.end();
      return true;
    };
    const error = await failure(client().open(parseReference(`${server.host}/a/b:1`), signal()));
    expect(error.code).toBe("SC_REGISTRY_PROTOCOL");
    expect(error.message).toContain(`more than ${REGISTRY_LIMITS.redirects} redirects`);
    expect(server.requests.length).toBeLessThan(10);
  });

  test("a redirect to something that is not http is refused, and its secrets are not shown", async () => {
    const server = await registry();
    server.intercept = (_request, response) => {
      response.writeHead(302, { location: "file:///etc/passwd?key=secret" });
      response.end();
      return true;
    };
    const error = await failure(client().open(parseReference(`${server.host}/a/b:1`), signal()));
    expect(error.code).toBe("SC_REGISTRY_PROTOCOL");
    expect(error.message).not.toContain("secret");
  });
});

describe("authorisation", () => {
  function tokenServer(server: MemoryRegistry, lifetimeSeconds: number) {
    const state = { issued: 0, valid: new Set<string>() };
    server.intercept = (request, response) => {
      if (request.url.startsWith("/token?")) {
        const login = Buffer.from(
          String(request.headers["authorization"] ?? "").slice(6),
          "base64",
        ).toString();
        if (login !== "bot:s3cr:et") {
          answerError(response, 401, "UNAUTHORIZED", "wrong password");
          return true;
        }
        const token = `t${++state.issued}`;
        state.valid.add(token);
        response.end(JSON.stringify({ token, expires_in: lifetimeSeconds }));
        return true;
      }
      const token = String(request.headers["authorization"] ?? "").slice("Bearer ".length);
      if (state.valid.has(token)) return false;
      response.writeHead(401, {
        "www-authenticate": `Bearer realm="http://${server.host}/token",service="reg",scope="repository:a/b:pull"`,
      });
      response.end();
      return true;
    };
    return state;
  }

  test("basic: credentials are sent after the challenge only", async () => {
    const server = await registry();
    server.intercept = (request, response) => {
      if (request.headers["authorization"] === `Basic ${Buffer.from("bot:s3cr:et").toString("base64")}`)
        return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="r"' });
      response.end();
      return true;
    };
    const text = server.offer("a/b", "1", image);
    const repository = await client(withCredentials(server.host)).open(parseReference(text), signal());
    await readBlob(repository);
    expect(server.requests.map((request) => request.headers["authorization"] !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
    const error = await failure(client().open(parseReference(text), signal()));
    expect(error.code).toBe("SC_REGISTRY_DENIED");
    expect(error.hint).toContain("credentials");
  });

  test("bearer: one token serves all requests of a repository and later pulls", async () => {
    const server = await registry();
    const state = tokenServer(server, 300);
    const text = server.offer("a/b", "1", image);
    const shared = client(withCredentials(server.host));
    const repository = await shared.open(parseReference(text), signal());
    await Promise.all([readBlob(repository), readBlob(repository), readBlob(repository)]);
    await readBlob(await shared.open(parseReference(text), signal()));
    expect(state.issued).toBe(1);
    expect(server.requests.find((request) => request.url.startsWith("/token"))?.url).toBe(
      "/token?service=reg&scope=repository%3Aa%2Fb%3Apull",
    );
  });

  test("bearer: a token that is not taken any more is asked anew, once for all who need it", async () => {
    const server = await registry();
    const state = tokenServer(server, 300);
    const repository = await client(withCredentials(server.host)).open(
      parseReference(server.offer("a/b", "1", image)),
      signal(),
    );
    state.valid.clear();
    await Promise.all([readBlob(repository), readBlob(repository), readBlob(repository)]);
    expect(state.issued).toBe(2);
  });

  test("bearer: wrong credentials are refused without showing them", async () => {
    const server = await registry();
    tokenServer(server, 300);
    const settings: RegistrySettings = {
      entries: new Map([[server.host, { credentials: { userId: "bot", password: "wr0ng" } }]]),
      insecure: [server.host],
    };
    const error = await failure(
      client(settings).open(parseReference(server.offer("a/b", "1", image)), signal()),
    );
    expect(error.code).toBe("SC_REGISTRY_DENIED");
    expect(error.message).toContain("token");
    expect(JSON.stringify([error.message, error.hint, error.fields])).not.toContain("wr0ng");
  });

  test("a registry that challenges for ever is refused after one try", async () => {
    const server = await registry();
    server.intercept = (request, response) => {
      if (request.url.startsWith("/token")) response.end(JSON.stringify({ token: `t${Math.random()}` }));
      else {
        response.writeHead(401, { "www-authenticate": `Bearer realm="http://${server.host}/token"` });
        response.end();
      }
      return true;
    };
    const error = await failure(client().open(parseReference(`${server.host}/a/b:1`), signal()));
    expect(error.code).toBe("SC_REGISTRY_DENIED");
    expect(server.requests.length).toBeLessThan(8);
  });

  test.each([
    ["no token in it", "{}"],
    ["a token with a line break", '{"token":"a\\r\\nx: y"}'],
    ["no JSON", "<html>"],
    ["too much", `{"token":"${"a".repeat(REGISTRY_LIMITS.tokenBytes)}"}`],
  ])("an answer of the token service with %s is refused", async (_name, body) => {
    const server = await registry();
    server.intercept = (request, response) => {
      if (request.url.startsWith("/token")) response.end(body);
      else {
        response.writeHead(401, { "www-authenticate": `Bearer realm="http://${server.host}/token"` });
        response.end();
      }
      return true;
    };
    const error = await failure(client().open(parseReference(`${server.host}/a/b:1`), signal()));
    expect(error.code).toBe("SC_REGISTRY_PROTOCOL");
  });
});
