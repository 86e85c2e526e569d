import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import { FakeContent, type FakeContentOptions } from "../../../src/engine/fake/content.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import { readTar } from "../../../src/images/archive/tar-reader.ts";
import { tarHeader } from "../../../src/images/archive/tar-writer.ts";
import { ImageStore } from "../../../src/images/image-store.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { NO_REGISTRY_SETTINGS } from "../../../src/registry/settings.ts";
import { buildImage, buildIndex, writeOciArchive } from "../../integration/support/oci-image.ts";

const signal = () => AbortSignal.timeout(20_000);
const NAME = "registry.example/a/b:1.0";
const image = buildImage({ busybox: false, files: { "/x": "x".repeat(3000) }, moreLayers: [{ "/y": "y" }] });

let folder: string;
let lines: LogRecord[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-export-"));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function storeOver(content: FakeContent): ImageStore {
  const log = createLog("images", (record) => lines.push(record));
  const registry = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log });
  return new ImageStore({ content, registry, log, exportsFile: join(folder, "state", "exports.json") });
}

async function imported(
  options: FakeContentOptions = {},
  from: Parameters<typeof writeOciArchive>[1] = image,
) {
  const content = new FakeContent(options);
  const images = storeOver(content);
  const path = join(folder, "source.tar");
  writeOciArchive(path, from, NAME);
  await images.importArchive(path, undefined, signal());
  rmSync(path);
  return { content, images };
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

/** Nothing but what is named lies in the folder, hidden files included. */
const files = () =>
  readdirSync(folder)
    .filter((name) => name !== "state")
    .sort();

describe("exporting an image", () => {
  test("gives an archive from which another device has the same image under the same digest", async () => {
    const { images } = await imported();
    const path = join(folder, "out.tar");
    expect(await images.exportArchive(NAME, path, signal())).toBe(statSync(path).size);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const [again] = await storeOver(new FakeContent()).importArchive(path, undefined, signal());
    expect(again).toMatchObject({ name: NAME, digest: image.descriptor.digest });
    expect(files()).toEqual(["out.tar"]);
    expect(readdirSync(join(folder, "state"))).toEqual([]);
  });

  test("keeps the index of an image for several platforms", async () => {
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    const index = buildIndex([
      { image: buildImage({ busybox: false, architecture: "s390x" }), architecture: "s390x" },
      { image, architecture },
    ]);
    const { images } = await imported({}, index);
    const path = join(folder, "out.tar");
    await images.exportArchive(NAME, path, signal());
    const [again] = await storeOver(new FakeContent()).importArchive(path, undefined, signal());
    expect(again?.digest).toBe(index.descriptor.digest);
  });

  test("replaces a file that is there, and is the same bytes each time", async () => {
    const { images } = await imported();
    const path = join(folder, "out.tar");
    writeFileSync(path, "before");
    await images.exportArchive(NAME, path, signal());
    const first = readFileSync(path);
    await images.exportArchive(NAME, path, signal());
    expect(readFileSync(path).equals(first)).toBe(true);
  });

  test.each([
    ["a relative path", "out.tar"],
    ["a folder that is not there", "/nowhere-at-all/out.tar"],
    ["a NUL", "/tmp/a\0b"],
  ])("to %s is refused and leaves nothing", async (_what, path) => {
    const { images } = await imported();
    const error = await failure(images.exportArchive(NAME, path, signal()));
    expect(error.code).toBe("SC_IO");
    expect(error.message).toContain("cannot write the image archive");
    expect(files()).toEqual([]);
  });

  test("never writes through a link or over a folder", async () => {
    const { images } = await imported();
    writeFileSync(join(folder, "victim"), "mine");
    symlinkSync(join(folder, "victim"), join(folder, "link.tar"));
    mkdirSync(join(folder, "folder.tar"));
    for (const name of ["link.tar", "folder.tar"]) {
      expect((await failure(images.exportArchive(NAME, join(folder, name), signal()))).code).toBe("SC_IO");
    }
    // A link in the place of the temporary file is taken away, not followed.
    symlinkSync(join(folder, "victim"), join(folder, ".out.tar.supercargo-export"));
    await images.exportArchive(NAME, join(folder, "out.tar"), signal());
    expect(readFileSync(join(folder, "victim"), "utf8")).toBe("mine");
  });

  test("of an image that is not here, or whose layer is gone, says so", async () => {
    const { images, content } = await imported();
    const path = join(folder, "out.tar");
    expect((await failure(images.exportArchive("a.b/c:1", path, signal()))).code).toBe("SC_IMAGE_NOT_FOUND");
    content.blobs.delete(image.layers[1]?.digest ?? "");
    const error = await failure(images.exportArchive(NAME, path, signal()));
    expect(error.code).toBe("SC_IMAGE_NOT_FOUND");
    expect(error.message).toContain(image.layers[1]?.digest ?? "none");
    expect(files()).toEqual([]);
  });

  test("damaged content is found, not exported", async () => {
    const { images, content } = await imported();
    const digest = image.layers[0]?.digest ?? "";
    const blob = content.blobs.get(digest);
    if (blob === undefined) throw new Error("no layer");
    content.blobs.set(digest, { ...blob, bytes: Buffer.alloc(blob.bytes.length) });
    const path = join(folder, "out.tar");
    writeFileSync(path, "before");
    expect((await failure(images.exportArchive(NAME, path, signal()))).code).toBe("SC_DIGEST_MISMATCH");
    expect(readFileSync(path, "utf8")).toBe("before");
    expect(files()).toEqual(["out.tar"]);
  });

  test("a caller that gives up leaves nothing; meanwhile the image cannot be removed", async () => {
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { images } = await imported({
      onCall: async (call) => {
        if (call !== "stream") return;
        reached.resolve();
        await goOn.promise;
      },
    });
    const ended = new AbortController();
    const exporting = images
      .exportArchive(NAME, join(folder, "out.tar"), ended.signal)
      .catch((thrown: unknown) => thrown);
    await reached.promise;
    expect((await failure(images.remove(NAME, signal()))).message).toContain("needed by an export");
    ended.abort(new Error("mine"));
    goOn.resolve();
    expect(String(await exporting)).toContain("mine");
    expect(files()).toEqual([]);
    await images.remove(NAME, signal());
  });

  test("what a killed daemon had written is taken away at the next start, and nothing else", async () => {
    const reached = Promise.withResolvers<void>();
    const killed = Promise.withResolvers<void>();
    const { images } = await imported({
      onCall: async (call) => {
        if (call !== "stream") return;
        reached.resolve();
        await killed.promise;
      },
    });
    const exporting = images.exportArchive(NAME, join(folder, "out.tar"), signal()).catch(() => "ended");
    await reached.promise;
    expect(files()).toEqual([".out.tar.supercargo-export"]);
    const note = join(folder, "state", "exports.json");
    const noted = JSON.parse(readFileSync(note, "utf8"));
    writeFileSync(join(folder, "other"), "mine");
    writeFileSync(note, JSON.stringify({ exports: [...noted.exports, join(folder, "other"), 5] }));
    storeOver(new FakeContent());
    expect(files()).toEqual(["other"]);
    expect(existsSync(note)).toBe(false);
    // A killed process closes its files too.
    killed.reject(new Error("killed"));
    expect(await exporting).toBe("ended");
  });
});

describe("headers of large files", () => {
  test("have sizes that tar understands", async () => {
    for (const size of [0, 511, 512, 8 ** 11 - 1, 8 ** 11, 20 * 1024 ** 3]) {
      const source = (async function* () {
        yield tarHeader("blobs/sha256/x", size);
      })();
      for await (const entry of readTar(source)) {
        expect(entry.size).toBe(size);
        break;
      }
    }
  });
});
