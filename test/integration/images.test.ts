import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { silentLog } from "../../src/base/log.ts";
import { SupercargoError } from "../../src/errors/error.ts";
import { chainIds } from "../../src/images/chain.ts";
import { spaceOf } from "../../src/images/disk-space.ts";
import { ImageStore } from "../../src/images/image-store.ts";
import type { ImageStoreOptions } from "../../src/images/image-store-options.ts";
import { RegistryClient } from "../../src/registry/client.ts";
import { REGISTRY_PACE } from "../../src/registry/limits.ts";
import { NO_REGISTRY_SETTINGS } from "../../src/registry/settings.ts";
import { EngineBench, LIMIT_MS, limit } from "./support/engine-bench.ts";
import { beginOf, cutOff, MemoryRegistry } from "./support/memory-registry.ts";
import {
  assemble,
  buildImage,
  buildIndex,
  tarOf,
  writeDockerArchive,
  writeOciArchive,
} from "./support/oci-image.ts";
import { type PrivateRegistry, startRegistry } from "./support/registry.ts";

let bench: EngineBench;
let registry: PrivateRegistry;
let hostile: MemoryRegistry;
let images: ImageStore;

beforeAll(async () => {
  [bench, registry, hostile] = await Promise.all([
    EngineBench.start(),
    startRegistry(),
    MemoryRegistry.start(),
  ]);
  images = storeOver(bench);
}, LIMIT_MS);
afterAll(async () => {
  await Promise.all([bench.stop(), registry.stop(), hostile.stop()]);
}, LIMIT_MS);
beforeEach(() => {
  hostile.intercept = () => false;
  hostile.requests.length = 0;
  hostile.blobBytes = 0;
});

function storeOver(on: EngineBench, options: Partial<ImageStoreOptions> = {}): ImageStore {
  const limits = { ...REGISTRY_PACE, paceMs: 2_000 };
  const client = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log: silentLog, limits });
  return new ImageStore({ content: on.engine.content, registry: client, log: silentLog, ...options });
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

/** What `ctr` says of an image: its line of `images check`. */
function checkLine(on: EngineBench, name: string): string {
  return (
    on.containerd
      .ctr("images", "check")
      .split("\n")
      .find((line) => line.startsWith(`${name} `)) ?? ""
  );
}

function rootOf(on: EngineBench): string {
  return join(on.containerd.folder, "root");
}

function column(on: EngineBench, ...args: string[]): string[] {
  return on.containerd
    .ctr(...args)
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(/\s+/)[0] ?? "");
}

/** Content, layers, uploads and pull leases that containerd holds now. */
function holdings(on: EngineBench) {
  return {
    content: column(on, "content", "ls", "-q").sort(),
    snapshots: column(on, "snapshots", "ls").slice(1).sort(),
    uploads: column(on, "content", "active").slice(1).sort(),
    leases: column(on, "leases", "ls", "-q").filter((id) => id.startsWith("supercargo-")),
  };
}

/** Lets containerd collect: a lease of nothing, deleted with the collection before the answer. */
async function collect(on: EngineBench): Promise<void> {
  const lease = await on.engine.content.lease(`collect-${crypto.randomUUID()}`, 60_000, limit());
  await lease.release(true);
}

function sample(label: string, bytes = 300_000) {
  return buildImage({
    files: { "/label": label },
    moreLayers: [{ "/data": randomBytes(bytes) }, { "/top": label }],
  });
}

describe("an image from a registry", () => {
  test.each(["gzip", "zstd", "none"] as const)(
    "with %s layers is complete and unpacked for containerd's own tools, and survives a collection",
    async (compression) => {
      const image = buildImage({
        compression,
        files: { "/x": compression },
        moreLayers: [{ "/y": compression }],
      });
      const name = await registry.push(`demo/${compression}`, "1", image);
      const pulled = await images.ensure(name, limit());
      expect(pulled.chainId).toBe(chainIds(image.diffIds).at(-1) ?? "");
      await collect(bench);
      expect(checkLine(bench, name)).toMatch(/ complete \(\d\/\d\) .* true\s*$/);
      expect(holdings(bench).leases).toEqual([]);
      await bench.engine.prepareSnapshot(`check-${compression}`, pulled.chainId, limit());
      const content = await bench.engine.withRootfs(
        `check-${compression}`,
        (path) => Bun.file(join(path, "y")).text(),
        limit(),
      );
      expect(content).toBe(compression);
      await bench.engine.removeSnapshot(`check-${compression}`, limit());
      await images.remove(name, limit());
    },
    LIMIT_MS,
  );

  test(
    "with docker's name of zstd layers, which containerd 1.6 does not know, is unpacked too",
    async () => {
      const layerType = "application/vnd.docker.image.rootfs.diff.tar.zstd";
      const name = hostile.offer("demo/zstd", "1", buildImage({ compression: "zstd", layerType }));
      await images.ensure(name, limit());
      expect(checkLine(bench, name)).toMatch(/ complete \(\d\/\d\) .* true\s*$/);
      await images.remove(name, limit());
    },
    LIMIT_MS,
  );

  test(
    "by way of an index is complete, the other platforms absent",
    async () => {
      const ours = sample("ours");
      const other = buildImage({ busybox: false, files: { "/x": "other" }, architecture: "s390x" });
      const index = buildIndex([
        { image: other, architecture: "s390x" },
        { image: ours, architecture: process.arch === "x64" ? "amd64" : process.arch },
      ]);
      const name = await registry.push("demo/index", "1", index);
      expect((await images.ensure(name, limit())).digest).toBe(index.descriptor.digest);
      await collect(bench);
      expect(checkLine(bench, name)).toMatch(/ complete \(\d\/\d\) .* true\s*$/);
      expect(holdings(bench).content).not.toContain(other.layers[0]?.digest ?? "");
      await images.remove(name, limit());
    },
    LIMIT_MS,
  );

  test(
    "removed leaves what was before it came",
    async () => {
      await collect(bench);
      const before = holdings(bench);
      const name = await registry.push("demo/gone", "1", sample("gone"));
      await images.ensure(name, limit());
      await images.remove(name, limit());
      expect(holdings(bench)).toEqual(before);
    },
    LIMIT_MS,
  );

  test(
    "is pulled once for 20 callers, and ten images with one base fetch it once",
    async () => {
      const base = tarOf({ "/base": randomBytes(1_000_000) });
      const built = Array.from({ length: 10 }, (_, number) =>
        assemble([base, tarOf({ "/own": `own ${number}` })]),
      );
      const names = built.map((image, number) => hostile.offer("demo/many", `${number}`, image));
      const wishes = [...names, ...names].map((name) => images.ensure(name, limit()));
      await Promise.all(wishes);
      const common = built[0]?.layers[0]?.digest ?? "";
      expect(hostile.countOf("GET", common)).toBe(1);
      await collect(bench);
      for (const name of names) expect(checkLine(bench, name)).toContain(" complete ");
      expect(holdings(bench).leases).toEqual([]);
      for (const name of names) await images.remove(name, limit());
    },
    LIMIT_MS,
  );
});

describe("an image from an archive", () => {
  test(
    "is complete for containerd's own tools, OCI and docker form",
    async () => {
      const path = join(bench.containerd.folder, "image.tar");
      const image = sample("archive");
      writeOciArchive(path, image, "demo.local/oci:1", { gzip: true });
      await images.importArchive(path, undefined, limit());
      const recipe = { cmd: ["/bin/sh"] };
      writeDockerArchive(path, [tarOf({ "/a": "1" }), tarOf({ "/b": "2" })], recipe, "docker-form:1");
      await images.importArchive(path, undefined, limit());
      await collect(bench);
      expect(holdings(bench).leases).toEqual([]);
      for (const name of ["demo.local/oci:1", "docker.io/library/docker-form:1"]) {
        expect(checkLine(bench, name)).toMatch(/ complete \(\d\/\d\) .* true\s*$/);
        expect((await images.find(name, limit()))?.name).toBe(name);
        await images.remove(name, limit());
      }
    },
    LIMIT_MS,
  );

  test(
    "that skopeo wrote is taken",
    async () => {
      const name = await registry.push("demo/skopeo", "1", sample("skopeo"));
      for (const [form, expected] of [
        ["oci-archive", "demo.local/skopeo:1"],
        ["docker-archive", "demo.local/skopeo:1"],
      ] as const) {
        const path = join(bench.containerd.folder, `${form}.tar`);
        const run = Bun.spawnSync([
          "skopeo",
          "copy",
          "--src-tls-verify=false",
          `docker://${name}`,
          `${form}:${path}:${expected}`,
        ]);
        expect(run.stderr.toString() + run.exitCode).toEndWith("0");
        const [imported] = await images.importArchive(path, undefined, limit());
        expect(imported?.name).toBe(expected);
        await images.remove(expected, limit());
      }
    },
    LIMIT_MS,
  );

  test(
    "that ctr imported without unpacking is found and unpacked",
    async () => {
      const path = join(bench.containerd.folder, "ctr.tar");
      writeOciArchive(path, sample("ctr"), "demo.local/ctr:1");
      bench.containerd.ctr("images", "import", "--no-unpack", path);
      const found = await images.find("demo.local/ctr:1", limit());
      expect(found).toBeDefined();
      await collect(bench);
      expect(await bench.engine.content.hasSnapshot(found?.chainId ?? "", limit())).toBe(true);
      await images.remove("demo.local/ctr:1", limit());
    },
    LIMIT_MS,
  );
});

describe("trouble on the way", () => {
  test(
    "a pull that broke off at 95 % is resumed by another process: less than a tenth is fetched again",
    async () => {
      const image = sample("resume", 4_000_000);
      const big = image.layers[1] ?? image.config;
      const name = hostile.offer("demo/resume", "1", image);
      const cutAt = Math.floor(big.size * 0.95);
      hostile.intercept = (request, response) => {
        if (!request.url.endsWith(big.digest)) return false;
        const begin = beginOf(request);
        cutOff(response, hostile.blob(big.digest), begin, Math.max(0, cutAt - begin));
        return true;
      };
      const error = await failure(images.ensure(name, limit()));
      expect(error.code).toBe("SC_REGISTRY_UNAVAILABLE");
      expect(holdings(bench).uploads).toHaveLength(1);
      await collect(bench);
      hostile.intercept = () => false;
      hostile.blobBytes = 0;
      await storeOver(bench).ensure(name, limit());
      expect(hostile.blobBytes).toBeLessThan(big.size * 0.1);
      await collect(bench);
      expect(checkLine(bench, name)).toContain(" complete ");
      expect([holdings(bench).leases, holdings(bench).uploads]).toEqual([[], []]);
      await images.remove(name, limit());
    },
    LIMIT_MS,
  );

  test(
    "a wrong digest, a layer that is no layer, a missing image: named, and nothing is left",
    async () => {
      await collect(bench);
      const before = holdings(bench);
      const image = sample("wrong", 2_000_000);
      const big = image.layers[1] ?? image.config;
      const wrong = hostile.offer("demo/wrong", "1", image);
      hostile.intercept = (request, response) => {
        if (!request.url.endsWith(big.digest)) return false;
        response.end(randomBytes(big.size));
        return true;
      };
      const first = await failure(images.ensure(wrong, limit()));
      expect(first.code).toBe("SC_DIGEST_MISMATCH");
      expect(first.message).toContain(big.digest);
      expect(first.message).toContain(hostile.host);
      hostile.intercept = () => false;
      const garbage = hostile.offer("demo/garbage", "1", assemble([randomBytes(50_000)]));
      const second = await failure(images.ensure(garbage, limit()));
      expect(second.code).toBe("SC_IMAGE_INVALID");
      expect(second.message).toContain(garbage);
      expect((await failure(images.ensure(`${hostile.host}/demo/none:1`, limit()))).code).toBe(
        "SC_IMAGE_NOT_FOUND",
      );
      expect(holdings(bench)).toEqual(before);
    },
    LIMIT_MS,
  );

  test(
    "layers with paths and links that lead out of the image stay inside it",
    async () => {
      const layer = tarOf({
        "../../../../sc-escaped": "bad",
        out: { link: "/tmp" },
        "out/sc-through-link": "bad",
      });
      const name = hostile.offer("demo/escape", "1", assemble([layer]));
      const outcome = await images.ensure(name, limit()).then(
        () => "unpacked",
        (thrown: unknown) => (thrown instanceof SupercargoError ? thrown.code : String(thrown)),
      );
      expect(["unpacked", "SC_IMAGE_INVALID"]).toContain(outcome);
      for (const path of ["/sc-escaped", "/tmp/sc-escaped", "/tmp/sc-through-link", "/sc-through-link"]) {
        expect(await Bun.file(path).exists()).toBe(false);
      }
      await images.remove(name, limit());
    },
    LIMIT_MS,
  );

  test(
    "a caller that gives up ends the pull; small remains are not kept",
    async () => {
      await collect(bench);
      const before = holdings(bench);
      // Without busybox, whose layer alone is large enough to be kept.
      const image = buildImage({
        busybox: false,
        files: { "/label": "given up" },
        moreLayers: [{ "/data": randomBytes(200_000) }],
      });
      const big = image.layers[1] ?? image.config;
      const name = hostile.offer("demo/given-up", "1", image);
      const ended = new AbortController();
      hostile.intercept = (request, response) => {
        if (!request.url.endsWith(big.digest)) return false;
        response.writeHead(200, { "content-length": big.size });
        response.write(hostile.blob(big.digest).subarray(0, 100_000), () => ended.abort(new Error("mine")));
        return true;
      };
      const outcome = await images.ensure(name, ended.signal).catch((thrown: unknown) => thrown);
      expect(String(outcome)).toContain("mine");
      await images.whenIdle();
      await collect(bench);
      expect(holdings(bench)).toEqual(before);
    },
    LIMIT_MS,
  );

  test(
    "containerd killed in the middle of a pull: an error, and the next pull succeeds",
    async () => {
      const image = sample("killed", 3_000_000);
      const big = image.layers[1] ?? image.config;
      const name = hostile.offer("demo/killed", "1", image);
      const reached = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      hostile.intercept = async (request, response) => {
        if (!request.url.endsWith(big.digest)) return false;
        const bytes = hostile.blob(big.digest);
        response.writeHead(200, { "content-length": bytes.length });
        response.write(bytes.subarray(0, 2_000_000), () => reached.resolve());
        await release.promise;
        response.end(bytes.subarray(2_000_000));
        return true;
      };
      const pulling = failure(images.ensure(name, limit()));
      await reached.promise;
      await bench.containerd.kill("SIGKILL");
      release.resolve();
      expect((await pulling).kind).toBe("unavailable");
      hostile.intercept = () => false;
      const connected = new Promise<void>((resolve) => {
        const stop = bench.engine.onConnection((state) => {
          if (state !== "connected") return;
          stop();
          resolve();
        });
      });
      await bench.containerd.start();
      await connected;
      await images.ensure(name, limit());
      await collect(bench);
      expect(checkLine(bench, name)).toContain(" complete ");
      expect([holdings(bench).leases, holdings(bench).uploads]).toEqual([[], []]);
      await images.remove(name, limit());
    },
    LIMIT_MS,
  );
});

describe("a full disk", () => {
  const ROOM = 60_000_000;
  let small: EngineBench;

  beforeAll(async () => {
    small = await EngineBench.start({ rootBytes: ROOM });
  }, LIMIT_MS);
  afterAll(() => small.stop(), LIMIT_MS);

  test(
    "is foreseen: the numbers are in the message, nothing is fetched",
    async () => {
      const guarded = storeOver(small, { diskSpace: spaceOf(rootOf(small), rootOf(small)) });
      const name = hostile.offer(
        "demo/large",
        "1",
        buildImage({ files: { "/data": randomBytes(20_000_000) } }),
      );
      const error = await failure(guarded.ensure(name, limit()));
      expect(error.code).toBe("SC_DISK_FULL");
      expect(error.message).toMatch(/needs about \d+\.\d MB \(.*\), \d+\.\d MB are free/);
      expect(hostile.blobBytes).toBeLessThan(10_000);
    },
    LIMIT_MS,
  );

  test.each([
    ["while layers are stored", () => buildImage({ files: { "/data": randomBytes(80_000_000) } })],
    ["while a layer is unpacked", () => buildImage({ files: { "/data": Buffer.alloc(300_000_000) } })],
  ])(
    "%s: named, everything is given back, and a smaller image still comes",
    async (_when, build) => {
      const unguarded = storeOver(small);
      const name = hostile.offer("demo/full", "1", build());
      const error = await failure(unguarded.ensure(name, limit()));
      expect(error.code).toBe("SC_DISK_FULL");
      expect(error.message).toContain(name);
      await collect(small);
      expect(holdings(small)).toEqual({ content: [], snapshots: [], uploads: [], leases: [] });
      const tiny = hostile.offer("demo/tiny", "1", buildImage({ busybox: false, files: { "/x": "y" } }));
      await unguarded.ensure(tiny, limit());
      await unguarded.remove(tiny, limit());
    },
    LIMIT_MS,
  );

  test(
    "a layer that unpacks to far more than the disk has is ended, by the guard or by the full disk",
    async () => {
      const reserveBytes = 10_000_000;
      const guarded = storeOver(small, { diskSpace: spaceOf(rootOf(small), rootOf(small)), reserveBytes });
      const bomb = buildImage({ busybox: false, files: { "/data": Buffer.alloc(400_000_000) } });
      const name = hostile.offer("demo/bomb", "1", bomb);
      const error = await failure(guarded.ensure(name, limit()));
      expect(error.code).toBe("SC_DISK_FULL");
      await collect(small);
      expect(holdings(small)).toEqual({ content: [], snapshots: [], uploads: [], leases: [] });
    },
    LIMIT_MS,
  );
});
