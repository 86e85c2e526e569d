import { afterEach, describe, expect, test } from "bun:test";
import { type Clock, systemClock } from "../../../src/base/clock.ts";
import { silentLog } from "../../../src/base/log.ts";
import { FakeContent, type FakeContentOptions } from "../../../src/engine/fake/content.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { chainIds } from "../../../src/images/chain.ts";
import { oneFileSystem } from "../../../src/images/disk-space.ts";
import { ImageStore } from "../../../src/images/image-store.ts";
import type { ImageStoreOptions } from "../../../src/images/image-store-options.ts";
import type { PullProgress } from "../../../src/images/images.ts";
import { IMAGE_LIMITS } from "../../../src/images/limits.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { REGISTRY_PACE } from "../../../src/registry/limits.ts";
import { NO_REGISTRY_SETTINGS } from "../../../src/registry/settings.ts";
import {
  answerError,
  beginOf,
  cutOff,
  MemoryRegistry,
  type Stock,
} from "../../integration/support/memory-registry.ts";
import { assemble, buildImage, buildIndex, digestOf, tarOf } from "../../integration/support/oci-image.ts";

const servers: MemoryRegistry[] = [];
const signal = () => AbortSignal.timeout(20_000);

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

interface Setting {
  readonly server: MemoryRegistry;
  readonly content: FakeContent;
  readonly images: ImageStore;
}

async function setting(
  contentOptions: FakeContentOptions = {},
  options: Partial<ImageStoreOptions> = {},
): Promise<Setting> {
  const server = await MemoryRegistry.start();
  servers.push(server);
  const content = new FakeContent(contentOptions);
  return { server, content, images: storeOver(content, options) };
}

function storeOver(
  content: FakeContent,
  options: Partial<ImageStoreOptions> = {},
  paceMs = 5_000,
): ImageStore {
  const limits = { ...REGISTRY_PACE, paceMs, paceBytes: 1024 };
  const registry = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log: silentLog, limits });
  return new ImageStore({ content, registry, log: silentLog, clock: hurried, ...options });
}

/** Pauses between tries are not what these tests are about. */
const hurried: Clock = {
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(Math.min(delayMs, 5), callback),
};

async function failure(promise: Promise<unknown>): Promise<SupercargoError> {
  try {
    await promise;
  } catch (thrown) {
    if (thrown instanceof SupercargoError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

function noise(bytes: number, seed: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let state = seed + 1;
  for (let at = 0; at < bytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    out[at] = state >>> 24;
  }
  return out;
}

/** Three layers, one large enough to be cut. */
function sample(seed = 0) {
  return buildImage({
    busybox: false,
    files: { "/one": `one ${seed}` },
    moreLayers: [{ "/two": noise(3_000_000, seed) }, { "/three": `three ${seed}` }],
    env: ["A=b"],
    entrypoint: ["/one"],
    cmd: ["x"],
    user: "1:2",
    workingDir: "/w",
    stopSignal: "SIGINT",
  });
}

/** Nothing half-made: no lease, no open writer, no image of that name, and a collection leaves nothing. */
function expectNothingLeft(content: FakeContent): void {
  content.collectNow();
  expect({
    leases: [...content.leases.keys()],
    writing: [...content.writing],
    images: [...content.records.keys()],
    blobs: content.blobs.size,
    snapshots: content.snapshots.size,
  }).toEqual({ leases: [], writing: [], images: [], blobs: 0, snapshots: 0 });
}

describe("pulling an image", () => {
  test("what was pulled is complete, labelled, survives the collection and is found again without the registry", async () => {
    const { server, content, images } = await setting();
    const image = sample();
    const name = server.offer("a/b", "1", image);
    const pulled = await images.ensure(name, signal());
    const chain = chainIds(image.diffIds);
    expect(pulled).toEqual({
      name,
      digest: image.descriptor.digest,
      chainId: chain.at(-1) ?? "",
      config: {
        env: ["A=b"],
        entrypoint: ["/one"],
        cmd: ["x"],
        workingDir: "/w",
        user: "1:2",
        stopSignal: "SIGINT",
      },
      sizeBytes: [...image.blobs.values()].reduce((sum, blob) => sum + blob.length, 0),
    });
    const labels = content.blobs.get(image.descriptor.digest)?.labels ?? {};
    expect(labels["containerd.io/gc.ref.content.config"]).toBe(image.config.digest);
    expect(labels["containerd.io/gc.ref.content.l.2"]).toBe(image.layers[2]?.digest ?? "");
    expect(labels[`containerd.io/distribution.source.${server.host}`]).toBe("a/b");
    expect(content.blobs.get(image.layers[1]?.digest ?? "")?.labels["containerd.io/uncompressed"]).toBe(
      image.diffIds[1] ?? "",
    );
    content.collectNow();
    expect(content.leases.size).toBe(0);
    expect([...content.snapshots.keys()]).toEqual([...chain]);
    expect(content.blobs.size).toBe(image.blobs.size);
    await server.stop();
    servers.length = 0;
    expect(await images.find(name, signal())).toEqual(pulled);
    expect(await storeOver(content).find(name, signal())).toEqual(pulled);
    expect(await images.ensure(name, signal())).toEqual(pulled);
    expect(await images.list(signal())).toEqual([pulled]);
  });

  test.each(["gzip", "zstd", "none"] as const)(
    "layers with compression %s are unpacked",
    async (compression) => {
      const { server, images } = await setting();
      const image = buildImage({ busybox: false, files: { "/a": "b" }, compression });
      expect((await images.ensure(server.offer("a/b", "1", image), signal())).chainId).toBe(
        image.diffIds[0] ?? "",
      );
    },
  );

  test("progress is told for each layer, up to done", async () => {
    const { server, images } = await setting();
    const image = sample();
    const seen: PullProgress[] = [];
    await images.ensure(server.offer("a/b", "1", image), signal(), {
      onProgress: (progress) => seen.push(progress),
    });
    for (const layer of image.layers) {
      const phases = seen.filter((one) => one.layerDigest === layer.digest);
      expect(phases[0]?.phase).toBe("waiting");
      expect(phases.at(-1)).toMatchObject({
        phase: "done",
        receivedBytes: layer.size,
        totalBytes: layer.size,
      });
    }
  });

  test("an image pulled by digest, and one whose layers repeat, are complete", async () => {
    const { server, content, images } = await setting();
    const tar = tarOf({ "/same": "same" });
    const image = assemble([tar, tar, tar]);
    server.offer("a/b", "1", image);
    const name = `${server.host}/a/b@${image.descriptor.digest}`;
    await images.ensure(name, signal());
    content.collectNow();
    expect(content.snapshots.size).toBe(3);
    expect(server.countOf("GET", image.layers[0]?.digest ?? "")).toBe(1);
  });

  test("20 callers share one pull", async () => {
    const { server, images } = await setting();
    const image = sample();
    const name = server.offer("a/b", "1", image);
    await Promise.all(Array.from({ length: 20 }, () => images.ensure(name, signal())));
    expect(server.countOf("HEAD", "")).toBe(1);
    for (const digest of image.blobs.keys()) expect(server.countOf("GET", digest)).toBe(1);
  });

  test("ten images with a common layer fetch it once, with at most three blobs on the wire", async () => {
    let writing = 0;
    let most = 0;
    const { server, content, images } = await setting({
      onCall: (call) => {
        if (call === "openWriter") writing = content.writing.size + 1;
        most = Math.max(most, writing);
      },
    });
    const common = tarOf({ "/common": noise(200_000, 7) });
    const names = Array.from({ length: 10 }, (_, number) => {
      const image = assemble([common, tarOf({ "/own": `own ${number}` })], { env: [`N=${number}`] });
      return server.offer("a/b", `${number}`, image);
    });
    await Promise.all(names.map((name) => images.ensure(name, signal())));
    const digest = [...content.blobs].find(([, blob]) => blob.bytes.length > 100_000)?.[0] ?? "";
    expect(server.countOf("GET", digest)).toBe(1);
    expect(most).toBeLessThanOrEqual(IMAGE_LIMITS.blobsAtOnce);
    expect(content.leases.size).toBe(0);
  });

  test("an index leads to this machine's manifest, and stays the image's target", async () => {
    const { server, content, images } = await setting(
      {},
      { platform: { os: "linux", architecture: "amd64" } },
    );
    const ours = buildImage({ busybox: false, files: { "/a": "amd64" }, architecture: "amd64" });
    const theirs = buildImage({ busybox: false, files: { "/a": "arm64" }, architecture: "arm64" });
    const index = buildIndex([
      { image: theirs, architecture: "arm64", variant: "v8" },
      { image: ours, architecture: "amd64" },
    ]);
    const pulled = await images.ensure(server.offer("a/b", "1", index), signal());
    expect(pulled.digest).toBe(index.descriptor.digest);
    expect(pulled.chainId).toBe(ours.diffIds[0] ?? "");
    expect(content.blobs.get(index.descriptor.digest)?.labels["containerd.io/gc.ref.content.m.1"]).toBe(
      ours.descriptor.digest,
    );
    content.collectNow();
    expect(content.blobs.size).toBe(4);
    expect(server.countOf("GET", theirs.layers[0]?.digest ?? "")).toBe(0);
  });

  test("an index without this machine's platform lists what it offers", async () => {
    const { server, content, images } = await setting(
      {},
      { platform: { os: "linux", architecture: "riscv64" } },
    );
    const image = buildImage({ busybox: false, files: { "/a": "" } });
    const index = buildIndex([
      { image, architecture: "amd64" },
      { image, architecture: "arm", variant: "v7" },
    ]);
    const error = await failure(images.ensure(server.offer("a/b", "1", index), signal()));
    expect(error.code).toBe("SC_IMAGE_UNSUPPORTED");
    expect(error.message).toContain("(linux/riscv64), only for: linux/amd64, linux/arm/v7");
    expectNothingLeft(content);
  });

  test("a layer that another caller of the store already has is not fetched", async () => {
    const { server, images } = await setting();
    const base = tarOf({ "/base": noise(100_000, 3) });
    await images.ensure(server.offer("a/b", "1", assemble([base])), signal());
    server.blobBytes = 0;
    await images.ensure(server.offer("a/b", "2", assemble([base, tarOf({ "/x": "y" })])), signal());
    expect(server.blobBytes).toBeLessThan(5000);
  });

  test("what a killed pull left packed is unpacked when it is looked for", async () => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", sample());
    const pulled = await images.ensure(name, signal());
    for (const chainId of [...content.snapshots.keys()]) content.dropSnapshot(chainId);
    expect(await images.list(signal())).toEqual([]);
    expect(await storeOver(content).find(name, signal())).toEqual(pulled);
    content.collectNow();
    expect(content.snapshots.size).toBe(3);
    expect(content.leases.size).toBe(0);
  });

  test("an image whose content is gone is not found, and ensured from the registry", async () => {
    const { server, content, images } = await setting();
    const image = sample();
    const name = server.offer("a/b", "1", image);
    await images.ensure(name, signal());
    content.blobs.delete(image.layers[0]?.digest ?? "");
    for (const chainId of [...content.snapshots.keys()]) content.dropSnapshot(chainId);
    expect(await images.find(name, signal())).toBeUndefined();
    await images.ensure(name, signal());
    expect(content.snapshots.size).toBe(3);
  });

  test("a removed image takes its content and layers along, but not what others use", async () => {
    const { server, content, images } = await setting();
    const base = tarOf({ "/base": "base" });
    const one = server.offer("a/b", "1", assemble([base]));
    const two = server.offer("a/b", "2", assemble([base, tarOf({ "/x": "y" })]));
    await images.ensure(one, signal());
    await images.ensure(two, signal());
    await images.remove(two, signal());
    expect(content.snapshots.size).toBe(1);
    await images.remove(one, signal());
    expectNothingLeft(content);
    expect((await failure(images.remove(one, signal()))).code).toBe("SC_IMAGE_NOT_FOUND");
  });

  test("an image without layers has an empty chain", async () => {
    const { server, images } = await setting();
    expect((await images.ensure(server.offer("a/b", "1", assemble([])), signal())).chainId).toBe("");
  });
});

describe("a registry that misbehaves", () => {
  const image = sample(5);
  const big = image.layers[1] ?? image.config;

  test("an image that does not exist leaves nothing", async () => {
    const { server, content, images } = await setting();
    const error = await failure(images.ensure(`${server.host}/a/b:1`, signal()));
    expect(error.code).toBe("SC_IMAGE_NOT_FOUND");
    expectNothingLeft(content);
  });

  test("a name that is no reference is refused with the peer's words, unless it is here", async () => {
    const { content, images } = await setting();
    const error = await failure(images.ensure("redis:7", signal()));
    expect(error.message).toBe('failed to resolve reference "redis:7": object required');
    expectNothingLeft(content);
  });

  test("a connection that breaks again and again is resumed: every byte is fetched about once", async () => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      cutOff(response, server.blob(big.digest), beginOf(request), 700_000);
      return true;
    };
    const pulled = await images.ensure(name, signal());
    expect(pulled.digest).toBe(image.descriptor.digest);
    expect(content.blobs.get(big.digest)?.bytes.length).toBe(big.size);
    expect(server.countOf("GET", big.digest)).toBeLessThan(12);
  });

  test("a registry that falls silent after 95 % is asked for the bytes that never came, and for no other", async () => {
    const { server, content } = await setting();
    const images = storeOver(content, {}, 1_000);
    const name = server.offer("a/b", "1", image);
    const cameBytes = Math.floor(big.size * 0.95);
    const begins: number[] = [];
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      begins.push(beginOf(request));
      if (begins.length > 1) return false;
      response.writeHead(200, { "content-length": big.size });
      response.write(server.blob(big.digest).subarray(0, cameBytes));
      return true;
    };
    expect((await images.ensure(name, signal())).digest).toBe(image.descriptor.digest);
    expect(begins).toEqual([0, cameBytes]);
  });

  test("half of the requests failing is survived", async () => {
    const { server, images } = await setting();
    const name = server.offer("a/b", "1", image);
    let count = 0;
    server.intercept = (_request, response) => {
      if (count++ % 2 === 1) return false;
      if (count % 4 === 1) response.socket?.destroy();
      else answerError(response, 503, "UNAVAILABLE", "later");
      return true;
    };
    expect((await images.ensure(name, signal())).digest).toBe(image.descriptor.digest);
  });

  test("a registry that always cuts at the same place ends with a reason, and what came is kept for a resume", async () => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    const cutAt = Math.floor(big.size * 0.95);
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      const begin = beginOf(request);
      cutOff(response, server.blob(big.digest), begin, Math.max(0, cutAt - begin));
      return true;
    };
    const error = await failure(images.ensure(name, signal()));
    expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
    expect(error.message).toContain(server.host);
    expect(content.records.size).toBe(0);
    server.intercept = () => false;
    server.blobBytes = 0;
    await storeOver(content).ensure(name, signal());
    expect(server.blobBytes).toBeLessThan(big.size * 0.1);
    expect(content.leases.size).toBe(0);
  }, 20_000);

  test("a registry without ranges is read again from the start, and the rest is used", async () => {
    const { server, images } = await setting();
    const name = server.offer("a/b", "1", image);
    let tries = 0;
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      if (tries++ === 0) cutOff(response, server.blob(big.digest), 0, 1_000_000);
      else response.end(server.blob(big.digest));
      return true;
    };
    expect((await images.ensure(name, signal())).digest).toBe(image.descriptor.digest);
    expect(tries).toBe(2);
  });

  test.each([
    ["other bytes", (bytes: Uint8Array) => noise(bytes.length, 99)],
    [
      "one bit changed at its end",
      (bytes: Uint8Array) => Uint8Array.from(bytes).fill(0xff, bytes.length - 1),
    ],
  ])("a layer with %s is refused by name and nothing of it is kept", async (_name, spoil) => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      response.end(spoil(server.blob(big.digest)));
      return true;
    };
    const error = await failure(images.ensure(name, signal()));
    expect(error.code).toBe("SC_DIGEST_MISMATCH");
    expect(error.message).toContain(`layer 2 (${big.digest}) of image ${name} from registry ${server.host}`);
    expect(content.uploads.size).toBe(0);
    expectNothingLeft(content);
    expect(server.countOf("GET", big.digest)).toBe(1);
  });

  test("a layer that never ends is refused at its size", async () => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      response.write(server.blob(big.digest));
      const pump = () => {
        while (!response.destroyed && response.write(Buffer.alloc(100_000)));
      };
      response.on("drain", pump);
      pump();
      return true;
    };
    const error = await failure(images.ensure(name, signal()));
    expect(error.code).toBe("SC_DIGEST_MISMATCH");
    expect(error.message).toContain(`longer than its ${big.size} bytes`);
    expectNothingLeft(content);
  });

  test("one byte a second is given up with the limit in the message", async () => {
    const { server, content } = await setting();
    const images = storeOver(content, {}, 50);
    const name = server.offer("a/b", "1", image);
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      response.writeHead(beginOf(request) === 0 ? 200 : 206, {
        "content-range": `bytes ${beginOf(request)}-${big.size - 1}/${big.size}`,
      });
      response.write("x");
      return true;
    };
    const error = await failure(images.ensure(name, signal()));
    expect(error.code).toBe("SC_TIMEOUT");
    expect(error.message).toContain("within 50 ms");
    expectNothingLeft(content);
  }, 20_000);

  test.each([
    [401, "SC_REGISTRY_DENIED"],
    [403, "SC_REGISTRY_DENIED"],
    [404, "SC_IMAGE_NOT_FOUND"],
  ] as const)("status %d for a layer ends the pull at once", async (status, code) => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    server.intercept = (request, response) => {
      if (!request.url.endsWith(big.digest)) return false;
      answerError(response, status, "NO", "no");
      return true;
    };
    const error = await failure(images.ensure(name, signal()));
    expect(error.code).toBe(code);
    expect(error.message).toContain(big.digest);
    expect(server.countOf("GET", big.digest)).toBe(1);
    expectNothingLeft(content);
  });

  test.each([429, 500] as const)("status %d is asked again a bounded number of times", async (status) => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    server.intercept = (_request, response) => {
      answerError(response, status, "BUSY", "busy");
      return true;
    };
    const error = await failure(images.ensure(name, signal()));
    expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
    // Each try asks by plain http, then by https (which is no HTTP request for this server).
    expect(server.requests.length).toBe(IMAGE_LIMITS.resolveAttempts);
    expectNothingLeft(content);
  });

  test("a corrupt beginning left by an earlier run is thrown away and the layer fetched whole", async () => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    const rotten = noise(500_000, 1);
    content.uploads.set(`layer-${big.digest}`, { chunks: [rotten], size: rotten.length });
    expect((await images.ensure(name, signal())).digest).toBe(image.descriptor.digest);
    expect(content.blobs.get(big.digest)?.bytes.length).toBe(big.size);
  });
});

describe("giving up a pull", () => {
  const image = sample(6);
  const big = image.layers[1] ?? image.config;

  /** Sends most of the big layer and then nothing more, until told. */
  function stallOn(server: MemoryRegistry): Promise<void> {
    return new Promise((resolve) => {
      server.intercept = (request, response) => {
        if (!request.url.endsWith(big.digest) || beginOf(request) > 0) return false;
        response.writeHead(200, { "content-length": big.size });
        response.write(server.blob(big.digest).subarray(0, 2_500_000), () => resolve());
        return true;
      };
    });
  }

  test("a caller that gives up leaves the pull to the others", async () => {
    const { server, images } = await setting();
    const name = server.offer("a/b", "1", image);
    const stalled = stallOn(server);
    const ended = new AbortController();
    const first = images.ensure(name, ended.signal).catch((thrown: unknown) => thrown);
    let received = 0;
    const second = images.ensure(name, signal(), {
      onProgress: (progress) => {
        received = Math.max(received, progress.receivedBytes);
      },
    });
    await stalled;
    const reason = new Error("mine");
    ended.abort(reason);
    expect(await first).toBe(reason);
    server.intercept = () => false;
    // The stalled answer breaks; the pull goes on by itself.
    server.dropConnections();
    expect((await second).digest).toBe(image.descriptor.digest);
    expect(received).toBeGreaterThan(0);
  });

  test("the last caller ends the pull, and the next one resumes where it was", async () => {
    const { server, content, images } = await setting();
    const name = server.offer("a/b", "1", image);
    void stallOn(server);
    const ended = new AbortController();
    const reason = new SupercargoError("SC_CANCELLED", "enough");
    const stored = new Promise<void>((resolve) => {
      void images
        .ensure(name, ended.signal, {
          onProgress: (progress) => {
            if (progress.layerDigest === big.digest && progress.receivedBytes >= 2_000_000) resolve();
          },
        })
        .catch(() => undefined);
    });
    await stored;
    ended.abort(reason);
    await images.whenIdle();
    expect(content.writing.size).toBe(0);
    expect(content.records.size).toBe(0);
    server.intercept = () => false;
    server.blobBytes = 0;
    await images.ensure(name, signal());
    expect(server.blobBytes).toBeLessThan(big.size - 1_900_000);
    expect(content.leases.size).toBe(0);
  });

  test("who comes while a pull is being ended starts a new one", async () => {
    const { server, images } = await setting();
    const name = server.offer("a/b", "1", image);
    const stalled = stallOn(server);
    const ended = new AbortController();
    const first = images.ensure(name, ended.signal).catch((thrown: unknown) => thrown);
    await stalled;
    server.intercept = () => false;
    ended.abort(new Error("mine"));
    expect(await first).toBeInstanceOf(Error);
    expect((await images.ensure(name, signal())).digest).toBe(image.descriptor.digest);
  });
});

describe("a full disk", () => {
  const image = sample(7);

  test("what cannot fit is refused with numbers before a byte is fetched", async () => {
    const { server, content, images } = await setting(
      {},
      { diskSpace: async () => oneFileSystem(40_000_000) },
    );
    const name = server.offer(
      "a/b",
      "1",
      buildImage({ busybox: false, files: { "/big": noise(5_000_000, 1) } }),
    );
    const error = await failure(images.ensure(name, signal()));
    expect(error.code).toBe("SC_DISK_FULL");
    expect(error.message).toContain("40.0 MB are free");
    expect(error.fields["freeBytes"]).toBe(40_000_000);
    expect(server.blobBytes).toBeLessThan(1000);
    expectNothingLeft(content);
  });

  test("what is already here is not counted", async () => {
    let free = 200_000_000;
    const { server, images } = await setting({}, { diskSpace: async () => oneFileSystem(free) });
    const name = server.offer("a/b", "1", image);
    await images.ensure(name, signal());
    free = 33_600_000;
    const again = server.offer("a/b", "2", image);
    await images.ensure(again, signal());
  });

  test.each([500_000, 1_500_000, 3_100_000, 4_500_000])(
    "the store is full at %d bytes: named, nothing left",
    async (capacityBytes) => {
      const { server, content, images } = await setting({ capacityBytes });
      const name = server.offer("a/b", "1", image);
      const error = await failure(images.ensure(name, signal()));
      expect(error.code).toBe("SC_DISK_FULL");
      expect(error.message).toContain(name);
      expect(content.usedBytes).toBe(0);
      expectNothingLeft(content);
    },
  );

  test("a layer that unpacks to far more than expected is given up before the disk is full", async () => {
    const bomb = assemble([Buffer.alloc(30_000_000)]);
    let free = 100_000_000;
    const unpacking = Promise.withResolvers<void>();
    const { server, content, images } = await setting(
      {
        onCall: async (call) => {
          if (call !== "applyLayer") return;
          free = 1_000_000;
          await unpacking.promise;
        },
      },
      {
        diskSpace: async () => {
          if (free < 2_000_000) setTimeout(unpacking.resolve, 1);
          return oneFileSystem(free);
        },
      },
    );
    const error = await failure(images.ensure(server.offer("a/b", "1", bomb), signal()));
    expect(error.code).toBe("SC_DISK_FULL");
    expect(error.message).toContain("take more space than expected");
    expectNothingLeft(content);
  });
});

describe("hostile manifests", () => {
  async function refusal(document: unknown, mediaType = "application/vnd.oci.image.manifest.v1+json") {
    const { server, content, images } = await setting();
    const bytes = Buffer.from(typeof document === "string" ? document : JSON.stringify(document), "utf8");
    const digest = digestOf(bytes);
    const stock: Stock = {
      descriptor: { mediaType, digest, size: bytes.length },
      blobs: new Map([[digest, bytes]]),
    };
    const error = await failure(images.ensure(server.offer("a/b", "1", stock), signal()));
    expectNothingLeft(content);
    return error;
  }
  const good = sample(8);
  const config = good.config;
  const layer = good.layers[0] ?? config;

  test("10,000 layers", async () => {
    const error = await refusal({
      schemaVersion: 2,
      config,
      layers: Array.from({ length: 10_000 }, () => layer),
    });
    expect(error.code).toBe("SC_IMAGE_INVALID");
    expect(error.message).toContain("10000 layers");
  });

  test("an index of an index of an index and so on", async () => {
    const { server, content, images } = await setting();
    const blobs = new Map<string, Uint8Array>(good.blobs);
    let descriptor = good.descriptor;
    for (let depth = 0; depth < 10; depth++) {
      const mediaType = "application/vnd.oci.image.index.v1+json";
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [descriptor] }));
      descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
      blobs.set(descriptor.digest, bytes);
    }
    const error = await failure(images.ensure(server.offer("a/b", "1", { descriptor, blobs }), signal()));
    expect(error.message).toContain("indexes within indexes");
    expectNothingLeft(content);
  });

  test("schema 1", async () => {
    const error = await refusal(
      { schemaVersion: 1, name: "x", fsLayers: [], history: [] },
      "application/vnd.docker.distribution.manifest.v1+prettyjws",
    );
    expect(error.code).toBe("SC_IMAGE_UNSUPPORTED");
    expect(error.message).toContain("schema 1");
  });

  test("index and image at the same time", async () => {
    expect((await refusal({ schemaVersion: 2, config, layers: [], manifests: [] })).code).toBe(
      "SC_IMAGE_INVALID",
    );
  });

  test.each([
    ["not JSON", "<html>"],
    ["a list", "[]"],
    ["null", "null"],
    ["no config", { schemaVersion: 2, layers: [] }],
    ["no layers", { schemaVersion: 2, config, layers: {} }],
    ["a negative size", { schemaVersion: 2, config, layers: [{ ...layer, size: -1 }] }],
    ["a size that is no number", { schemaVersion: 2, config, layers: [{ ...layer, size: "5" }] }],
    ["a size beyond all disks", { schemaVersion: 2, config, layers: [{ ...layer, size: 2 ** 52 }] }],
    [
      "a digest with a path",
      { schemaVersion: 2, config, layers: [{ ...layer, digest: "sha256:../../etc" }] },
    ],
    ["a huge configuration", { schemaVersion: 2, config: { ...config, size: 2 ** 30 }, layers: [] }],
    ["deep nesting", "[".repeat(100_000)],
  ])("%s", async (_name, document) => {
    expect((await refusal(document)).code).toBe("SC_IMAGE_INVALID");
  });

  test.each([
    ["urls", { ...layer, urls: ["http://elsewhere/x"] }, "another address"],
    [
      "a foreign layer",
      { ...layer, mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" },
      "licence",
    ],
    ["an unknown type", { ...layer, mediaType: "text/html" }, "text/html"],
  ])("a layer with %s is refused politely", async (_name, bad, words) => {
    const error = await refusal({ schemaVersion: 2, config, layers: [bad] });
    expect(error.code).toBe("SC_IMAGE_UNSUPPORTED");
    expect(error.message).toContain(words);
  });

  test("an artifact is no image", async () => {
    const error = await refusal({
      schemaVersion: 2,
      config: { ...config, mediaType: "application/vnd.cncf.helm.config.v1+json" },
      layers: [],
    });
    expect(error.code).toBe("SC_IMAGE_UNSUPPORTED");
    expect(error.message).toContain("not a container image");
  });

  test("a layer that does not unpack to what the configuration says", async () => {
    const { server, content } = await setting();
    const image = assemble([tarOf({ "/a": "b" })]);
    const wrong = digestOf(Buffer.from("wrong"));
    const lying = Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        config: {},
        rootfs: { type: "layers", diff_ids: [wrong] },
      }),
    );
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: image.descriptor.mediaType,
        config: { ...image.config, digest: digestOf(lying), size: lying.length },
        layers: image.layers,
      }),
    );
    const blobs = new Map(image.blobs).set(digestOf(lying), lying).set(digestOf(manifest), manifest);
    const descriptor = { ...image.descriptor, digest: digestOf(manifest), size: manifest.length };
    const error = await failure(
      storeOver(content, { platform: { os: "linux", architecture: "amd64" } }).ensure(
        server.offer("a/b", "1", { descriptor, blobs }),
        signal(),
      ),
    );
    expect(error.code).toBe("SC_IMAGE_INVALID");
    expect(error.message).toContain(`does not unpack to ${wrong}`);
    expectNothingLeft(content);
  });
});
