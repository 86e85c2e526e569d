import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { silentLog } from "../../../src/base/log.ts";
import { FakeContent } from "../../../src/engine/fake/content.ts";
import { hasCode } from "../../../src/errors/error.ts";
import { ImageStore } from "../../../src/images/image-store.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { NO_REGISTRY_SETTINGS } from "../../../src/registry/settings.ts";
import { MemoryRegistry } from "../../integration/support/memory-registry.ts";
import { buildImage } from "../../integration/support/oci-image.ts";
import { seededRandom } from "../../integration/support/seeded-random.ts";

const CLIENTS = 8;
const STEPS = 40;
const TAGS = 12;
const signal = () => AbortSignal.timeout(60_000);

let server: MemoryRegistry;
beforeAll(async () => {
  server = await MemoryRegistry.start();
});
afterAll(() => server.stop());

describe("containers made while images are pulled, removed and pruned", () => {
  test.each([1, 2, 3])(
    "never lose the image that they have been given (seed %d)",
    async (seed) => {
      const random = seededRandom(seed);
      const pick = (limit: number) => Math.floor(random() * limit);
      const content = new FakeContent({
        onCall: async () => {
          for (let turn = pick(4); turn > 0; turn--)
            await new Promise<void>((resolve) => setImmediate(resolve));
        },
      });
      const registry = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log: silentLog });
      const images = new ImageStore({ content, registry, log: silentLog });
      const needed = new Map<string, number>();
      images.expiry.start(() => ({
        names: new Map([...needed.keys()].map((name) => [name, "a container"])),
        chains: new Map(),
      }));
      const names = Array.from({ length: TAGS }, (_, tag) => offer(seed, tag, 0));
      const counts = { made: 0, removed: 0, pruned: 0, refused: 0 };

      const makeContainer = async (name: string) => {
        needed.set(name, (needed.get(name) ?? 0) + 1);
        try {
          const policy = (["missing", "newer", "always"] as const)[pick(3)] ?? "missing";
          await images.ensure(name, signal(), { policy });
          // The tag may have moved meanwhile; but the name stands for a whole image.
          const image = await images.find(name, signal());
          expect(image?.name).toBe(name);
          counts.made++;
        } finally {
          const left = (needed.get(name) ?? 1) - 1;
          if (left === 0) needed.delete(name);
          else needed.set(name, left);
        }
      };
      const remove = async (name: string) => {
        try {
          await images.remove(name, signal());
          counts.removed++;
        } catch (thrown) {
          if (!hasCode(thrown, "SC_IMAGE_IN_USE", "SC_IMAGE_NOT_FOUND")) throw thrown;
          counts.refused++;
        }
      };
      const prune = async () => {
        const { names: gone } = await images.prune(
          { unusedForMs: 0, isDryRun: false, reason: "test" },
          signal(),
        );
        counts.pruned += gone.length;
      };
      const client = async () => {
        for (let step = 0; step < STEPS; step++) {
          const name = names[pick(TAGS)] ?? "";
          const act = pick(10);
          if (act < 4) await makeContainer(name);
          else if (act < 7) await remove(name);
          else if (act < 9) await prune();
          else offer(seed, pick(TAGS), step);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      await images.expiry.close();
      for (const name of content.records.keys()) await images.remove(name, signal());
      content.collectNow();
      console.log(`seed ${seed}: ${JSON.stringify(counts)}`);
      expect(counts.made).toBeGreaterThan(50);
      expect(counts.removed + counts.pruned).toBeGreaterThan(10);
      expect([content.leases.size, content.blobs.size, content.snapshots.size]).toEqual([0, 0, 0]);
    },
    60_000,
  );
});

/** Two layers; the lower one is common to all. */
function offer(seed: number, tag: number, version: number): string {
  const image = buildImage({
    busybox: false,
    files: { "/common": "common" },
    moreLayers: [{ "/own": `${tag} ${version}` }],
  });
  return server.offer("a/b", `${seed}-${tag}`, image);
}
