/** Image operations of the running daemon, seen by its clients, by containerd's own tool and by skopeo. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { until } from "../../scripts/demo/until.ts";
import { DaemonConnection } from "../../src/api/daemon-connection.ts";
import { ImagesClient } from "../../src/api/images-client.ts";
import { hasCode } from "../../src/errors/error.ts";
import { withDefaults } from "../../src/model/defaults.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { MemoryRegistry } from "./support/memory-registry.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";
import { buildImage, tarOf, writeDockerArchive, writeOciArchive } from "./support/oci-image.ts";

const LIMIT_MS = 120_000;
const EXPIRY_S = 6;

let device: TestDevice;
let registry: MemoryRegistry;
let connection: DaemonConnection;
let images: ImagesClient;

beforeAll(async () => {
  refuseInitialNamespace();
  [device, registry] = await Promise.all([
    startTestDevice({ containers: { image_expiry: `${EXPIRY_S}s` } }),
    MemoryRegistry.start(),
  ]);
  connection = new DaemonConnection({ unix: device.device.socket });
  images = new ImagesClient(connection);
}, LIMIT_MS);

afterAll(async () => {
  await connection?.close();
  await Promise.all([device?.end(), registry?.stop()]);
}, LIMIT_MS);

function ctr(...args: string[]): string {
  const { containerd, namespace } = device.device;
  const run = Bun.spawnSync(["ctr", "--address", containerd.socket, "-n", namespace, ...args]);
  if (run.exitCode !== 0) throw new Error(run.stderr.toString());
  return run.stdout.toString();
}

function skopeo(...args: string[]): void {
  const run = Bun.spawnSync(["skopeo", ...args]);
  expect(run.stderr.toString() + run.exitCode).toEndWith("0");
}

function sample(label: string) {
  return buildImage({
    files: { "/label": label },
    moreLayers: [{ "/own": label.repeat(5000) }],
    cmd: ["sleep", "60"],
  });
}

async function create(id: string, name: string): Promise<void> {
  const wish = { id, name: id, image: { name }, hostConfig: { networkMode: "host" } };
  await device.device.client.create(
    withDefaults(wish, () => id),
    stepSignal(),
  );
}

/** Bytes of uploads that are not committed. */
function heldBytes(): number {
  const ingest = join(device.home, "containerd");
  const files = [...new Bun.Glob("**/ingest/*/data").scanSync(ingest)];
  return files.reduce((sum, file) => sum + Bun.file(join(ingest, file)).size, 0);
}

const nothing = () => undefined;
const names = async () => (await images.list(stepSignal())).map(({ name }) => name).sort();

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    return hasCode(thrown, "SC_IMAGE_IN_USE", "SC_IMAGE_NOT_FOUND", "SC_UNSUPPORTED")
      ? `${thrown.code} ${thrown.message}`
      : String(thrown);
  }
  return "done";
}

describe("images of a running daemon", () => {
  test(
    "are pulled with progress, needed by containers, removed when nobody needs them",
    async () => {
      const name = registry.offer("ops/app", "1", sample("one"));
      const phases = new Set<string>();
      const pulled = await images.pull(name, "missing", ({ phase }) => phases.add(phase), stepSignal());
      expect(pulled?.digest).toStartWith("sha256:");
      expect([...phases]).toContain("done");
      await create("needs-it", name);
      const [listed] = (await images.list(stepSignal())).filter((image) => image.name === name);
      expect(listed).toMatchObject({
        neededBy: "container needs-it (needs-it)",
        unusedMs: 0,
        isUsable: true,
      });
      expect(await codeOf(images.remove(name, false, stepSignal()))).toBe(
        `SC_IMAGE_IN_USE image ${name} is needed by container needs-it (needs-it)`,
      );
      await device.device.client.start("needs-it", stepSignal());
      expect((await images.prune({ unusedForMs: 0, isDryRun: false }, stepSignal())).names).toEqual([]);
      const stop = { timeoutSeconds: 1, force: true, signal: "SIGKILL" };
      await device.device.client.remove("needs-it", true, stop, stepSignal());
      const options = { unusedForMs: 0, isDryRun: true };
      const foretold = await images.prune(options, stepSignal());
      expect(foretold.names).toEqual([name]);
      expect(foretold.freedBytes).toBeGreaterThan(1_000_000);
      const removal = await images.remove(name, false, stepSignal());
      expect(removal.freedBytes).toBe(foretold.freedBytes);
      expect(ctr("content", "ls", "-q").trim()).toBe("");
      expect(ctr("snapshots", "ls").trim().split("\n")).toHaveLength(1);
      expect(await codeOf(images.remove(name, false, stepSignal()))).toStartWith("SC_IMAGE_NOT_FOUND");
    },
    LIMIT_MS,
  );

  test(
    "follow a tag that moved when asked to",
    async () => {
      const [first, second] = [sample("first"), sample("second")];
      const name = registry.offer("ops/moving", "1", first);
      await images.pull(name, "missing", nothing, stepSignal());
      registry.offer("ops/moving", "1", second);
      expect((await images.pull(name, "missing", nothing, stepSignal()))?.digest).toBe(
        first.descriptor.digest,
      );
      expect((await images.pull(name, "newer", nothing, stepSignal()))?.digest).toBe(
        second.descriptor.digest,
      );
      expect(ctr("content", "ls", "-q")).not.toContain(first.layers[1]?.digest ?? "none");
      await images.remove(name, false, stepSignal());
    },
    LIMIT_MS,
  );

  test(
    "are exported whole: skopeo, ctr and the daemon itself read the archive",
    async () => {
      const image = sample("export");
      const name = registry.offer("ops/export", "1.0", image);
      await images.pull(name, "missing", nothing, stepSignal());
      const path = join(device.home, "exported.tar");
      expect(await images.exportArchive(name, path, stepSignal())).toBe(Bun.file(path).size);
      await images.remove(name, false, stepSignal());

      for (const form of ["oci-archive", "docker-archive"]) {
        const copy = join(device.home, form);
        skopeo("copy", `${form}:${path}`, `oci:${copy}:x`);
        const { manifests } = JSON.parse(readFileSync(join(copy, "index.json"), "utf8"));
        // From docker's list a new manifest is made; from the OCI layout the same image comes.
        if (form === "oci-archive") expect(manifests[0].digest).toBe(image.descriptor.digest);
      }
      ctr("images", "import", path);
      expect(ctr("images", "check")).toMatch(
        new RegExp(`${name.replaceAll(".", "\\.")} .* complete \\(\\d/\\d\\)`),
      );
      await images.remove(name, true, stepSignal());
      const [again] = await images.importArchive(path, "", stepSignal());
      expect(again).toMatchObject({ name, digest: image.descriptor.digest });
      await images.remove(name, false, stepSignal());
      expect(existsSync(join(device.home, ".exported.tar.supercargo-export"))).toBe(false);
    },
    LIMIT_MS,
  );

  test(
    "come from archives compressed with zstd, outside and inside",
    async () => {
      const path = join(device.home, "zstd.tar");
      const image = buildImage({ files: { "/x": "y" }, compression: "zstd" });
      writeOciArchive(path, image, "demo.local/zstd:1");
      writeFileSync(path, zstdCompressSync(readFileSync(path)));
      expect((await images.importArchive(path, "", stepSignal()))[0]?.name).toBe("demo.local/zstd:1");
      const layers = [tarOf({ "/a": "1" }), tarOf({ "/b": "2" })];
      writeDockerArchive(path, layers, { cmd: ["/a"] }, "docker-zstd:1", { zstd: true });
      const [docker] = await images.importArchive(path, "", stepSignal());
      expect(docker?.name).toBe("docker.io/library/docker-zstd:1");
      expect(ctr("images", "check")).toMatch(/docker-zstd:1 .* complete/);
      for (const name of await names()) await images.remove(name, false, stepSignal());
    },
    LIMIT_MS,
  );

  test(
    "whose pull a kill of the daemon cut off: the next pull goes on where it was, and nothing is left of the first",
    async () => {
      const image = buildImage({ files: { "/own": randomBytes(6_000_000) } });
      const [layer] = image.layers;
      if (layer === undefined) throw new Error("no layer");
      const name = registry.offer("ops/killed", "1", image);
      const stalled = Promise.withResolvers<void>();
      registry.intercept = (request, response) => {
        if (!request.url.endsWith(layer.digest)) return false;
        response.writeHead(200, { "content-length": layer.size });
        response.write(registry.blob(layer.digest).subarray(0, 5_000_000), () => stalled.resolve());
        return true;
      };
      const cut = codeOf(images.pull(name, "missing", nothing, stepSignal()));
      await stalled.promise;
      await until(() => heldBytes() >= 4_000_000, "most of the layer is in the store");
      await device.device.end("container-management", "SIGKILL");
      expect(await cut).toContain("daemon");
      registry.intercept = () => false;
      registry.dropConnections();
      registry.blobBytes = 0;
      await device.device.startDaemon(stepSignal());
      await images.pull(name, "missing", nothing, stepSignal());
      // The rest of the layer, and the configuration.
      expect(registry.blobBytes).toBeLessThan(layer.size - 4_000_000 + 10_000);
      expect(heldBytes()).toBe(0);
      expect(ctr("leases", "ls", "-q")).not.toContain("supercargo-pull");
      expect(ctr("snapshots", "ls")).not.toContain("extract-");
      await images.remove(name, false, stepSignal());
      expect(ctr("content", "ls", "-q").trim()).toBe("");
    },
    LIMIT_MS,
  );

  test(
    "expire when nobody has needed them for the configured time, those in use never",
    async () => {
      const [idle, needed] = [
        registry.offer("ops/idle", "1", sample("idle")),
        registry.offer("ops/needed", "1", sample("n")),
      ];
      await create("keeps", needed);
      await images.pull(idle, "missing", nothing, stepSignal());
      const begun = performance.now();
      await until(async () => !(await names()).includes(idle), "the idle image has expired", 30_000);
      expect(performance.now() - begun).toBeGreaterThan(EXPIRY_S * 1000 - 500);
      expect(await names()).toEqual([needed]);
      await device.device.client.remove(
        "keeps",
        true,
        { timeoutSeconds: 1, force: true, signal: "" },
        stepSignal(),
      );
      await until(async () => (await names()).length === 0, "the other one has expired", 30_000);
      // The collection comes after the removal of the name.
      await until(() => ctr("content", "ls", "-q").trim() === "", "its content has gone too", 30_000);
      const log = readFileSync(device.device.logPath("container-management"), "utf8");
      expect(log).toMatch(new RegExp(`unused images removed.*${idle}.*expired`));
    },
    LIMIT_MS,
  );
});
