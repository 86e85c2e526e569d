import { afterEach, describe, expect, test } from "bun:test";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { parseReference } from "../../../src/registry/reference.ts";
import type { Repository } from "../../../src/registry/repository.ts";
import type { RegistryEntry } from "../../../src/registry/settings.ts";
import { answerError, cutOff, MemoryRegistry } from "../../integration/support/memory-registry.ts";
import { buildImage } from "../../integration/support/oci-image.ts";

const image = buildImage({ busybox: false, files: { "/hello": "hello\n" } });
const layer = image.layers[0] ?? image.config;
const signal = () => AbortSignal.timeout(10_000);
const started: MemoryRegistry[] = [];
let lines: LogRecord[] = [];

afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
  lines = [];
});

async function registry(path = "a/b"): Promise<MemoryRegistry> {
  const one = await MemoryRegistry.start();
  started.push(one);
  one.offer(path, "1", image);
  return one;
}

/** Opens `a/b:1` of the registry with these mirrors before it. */
async function open(
  server: MemoryRegistry,
  mirrors: readonly string[],
  others: readonly (readonly [string, RegistryEntry])[] = [],
): Promise<Repository> {
  const login = { userId: "origin", password: "secret" };
  const client = new RegistryClient({
    settings: () => ({
      entries: new Map([[server.host, { mirrors, credentials: login }], ...others]),
      insecure: [server.host],
    }),
    log: createLog("registry", (record) => lines.push(record)),
  });
  return await client.open(parseReference(`${server.host}/a/b:1`), signal());
}

async function readBlob(repository: Repository): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  const stream = await repository.blob(layer.digest, layer.size, 0, signal());
  for await (const chunk of stream.chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const whole = Buffer.from(image.blobs.get(layer.digest) ?? []);
const warnings = () => lines.filter(({ level }) => level === "WARN").map(({ message }) => message);

describe("mirrors", () => {
  test("are asked first, in order, with a path of their own, and told for whom they stand in", async () => {
    const [origin, empty, mirror] = [await registry(), await registry("other"), await registry("hub/a/b")];
    const repository = await open(origin, [`http://${empty.host}`, `http://${mirror.host}/hub/`]);
    expect(await readBlob(repository)).toEqual(whole);
    expect(origin.requests).toEqual([]);
    expect(empty.requests.map(({ url }) => url)).toEqual([
      `/v2/a/b/manifests/1?ns=${encodeURIComponent(origin.host)}`,
    ]);
    expect(mirror.requests.every(({ url }) => url.startsWith("/v2/hub/a/b/"))).toBe(true);
    expect(warnings()).toEqual([]);
  });

  test("that are away, refuse or have wrong settings are passed over with a warning each", async () => {
    const [origin, away, closed] = [await registry(), await registry(), await registry()];
    const awayHost = away.host;
    await away.stop();
    started.splice(started.indexOf(away), 1);
    closed.intercept = (_request, response) => {
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' });
      response.end();
      return true;
    };
    const wrong = { transport: { rootCa: "/nowhere.crt" } };
    const mirrors = [`http://${awayHost}`, `http://${closed.host}`, "m.test", "no host"];
    const repository = await open(origin, mirrors, [["m.test", wrong]]);
    expect(await readBlob(repository)).toEqual(whole);
    expect(warnings()).toHaveLength(4);
    expect(repository.host).toBe(origin.host);
  });

  test("never get the registry's credentials, but their own", async () => {
    const [origin, mirror] = [await registry(), await registry()];
    mirror.intercept = ({ headers }, response) => {
      if (headers["authorization"] !== undefined) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' });
      response.end();
      return true;
    };
    const credentials = { userId: "mirror", password: "own" };
    await open(origin, [`http://${mirror.host}`], [[mirror.host, { credentials }]]);
    const sent = mirror.requests.map(({ headers }) => headers["authorization"]);
    expect(sent).toEqual([undefined, `Basic ${Buffer.from("mirror:own").toString("base64")}`]);
    expect(origin.requests).toEqual([]);
  });

  test("that break off in the middle of an image are left for the registry, for layers side by side too", async () => {
    const [origin, mirror] = [await registry(), await registry()];
    mirror.intercept = ({ url }, response) => {
      if (!url.includes("/blobs/")) return false;
      cutOff(response, mirror.blob(layer.digest), 0, 10);
      return true;
    };
    const repository = await open(origin, [`http://${mirror.host}`]);
    const firsts = await Promise.allSettled([readBlob(repository), readBlob(repository)]);
    expect(firsts.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await readBlob(repository)).toEqual(whole);
    expect(mirror.countOf("GET", "/blobs/")).toBe(2);
    expect(warnings()).toEqual(["a mirror failed in the middle of an image; the next place is asked"]);
  });

  test("that lack a blob or answer with an error are left within the same request", async () => {
    const [origin, mirror] = [await registry(), await registry()];
    mirror.intercept = ({ url }, response) => {
      if (!url.includes("/blobs/")) return false;
      answerError(response, 500, "X", "broken");
      return true;
    };
    expect(await readBlob(await open(origin, [`http://${mirror.host}`]))).toEqual(whole);
  });

  test("that sent wrong content are not asked for it again; without a mirror there is no other place", async () => {
    const [origin, mirror] = [await registry(), await registry()];
    const repository = await open(origin, [`http://${mirror.host}`]);
    await readBlob(repository);
    expect(await repository.isElsewhere(layer.digest, signal())).toBe(true);
    await readBlob(repository);
    expect(origin.countOf("GET", "/blobs/")).toBe(1);
    expect(await repository.isElsewhere(layer.digest, signal())).toBe(false);
  });
});

describe("a registry that limits the rate", () => {
  test.each([
    [{ "retry-after": "3" }, 3000],
    [{ "retry-after": "9999" }, 15_000],
    [{ "retry-after": "Wed, 21 Oct 2015 07:28:05 GMT", date: "Wed, 21 Oct 2015 07:28:00 GMT" }, 5000],
    [{ "retry-after": "soon" }, undefined],
  ])("is heard: %j asks for %j ms, whatever this device's clock says", async (headers, pauseMs) => {
    const origin = await registry();
    origin.intercept = (_request, response) => {
      response.sendDate = false;
      response.writeHead(429, headers);
      response.end();
      return true;
    };
    const thrown = await open(origin, []).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(thrown).toMatchObject({ code: "SC_REGISTRY_UNAVAILABLE", fields: { status: 429 } });
    expect((thrown as { fields: Record<string, unknown> }).fields["retryAfterMs"]).toBe(pauseMs);
  });
});
