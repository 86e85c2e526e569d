import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { makeFifo } from "../../../src/base/libc.ts";
import { silentLog } from "../../../src/base/log.ts";
import { FakeContent } from "../../../src/engine/fake/content.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { readTar, type TarEntry, TarProblem } from "../../../src/images/archive/tar-reader.ts";
import { chainIds } from "../../../src/images/chain.ts";
import { oneFileSystem } from "../../../src/images/disk-space.ts";
import { ImageStore } from "../../../src/images/image-store.ts";
import { IMAGE_LIMITS } from "../../../src/images/limits.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { NO_REGISTRY_SETTINGS } from "../../../src/registry/settings.ts";
import {
  buildImage,
  buildIndex,
  type ImageFiles,
  tarHeader,
  tarOf,
  writeDockerArchive,
  writeOciArchive,
} from "../../integration/support/oci-image.ts";

const folders: string[] = [];
const signal = () => AbortSignal.timeout(20_000);
const NAME = "registry.example/demo/app:1.0";

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function file(name = "archive.tar"): string {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-archive-"));
  folders.push(folder);
  return join(folder, name);
}

function store(content = new FakeContent(), freeBytes = 1e12) {
  const registry = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log: silentLog });
  const platform = { os: "linux", architecture: "amd64" };
  return new ImageStore({
    content,
    registry,
    log: silentLog,
    platform,
    diskSpace: async () => oneFileSystem(freeBytes),
  });
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

function expectNothingLeft(content: FakeContent): void {
  content.collectNow();
  expect([content.leases.size, content.writing.size, content.records.size, content.blobs.size]).toEqual([
    0, 0, 0, 0,
  ]);
  expect([content.snapshots.size, content.uploads.size]).toEqual([0, 0]);
}

const image = buildImage({
  busybox: false,
  architecture: "amd64",
  files: { "/hello": "hello" },
  moreLayers: [{ "/more": Buffer.alloc(200_000, "abc") }],
  cmd: ["/hello"],
});

describe("importing an OCI archive", () => {
  test.each([false, true])("the image is complete under its own name (gzip: %p)", async (gzip) => {
    const path = file();
    writeOciArchive(path, image, NAME, { gzip });
    const content = new FakeContent();
    const images = store(content);
    const [imported] = await images.importArchive(path, undefined, signal());
    expect(imported).toMatchObject({
      name: NAME,
      digest: image.descriptor.digest,
      config: { cmd: ["/hello"] },
    });
    expect(imported?.chainId).toBe(chainIds(image.diffIds).at(-1) ?? "");
    content.collectNow();
    expect(content.leases.size).toBe(0);
    expect(content.blobs.size).toBe(image.blobs.size);
    expect(await images.ensure(NAME, signal())).toEqual(imported as NonNullable<typeof imported>);
  });

  test("a given name replaces the archive's, and importing twice is the same as once", async () => {
    const path = file();
    writeOciArchive(path, image, undefined);
    const content = new FakeContent();
    await store(content).importArchive(path, "my/name:1", signal());
    await store(content).importArchive(path, "my/name:1", signal());
    expect([...content.records.keys()]).toEqual(["my/name:1"]);
  });

  test("without any name it asks for one", async () => {
    const path = file();
    writeOciArchive(path, image, undefined);
    const content = new FakeContent();
    expect((await failure(store(content).importArchive(path, undefined, signal()))).message).toContain(
      "give a name",
    );
    expectNothingLeft(content);
  });

  test("of an index in it this machine's image is taken; the others need not be there", async () => {
    const other = buildImage({ busybox: false, architecture: "arm64", files: { "/x": "" } });
    const index = buildIndex([
      { image: other, architecture: "arm64" },
      { image, architecture: "amd64" },
    ]);
    for (const digest of other.blobs.keys()) index.blobs.delete(digest);
    const path = file();
    writeOciArchive(path, index, NAME);
    const [imported] = await store().importArchive(path, undefined, signal());
    expect(imported?.digest).toBe(index.descriptor.digest);
  });

  test("content that is not what its name says is refused", async () => {
    const layer = image.layers[1]?.digest ?? "";
    const path = file();
    writeOciArchive(path, { ...image, blobs: new Map(image.blobs).set(layer, Buffer.from("other")) }, NAME);
    const content = new FakeContent();
    const error = await failure(store(content).importArchive(path, undefined, signal()));
    expect(error.code).toBe("SC_DIGEST_MISMATCH");
    expect(error.message).toContain(layer);
    expectNothingLeft(content);
  });

  test.each([
    ["layer", 1],
    ["configuration", -1],
  ] as const)("a missing %s is named", async (_what, at) => {
    const digest = at < 0 ? image.config.digest : (image.layers[at]?.digest ?? "");
    const blobs = new Map(image.blobs);
    blobs.delete(digest);
    const path = file();
    writeOciArchive(path, { ...image, blobs }, NAME);
    const content = new FakeContent();
    const error = await failure(store(content).importArchive(path, undefined, signal()));
    expect(error.code).toBe("SC_IMAGE_INVALID");
    expect(error.message).toContain(digest);
    expectNothingLeft(content);
  });

  test("an archive that does not fit is refused with numbers", async () => {
    const path = file();
    writeOciArchive(path, image, NAME);
    const content = new FakeContent();
    const error = await failure(store(content, 1000).importArchive(path, undefined, signal()));
    expect(error.code).toBe("SC_DISK_FULL");
    expectNothingLeft(content);
  });

  test("a store that fills up in the middle is named and left clean", async () => {
    const path = file();
    writeOciArchive(path, image, NAME);
    const content = new FakeContent({ capacityBytes: 100_000 });
    expect((await failure(store(content).importArchive(path, undefined, signal()))).code).toBe(
      "SC_DISK_FULL",
    );
    expectNothingLeft(content);
  });
});

describe("importing what docker save writes", () => {
  test.each([
    ["demo:1", "docker.io/library/demo:1"],
    ["org/demo:1", "docker.io/org/demo:1"],
    ["reg:5000/demo:1", "reg:5000/demo:1"],
    ["localhost/demo:1", "localhost/demo:1"],
  ])("the tag %s becomes the name %s", async (tag, name) => {
    const tars = [tarOf({ "/a": "1" }), tarOf({ "/b": "2" })];
    const path = file();
    writeDockerArchive(path, tars, { architecture: "amd64", cmd: ["/a"] }, tag);
    const content = new FakeContent();
    const [imported] = await store(content).importArchive(path, undefined, signal());
    expect(imported).toMatchObject({ name, config: { cmd: ["/a"] } });
    content.collectNow();
    expect(content.snapshots.size).toBe(2);
  });

  test("links to layers inside the archive are followed, links out of it are not", async () => {
    const good = buildDocker({ "two/layer.tar": { link: "../one/layer.tar" } });
    const path = file();
    writeFileSync(path, good);
    const [imported] = await store().importArchive(path, undefined, signal());
    expect(imported?.name).toBe("docker.io/library/demo:1");
    writeFileSync(path, buildDocker({ "two/layer.tar": { link: "../../../../etc/passwd" } }));
    expect((await failure(store().importArchive(path, undefined, signal()))).message).toContain(
      'layer "two/layer.tar" is missing',
    );
    writeFileSync(path, buildDocker({ "two/layer.tar": { link: "../two/layer.tar" } }));
    expect((await failure(store().importArchive(path, undefined, signal()))).code).toBe("SC_IMAGE_INVALID");
  });

  function buildDocker(more: ImageFiles): Uint8Array {
    const layer = tarOf({ "/a": "1" });
    const diffId = new Bun.CryptoHasher("sha256").update(layer).digest("hex");
    const ids = [`sha256:${diffId}`, `sha256:${diffId}`];
    const config = {
      architecture: "amd64",
      os: "linux",
      config: {},
      rootfs: { type: "layers", diff_ids: ids },
    };
    const layers = ["one/layer.tar", "two/layer.tar"];
    return tarOf({
      "one/layer.tar": layer,
      "c.json": JSON.stringify(config),
      "manifest.json": JSON.stringify([{ Config: "c.json", RepoTags: ["demo:1"], Layers: layers }]),
      ...more,
    });
  }
});

describe("a hostile archive", () => {
  async function refusal(bytes: Uint8Array): Promise<SupercargoError> {
    const path = file();
    writeFileSync(path, bytes);
    const content = new FakeContent();
    const error = await failure(store(content).importArchive(path, "x/y:1", signal()));
    expectNothingLeft(content);
    return error;
  }

  test.each([
    ["empty", Buffer.alloc(0)],
    ["no tar", Buffer.from("hello ".repeat(1000))],
    ["zstd", Buffer.from("28b52ffd00000000", "hex")],
    ["cut gzip", gzipSync(tarOf({ "index.json": "x".repeat(5000) })).subarray(0, 60)],
    ["gzip of garbage", gzipSync(Buffer.from("hello ".repeat(1000)))],
    ["tar without image", tarOf({ "a.txt": "b" })],
    ["index that is no index", tarOf({ "index.json": "{}" })],
    ["cut tar", tarOf({ "index.json": "x".repeat(5000) }).subarray(0, 1500)],
    ["name that leads out", tarOf({ "../../etc/cron.d/x": "bad" })],
    ["name that leads out in the middle", tarOf({ "blobs/../../x": "bad" })],
    ["absolute name", Buffer.concat([tarHeader("/etc/passwd", 0, "0", 0o644), Buffer.alloc(1024)])],
    ["giant member", Buffer.concat([tarHeader("index.json", 8 ** 11 - 1, "0", 0o644), Buffer.alloc(4096)])],
  ])("%s is refused", async (_name, bytes) => {
    expect((await refusal(bytes)).code).toBe("SC_IMAGE_INVALID");
  });

  test("too many entries are refused", async () => {
    const header = Buffer.from(tarHeader("x", 0, "0", 0o644));
    const error = await refusal(
      Buffer.concat(Array.from({ length: IMAGE_LIMITS.archiveEntries + 1 }, () => header)),
    );
    expect(error.message).toContain(`more than ${IMAGE_LIMITS.archiveEntries} entries`);
  });

  test("a gzip bomb costs time, not memory or disk", async () => {
    const zeros = Buffer.alloc(300_000_000);
    const bomb = gzipSync(Buffer.concat([tarHeader("blobs/sha256/x", zeros.length, "0", 0o644), zeros]), {
      level: 1,
    });
    const before = process.memoryUsage().rss;
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - before);
    }, 10);
    expect((await refusal(bomb)).code).toBe("SC_IMAGE_INVALID");
    clearInterval(timer);
    expect(most).toBeLessThan(150_000_000);
  }, 30_000);

  test("what is not a plain file is not opened for reading", async () => {
    const path = file("fifo");
    makeFifo(path, 0o600);
    const error = await failure(store().importArchive(path, undefined, signal()));
    expect(error.message).toContain("it is not a file");
    const missing = await failure(store().importArchive(`${path}.missing`, undefined, signal()));
    expect(missing.code).toBe("SC_IO");
    expect(missing.message).toContain(`${path}.missing`);
    symlinkSync("/", `${path}.link`);
    expect((await failure(store().importArchive(`${path}.link`, undefined, signal()))).code).toBe("SC_IO");
  });

  test("mutated archives are imported or refused with a reason, and never leave anything half-made", async () => {
    const path = file();
    const whole = (() => {
      writeOciArchive(
        path,
        buildImage({ busybox: false, architecture: "amd64", files: { "/a": "b" } }),
        NAME,
      );
      return readFileSync(path);
    })();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.option(fc.nat(whole.length)),
        async (changes, cut) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          writeFileSync(path, cut === null ? bytes : bytes.subarray(0, cut));
          const content = new FakeContent();
          try {
            await store(content).importArchive(path, "x/y:1", signal());
          } catch (thrown) {
            if (!(thrown instanceof SupercargoError)) throw thrown;
            expect(thrown.message).not.toBe("");
            expectNothingLeft(content);
          }
          expect(content.leases.size).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  }, 30_000);
});

describe("reading tar", () => {
  async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  async function readAll(bytes: Uint8Array, size: number) {
    const entries: { name: string; kind: string; content: string }[] = [];
    for await (const entry of readTar(pieces(bytes, size))) {
      const parts: Uint8Array[] = [];
      if (entry.kind === "file") for await (const part of entry.content()) parts.push(part);
      entries.push({ name: entry.name, kind: entry.kind, content: Buffer.concat(parts).toString() });
    }
    return entries;
  }

  test("any split of the bytes gives the same entries", async () => {
    const tar = tarOf({ "a/b": "one", "a/c": "x".repeat(1000), d: { link: "a/b" }, e: "" });
    const expected = [
      { name: "a", kind: "other", content: "" },
      { name: "a/b", kind: "file", content: "one" },
      { name: "a/c", kind: "file", content: "x".repeat(1000) },
      { name: "d", kind: "link", content: "" },
      { name: "e", kind: "file", content: "" },
    ];
    for (const size of [1, 7, 511, 512, 513, 100_000]) expect(await readAll(tar, size)).toEqual(expected);
  });

  test("entries whose content is not read, or only begun, do not shift the next", async () => {
    const names: string[] = [];
    for await (const entry of readTar(
      pieces(tarOf({ a: "x".repeat(700), b: "y".repeat(700), c: "z" }), 100),
    )) {
      names.push(entry.name);
      if (entry.name === "b") for await (const _part of entry.content()) break;
    }
    expect(names).toEqual(["a", "b", "c"]);
  });

  test("long names of pax and GNU, split names and binary sizes are understood", async () => {
    const long = `${"deep/".repeat(40)}file`;
    const record = (key: string, value: string): string => {
      const rest = ` ${key}=${value}\n`;
      let length = rest.length + 1;
      while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
      return `${length}${rest}`;
    };
    const member = (header: Uint8Array, body: string) =>
      Buffer.concat([header, Buffer.from(body), Buffer.alloc((512 - (body.length % 512)) % 512)]);
    const pax = record("path", long) + record("size", "5") + record("comment", "x=y");
    const binary = Buffer.from(tarHeader("binary", 0, "0", 0o644));
    binary.fill(0, 124, 136);
    binary[124] = 0x80;
    binary[135] = 4;
    let sum = 0;
    binary.fill(0x20, 148, 156);
    for (const byte of binary) sum += byte;
    binary.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const bytes = Buffer.concat([
      member(tarHeader("PaxHeader", pax.length, "x", 0o644), pax),
      member(tarHeader("short", 0, "0", 0o644), "hello"),
      member(tarHeader("././@LongLink", long.length + 1, "L", 0o644), `${long}\0`),
      member(tarHeader("short", 3, "0", 0o644), "gnu"),
      member(binary, "bin!"),
      tarOf({ [`${"p".repeat(60)}/${"q".repeat(60)}`]: "split" }),
    ]);
    const entries = (await readAll(bytes, 300)).filter((entry) => entry.kind === "file");
    expect(entries.map((entry) => [entry.name, entry.content])).toEqual([
      [long, "hello"],
      [long, "gnu"],
      ["binary", "bin!"],
      [`${"p".repeat(60)}/${"q".repeat(60)}`, "split"],
    ]);
  });

  test("any bytes are entries or a named problem", async () => {
    const tar = Buffer.from(tarOf({ a: "one", b: "two" }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(tar.length - 1), fc.nat(255)), { maxLength: 20 }),
        async (changes) => {
          const bytes = Buffer.from(tar);
          for (const [at, value] of changes) bytes[at] = value;
          try {
            for await (const entry of readTar(pieces(bytes, 512))) {
              const { name }: TarEntry = entry;
              expect(name.split("/")).not.toContain("..");
              expect(name.startsWith("/")).toBe(false);
            }
          } catch (thrown) {
            if (!(thrown instanceof TarProblem)) throw thrown;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
