import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "../../src/base/log.ts";
import { ContainerdEngine } from "../../src/engine/containerd/containerd-engine.ts";
import type { Content, ContentLease } from "../../src/engine/content.ts";
import { resolveUserInRootfs } from "../../src/engine/spec/rootfs-users.ts";
import { hasCode } from "../../src/errors/error.ts";
import { type Blob, blobOf, busyboxLayer, importBusybox, upload } from "./support/busybox-image.ts";
import { EngineBench, LIMIT_MS, limit } from "./support/engine-bench.ts";
import { digestOf } from "./support/oci-image.ts";

const LAYER = "application/vnd.oci.image.layer.v1.tar";

let bench: EngineBench;
let content: Content;
let lease: ContentLease;

beforeAll(async () => {
  bench = await EngineBench.start();
  content = bench.engine.content;
  lease = await content.lease("work", 600_000, limit());
}, LIMIT_MS);
afterAll(async () => {
  await lease.release(true);
  await bench.stop();
}, LIMIT_MS);

async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

function randomBlob(bytes: number): Blob {
  return blobOf("application/octet-stream", randomBytes(bytes));
}

async function openWriter(blob: Blob, ref = blob.descriptor.digest) {
  const writer = await lease.openWriter(ref, blob.descriptor, limit());
  if (writer === undefined) throw new Error("the blob is there already");
  return writer;
}

describe("a blob", () => {
  test(
    "is written in chunks of any size, labelled, read back and then not asked for again",
    async () => {
      const blob = randomBlob(3_000_001);
      const writer = await openWriter(blob);
      expect(writer.offset).toBe(0);
      let at = 0;
      for (const size of [1, 16_384, 0, 1_500_000, 1_483_616]) {
        await writer.write(blob.data.subarray(at, at + size));
        at += size;
      }
      await writer.commit({ "test/label": "a" });
      expect(await content.has(blob.descriptor.digest, limit())).toBe(true);
      expect(Buffer.compare(await content.read(blob.descriptor.digest, 4_000_000, limit()), blob.data)).toBe(
        0,
      );
      expect(await lease.openWriter("other", blob.descriptor, limit())).toBeUndefined();
      await content.setLabels(blob.descriptor.digest, { "test/more": "b" }, limit());
      const labels = bench.containerd.ctr("content", "ls");
      for (const label of ["test/label=a", "test/more=b"]) expect(labels).toContain(label);
    },
    LIMIT_MS,
  );

  test(
    "of 200 MB is written without holding it in memory twice",
    async () => {
      const piece = randomBytes(1 << 20);
      const whole = Buffer.concat(Array.from({ length: 200 }, () => piece));
      const blob = blobOf("application/octet-stream", whole);
      const writer = await openWriter(blob);
      for (let count = 0; count < 200; count++) await writer.write(piece);
      await writer.commit({});
      expect(await content.has(blob.descriptor.digest, limit())).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "goes on where it was left, under the same key",
    async () => {
      const blob = randomBlob(2_000_000);
      const first = await openWriter(blob, "resumed");
      await first.write(blob.data.subarray(0, 1_200_000));
      await first.suspend();
      const second = await openWriter(blob, "resumed");
      expect(second.offset).toBe(1_200_000);
      await second.write(blob.data.subarray(second.offset));
      await second.commit({});
      expect(await content.has(blob.descriptor.digest, limit())).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "with another content than its digest is refused and leaves nothing that spoils the next try",
    async () => {
      const blob = randomBlob(10_000);
      const writer = await openWriter(blob, "spoiled");
      await writer.write(randomBytes(10_000));
      expect(hasCode(await thrownBy(writer.commit({})), "SC_DIGEST_MISMATCH")).toBe(true);
      const again = await openWriter(blob, "spoiled");
      expect(again.offset).toBe(0);
      await again.write(blob.data);
      await again.commit({});
      expect(await content.has(blob.descriptor.digest, limit())).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "that is longer or shorter than announced is refused and thrown away",
    async () => {
      const blob = randomBlob(1_000);
      const longer = await openWriter(blob, "length");
      expect(hasCode(await thrownBy(longer.write(randomBytes(1_001))), "SC_DIGEST_MISMATCH")).toBe(true);
      const shorter = await openWriter(blob, "length");
      expect(shorter.offset).toBe(0);
      await shorter.write(blob.data.subarray(0, 999));
      expect(hasCode(await thrownBy(shorter.commit({})), "SC_DIGEST_MISMATCH")).toBe(true);
      const again = await openWriter(blob, "length");
      expect(again.offset).toBe(0);
      await again.abort();
    },
    LIMIT_MS,
  );

  test(
    "has one writer per key; the second waits for the first and finds it done",
    async () => {
      const blob = randomBlob(100_000);
      const first = await openWriter(blob, "shared");
      const second = lease.openWriter("shared", blob.descriptor, limit());
      await first.write(blob.data);
      await first.commit({});
      expect(await second).toBeUndefined();
    },
    LIMIT_MS,
  );

  test(
    "whose writer is given up by its signal can be resumed by the next",
    async () => {
      const blob = randomBlob(3_000_000);
      const stop = new AbortController();
      const writer = await lease.openWriter("given-up", blob.descriptor, stop.signal);
      await writer?.write(blob.data.subarray(0, 100_000));
      stop.abort(new Error("enough"));
      expect(
        String(await thrownBy(writer?.write(blob.data.subarray(100_000)) ?? Promise.resolve())),
      ).toContain("enough");
      await writer?.suspend();
      const again = await openWriter(blob, "given-up");
      await again.write(blob.data.subarray(again.offset));
      await again.commit({});
      expect(await content.has(blob.descriptor.digest, limit())).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "that another namespace has is only committed",
    async () => {
      const blob = randomBlob(5_000);
      await upload(lease, blob, {}, limit());
      const { address, folder } = bench.containerd;
      const other = new ContainerdEngine({
        address,
        namespace: `${bench.containerd.namespace}-b`,
        leaseId: "b",
        runcRuntime: "io.containerd.runc.v2",
        scratchDir: join(folder, "scratch-b"),
        log: silentLog,
      });
      await other.open(limit());
      const otherLease = await other.content.lease("w", 60_000, limit());
      const writer = await otherLease.openWriter("x", blob.descriptor, limit());
      expect(writer?.offset).toBe(5_000);
      await writer?.commit({});
      expect(await other.content.has(blob.descriptor.digest, limit())).toBe(true);
      await otherLease.release(true);
      await other.close();
    },
    LIMIT_MS,
  );

  test(
    "that is missing or too large to read is refused",
    async () => {
      const missing = content.read(digestOf(randomBytes(8)), 100, limit());
      expect(hasCode(await thrownBy(missing), "SC_ENGINE_NOT_FOUND")).toBe(true);
      const blob = randomBlob(5_000);
      await upload(lease, blob, {}, limit());
      const large = content.read(blob.descriptor.digest, 4_999, limit());
      expect(hasCode(await thrownBy(large), "SC_IMAGE_INVALID")).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "that the disk has no room for is refused as such",
    async () => {
      const small = await EngineBench.start({ rootBytes: 24 << 20 });
      try {
        const blob = randomBlob(40 << 20);
        const own = await small.engine.content.lease("full", 60_000, limit());
        const thrown = await thrownBy(upload(own, blob, {}, limit()));
        expect(hasCode(thrown, "SC_DISK_FULL")).toBe(true);
        await own.release(true);
      } finally {
        await small.stop();
      }
    },
    LIMIT_MS,
  );
});

describe("a layer", () => {
  const applied = (blob: Blob, diffId: string) =>
    lease.applyLayer(blob.descriptor, "", diffId, diffId, limit());

  test(
    "that is no layer is refused with its digest, and no snapshot is left",
    async () => {
      const blob = blobOf(`${LAYER}+gzip`, Buffer.from("this is no archive"));
      await upload(lease, blob, {}, limit());
      const thrown = await thrownBy(applied(blob, digestOf(randomBytes(8))));
      expect(hasCode(thrown, "SC_IMAGE_INVALID")).toBe(true);
      expect(String(thrown)).toContain(blob.descriptor.digest);
      expect(bench.containerd.ctr("snapshots", "ls")).not.toContain("extract-");
    },
    LIMIT_MS,
  );

  test(
    "with another content than the image names is refused",
    async () => {
      const blob = blobOf(LAYER, busyboxLayer().slice());
      await upload(lease, blob, {}, limit());
      const wrong = digestOf(randomBytes(8));
      expect(hasCode(await thrownBy(applied(blob, wrong)), "SC_DIGEST_MISMATCH")).toBe(true);
      expect(await content.hasSnapshot(wrong, limit())).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    "unpacked by two images at once is there once, and again is nothing",
    async () => {
      const tar = Buffer.concat([busyboxLayer(), Buffer.alloc(10_240)]);
      const blob = blobOf(LAYER, tar);
      await upload(lease, blob, {}, limit());
      const diffId = blob.descriptor.digest;
      await Promise.all([applied(blob, diffId), applied(blob, diffId)]);
      await applied(blob, diffId);
      expect(await content.hasSnapshot(diffId, limit())).toBe(true);
      expect(bench.containerd.ctr("snapshots", "ls")).not.toContain("extract-");
    },
    LIMIT_MS,
  );
});

describe("an image", () => {
  test(
    "has a record that is updated, listed and deleted with everything only it held",
    async () => {
      const image = await importBusybox(content, "test/second:1", limit());
      const record = await content.image("test/second:1", limit());
      expect(record?.target).toEqual(image.manifest);
      expect(record?.createdAt).toMatch(/Z$/);
      await content.putImage("test/second:1", image.manifest, { a: "b" }, limit());
      expect((await content.image("test/second:1", limit()))?.labels).toEqual({ a: "b" });
      expect((await content.images(limit())).map(({ name }) => name)).toContain("test/second:1");
      await content.deleteImage("test/second:1", true, limit());
      await content.deleteImage("test/second:1", true, limit());
      expect(await content.image("test/second:1", limit())).toBeUndefined();
    },
    LIMIT_MS,
  );

  test(
    "kept by its record outlives a collection; the check of containerd's own tool calls it complete and unpacked",
    async () => {
      const other = await content.lease("collect", 60_000, limit());
      await other.release(true);
      expect(bench.containerd.ctr("images", "check")).toMatch(/test\/busybox:1.*complete.*true/);
    },
    LIMIT_MS,
  );
});

describe("snapshots", () => {
  test(
    "show the files of the image, read-only, and nothing stays mounted",
    async () => {
      const { engine, image, containerd } = bench;
      await engine.prepareSnapshot("look", image?.chainId ?? "", limit());
      const user = await engine.withRootfs("look", async (path) => resolveUserInRootfs(path, "app"), limit());
      expect(user).toEqual({ uid: 1000, gid: 1000, additionalGids: [1000, 29] });
      const refused = engine.withRootfs("look", async (path) => mkdirSync(join(path, "new")), limit());
      expect(String(await thrownBy(refused))).toContain("EROFS");
      expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(join(containerd.folder, "scratch"));
      expect(readdirSync(join(containerd.folder, "scratch"))).toEqual([]);
      await engine.removeSnapshot("look", limit());
    },
    LIMIT_MS,
  );

  test(
    "a container's files can be set aside and lie below the next one, and the other way round",
    async () => {
      const { engine, image } = bench;
      const run = await bench.run("c", ["sh", "-c", "echo kept >/kept"]);
      await run.exit;
      await engine.deleteTask("c", limit());
      await engine.commitSnapshot("c-snapshot", "c-aside", limit());
      await engine.commitSnapshot("c-snapshot", "c-aside", limit());
      expect(await engine.hasSnapshot("c-snapshot", limit())).toBe(false);
      expect(await engine.snapshotParent("c-aside", limit())).toBe(image?.chainId);
      await engine.prepareSnapshot("c-snapshot", "c-aside", limit());
      await engine.prepareSnapshot("c-snapshot", "c-aside", limit());
      expect(await engine.snapshotParent("c-snapshot", limit())).toBe("c-aside");
      const collector = await engine.content.lease("collect-2", 60_000, limit());
      await collector.release(true);
      const text = await engine.withRootfs(
        "c-snapshot",
        async (path) => readFileSync(join(path, "kept"), "utf8"),
        limit(),
      );
      expect(text).toBe("kept\n");
      expect((await engine.snapshotUsage("c-aside", limit())).sizeBytes).toBeGreaterThan(0);
      expect(hasCode(await thrownBy(engine.removeSnapshot("c-aside", limit())), "SC_ENGINE_FAILED")).toBe(
        true,
      );
      await engine.removeSnapshot("c-snapshot", limit());
      await engine.removeSnapshot("c-aside", limit());
      await engine.removeSnapshot("c-aside", limit());
      expect(await engine.snapshotParent("c-aside", limit())).toBeUndefined();
      const nothing = engine.commitSnapshot("c-snapshot", "c-aside", limit());
      expect(hasCode(await thrownBy(nothing), "SC_ENGINE_NOT_FOUND")).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "a layer that is missing is not found",
    async () => {
      const prepared = bench.engine.prepareSnapshot("x", digestOf(randomBytes(8)), limit());
      expect(hasCode(await thrownBy(prepared), "SC_ENGINE_NOT_FOUND")).toBe(true);
    },
    LIMIT_MS,
  );
});
