import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { FakeContent } from "../../../src/engine/fake/content.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { ImageStore } from "../../../src/images/image-store.ts";
import { asksRegistry, doesLocalImage } from "../../../src/images/pull-policy.ts";
import type { PullPolicy } from "../../../src/model/extras.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { REGISTRY_PACE } from "../../../src/registry/limits.ts";
import { NO_REGISTRY_SETTINGS } from "../../../src/registry/settings.ts";
import { answerError, MemoryRegistry } from "../../integration/support/memory-registry.ts";
import { buildImage } from "../../integration/support/oci-image.ts";

const signal = () => AbortSignal.timeout(20_000);
const first = buildImage({ busybox: false, files: { "/x": "first" } });
const second = buildImage({ busybox: false, files: { "/x": "second" } });

let server: MemoryRegistry;
beforeAll(async () => {
  server = await MemoryRegistry.start();
});
afterAll(() => server.stop());

let content: FakeContent;
let images: ImageStore;
let lines: LogRecord[];
let name: string;
let serial = 0;

beforeEach(async () => {
  server.intercept = () => false;
  content = new FakeContent();
  lines = [];
  const log = createLog("images", (record) => lines.push(record));
  const limits = { ...REGISTRY_PACE, paceMs: 2_000 };
  const registry = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log, limits });
  images = new ImageStore({ content, registry, log });
  name = server.offer("a/b", `${++serial}`, first);
  await images.ensure(name, signal());
  server.requests.length = 0;
});

const offerSecond = () => server.offer("a/b", `${serial}`, second);
const ensure = (policy: PullPolicy) => images.ensure(name, signal(), { policy });
const warnings = () => lines.filter(({ level }) => level === "WARN");

describe("an image that is here", () => {
  test("missing: the registry is not asked, although the tag has moved", async () => {
    offerSecond();
    expect((await ensure("missing")).digest).toBe(first.descriptor.digest);
    expect(server.requests).toEqual([]);
  });

  test("newer: one small question when nothing changed", async () => {
    expect((await ensure("newer")).digest).toBe(first.descriptor.digest);
    expect(server.requests.length).toBeLessThanOrEqual(2);
  });

  test.each(["newer", "always"] as const)(
    "%s: a tag that moved is followed; the old content goes",
    async (policy) => {
      offerSecond();
      expect((await ensure(policy)).digest).toBe(second.descriptor.digest);
      expect(content.blobs.has(first.descriptor.digest)).toBe(false);
      expect(content.snapshots.size).toBe(1);
      expect((await images.find(name, signal()))?.digest).toBe(second.descriptor.digest);
    },
  );

  test("always: pulled again although nothing changed, without fetching content that is here", async () => {
    server.blobBytes = 0;
    expect((await ensure("always")).digest).toBe(first.descriptor.digest);
    expect(server.requests.length).toBeGreaterThan(1);
    expect(server.countOf("GET", first.layers[0]?.digest ?? "none")).toBe(0);
    expect(content.leases.size).toBe(0);
  });

  test.each(["newer", "always"] as const)(
    "%s: a registry that is away leaves the image, with a warning",
    async (policy) => {
      server.intercept = (_request, response) => {
        response.destroy();
        return true;
      };
      expect((await ensure(policy)).digest).toBe(first.descriptor.digest);
      expect(warnings()).toHaveLength(1);
      expect(warnings()[0]?.fields).toMatchObject({ image: name, policy });
      expect(content.leases.size).toBe(0);
    },
  );

  test.each([404, 401, 403])(
    "a registry that answers %d: newer keeps the image with a warning, always fails",
    async (status) => {
      server.intercept = (_request, response) => {
        answerError(response, status, "NO", "no");
        return true;
      };
      expect((await ensure("newer")).digest).toBe(first.descriptor.digest);
      expect(warnings().length).toBeGreaterThan(0);
      const failed = await ensure("always").catch((thrown: unknown) => thrown);
      expect(failed).toBeInstanceOf(SupercargoError);
      expect((await images.find(name, signal()))?.digest).toBe(first.descriptor.digest);
    },
  );

  test("newer: a successor that is broken leaves the image whole", async () => {
    offerSecond();
    const layer = second.layers[0]?.digest ?? "";
    server.intercept = (request, response) => {
      if (!request.url.endsWith(layer)) return false;
      response.end(Buffer.alloc(second.layers[0]?.size ?? 0));
      return true;
    };
    expect((await ensure("newer")).digest).toBe(first.descriptor.digest);
    content.collectNow();
    expect((await images.find(name, signal()))?.chainId).toBe(first.diffIds[0] ?? "");
  });

  test("a caller that gives up is not answered with the image that is here", async () => {
    const ended = new AbortController();
    server.intercept = () => {
      ended.abort(new Error("mine"));
      return true;
    };
    const outcome = await images
      .ensure(name, ended.signal, { policy: "newer" })
      .catch((thrown: unknown) => thrown);
    expect(String(outcome)).toContain("mine");
    server.dropConnections();
    await images.whenIdle();
  });

  test("20 containers that want a newer one share one question and one pull", async () => {
    offerSecond();
    const got = await Promise.all(Array.from({ length: 20 }, () => ensure("newer")));
    expect(new Set(got.map(({ digest }) => digest))).toEqual(new Set([second.descriptor.digest]));
    expect(server.countOf("GET", second.layers[0]?.digest ?? "")).toBe(1);
  });

  test("under a digest is never asked for again", async () => {
    const pinned = `${name}@${first.descriptor.digest}`;
    await images.ensure(pinned, signal());
    server.requests.length = 0;
    for (const policy of ["newer", "always"] as const) {
      expect((await images.ensure(pinned, signal(), { policy })).digest).toBe(first.descriptor.digest);
    }
    expect(server.requests).toEqual([]);
  });

  test("under a name that no registry can have: newer keeps it", async () => {
    content.records.set("imported", {
      name: "imported",
      target: first.descriptor,
      labels: {},
      createdAt: "",
    });
    expect((await images.ensure("imported", signal(), { policy: "newer" })).digest).toBe(
      first.descriptor.digest,
    );
  });
});

describe("the policy", () => {
  test("covers up neither faults of our own nor what the caller ended", () => {
    for (const policy of ["newer", "always"] as const) {
      expect(doesLocalImage(policy, new TypeError("a bug"))).toBe(false);
      expect(doesLocalImage(policy, new SupercargoError("SC_INTERNAL", "a bug"))).toBe(false);
      expect(doesLocalImage(policy, new SupercargoError("SC_CANCELLED", "enough"))).toBe(false);
    }
    expect(asksRegistry("missing", "a.b/c:1")).toBe(false);
  });
});
