import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createLog, type LogRecord } from "../../../src/base/log.ts";
import type { Uptime } from "../../../src/base/uptime.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { FakeContent } from "../../../src/engine/fake/content.ts";
import { SupercargoError } from "../../../src/errors/error.ts";
import type { ImageNeeds } from "../../../src/images/image-needs.ts";
import { ImageStore } from "../../../src/images/image-store.ts";
import { LastUse } from "../../../src/images/last-use.ts";
import { IMAGE_LIMITS } from "../../../src/images/limits.ts";
import { RegistryClient } from "../../../src/registry/client.ts";
import { NO_REGISTRY_SETTINGS } from "../../../src/registry/settings.ts";
import { MemoryRegistry } from "../../integration/support/memory-registry.ts";
import { buildImage } from "../../integration/support/oci-image.ts";

const HOUR = 3_600_000;
const EXPIRY = 20 * HOUR;
const signal = () => AbortSignal.timeout(20_000);

let server: MemoryRegistry;
beforeAll(async () => {
  server = await MemoryRegistry.start();
});
afterAll(() => server.stop());

let content: FakeContent;
let images: ImageStore;
let clock: VirtualClock;
let up: Uptime;
let lines: LogRecord[];
const names = new Map<string, string>();
const chains = new Map<string, string>();
const needs = (): ImageNeeds => ({ names, chains });

beforeEach(() => {
  names.clear();
  chains.clear();
  content = new FakeContent();
  clock = new VirtualClock();
  up = { bootId: "b", upMs: 0 };
  lines = [];
  images = store(EXPIRY);
});

function store(expiryMs: number | undefined): ImageStore {
  const log = createLog("images", (record) => lines.push(record));
  const registry = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log });
  const lastUse = new LastUse({ path: undefined, uptime: () => up, log });
  return new ImageStore({ content, registry, log, clock, lastUse, expiryMs });
}

/** Pulls an image of one common and one own layer. */
async function pull(tag: string, common = "shared"): Promise<string> {
  const image = buildImage({
    busybox: false,
    files: { "/common": common.repeat(5000) },
    moreLayers: [{ "/own": tag.repeat(10_000) }],
  });
  const name = server.offer("a/b", tag, image);
  await images.ensure(name, signal());
  return name;
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

/** The device runs on: its own count and the timers. */
async function runOn(ms: number, stepMs = ms): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    up = { ...up, upMs: up.upMs + Math.min(stepMs, left) };
    await clock.advance(Math.min(stepMs, left));
  }
}

const here = () => [...content.records.keys()].sort();

describe("expiry", () => {
  test("an image that nobody needs goes when its time is over, and not before", async () => {
    const name = await pull("1");
    images.expiry.start(needs);
    await runOn(EXPIRY - HOUR, HOUR);
    expect(here()).toEqual([name]);
    await runOn(2 * HOUR, HOUR / 2);
    expect(here()).toEqual([]);
    expect([content.blobs.size, content.snapshots.size]).toEqual([0, 0]);
    const removal = lines.find(({ message }) => message === "unused images removed");
    expect(removal?.fields).toMatchObject({ images: name, reason: "expired" });
    await images.expiry.close();
  });

  test("one that a container needs stays for ever; its time counts from the container's end", async () => {
    const name = await pull("1");
    names.set(name, "container web (1)");
    images.expiry.start(needs);
    await runOn(3 * EXPIRY, 100 * HOUR);
    expect(here()).toEqual([name]);
    names.clear();
    images.expiry.containersChanged();
    await runOn(10_000, 1000);
    await runOn(EXPIRY - HOUR, HOUR);
    expect(here()).toEqual([name]);
    await runOn(2 * HOUR, HOUR);
    expect(here()).toEqual([]);
    await images.expiry.close();
  });

  test("a short time is over when it is over, not at the next look that was planned anyway", async () => {
    images = store(60_000);
    const name = await pull("1");
    names.set(name, "container web (1)");
    images.expiry.start(needs);
    await runOn(5 * 60_000, 1000);
    names.clear();
    images.expiry.containersChanged();
    await runOn(55_000, 1000);
    expect(here()).toEqual([name]);
    await runOn(15_000, 1000);
    expect(here()).toEqual([]);
    await images.expiry.close();
  });

  test("one whose layers lie under a container stays, whatever the names say", async () => {
    const name = await pull("1");
    const { chainId } = await images.ensure(name, signal());
    content.usedLayers.set(chainId, "4711-snapshot");
    images.expiry.start(needs);
    await runOn(2 * EXPIRY, 100 * HOUR);
    expect(here()).toEqual([name]);
    content.usedLayers.clear();
    chains.set(chainId, "container web (4711)");
    await runOn(2 * EXPIRY, 100 * HOUR);
    expect(here()).toEqual([name]);
    await images.expiry.close();
  });

  test("a use begins the time anew", async () => {
    const name = await pull("1");
    images.expiry.start(needs);
    await runOn(EXPIRY - HOUR, HOUR);
    await images.ensure(name, signal());
    await runOn(EXPIRY - HOUR, HOUR);
    expect(here()).toEqual([name]);
    await images.expiry.close();
  });

  test("timers that ran wild, or a clock that jumped, delete nothing: the device's own running time counts", async () => {
    const name = await pull("1");
    images.expiry.start(needs);
    await clock.advance(10 * EXPIRY);
    expect(here()).toEqual([name]);
    up = { bootId: "after a reboot", upMs: 60_000 };
    await clock.advance(HOUR);
    expect(here()).toEqual([name]);
    await images.expiry.close();
  });

  test("switched off it removes nothing", async () => {
    images = store(undefined);
    const name = await pull("1");
    images.expiry.start(needs);
    await runOn(10 * EXPIRY, 1000 * HOUR);
    expect(here()).toEqual([name]);
    await images.expiry.close();
  });

  test("before the containers are known nothing is looked for", async () => {
    const name = await pull("1");
    images.expiry.containersChanged();
    await runOn(2 * EXPIRY, 100 * HOUR);
    expect(here()).toEqual([name]);
    await images.expiry.close();
  });

  test("an engine that is away delays it", async () => {
    await pull("1");
    let isAway = true;
    const log = createLog("images", (record) => lines.push(record));
    const registry = new RegistryClient({ settings: () => NO_REGISTRY_SETTINGS, log });
    const away = new FakeContent({
      onCall: () => {
        if (isAway) throw new SupercargoError("SC_ENGINE_UNAVAILABLE", "containerd is away");
      },
    });
    for (const [key, value] of content.records) away.records.set(key, value);
    const lastUse = new LastUse({ path: undefined, uptime: () => up, log });
    images = new ImageStore({ content: away, registry, log, clock, lastUse, expiryMs: HOUR });
    images.expiry.start(needs);
    await runOn(3 * HOUR, HOUR / 4);
    expect(away.records.size).toBe(1);
    isAway = false;
    await runOn(3 * HOUR, HOUR / 4);
    expect(away.records.size).toBe(0);
    await images.expiry.close();
  });

  test("what an unfinished pull kept for a resume goes after a day of running time", async () => {
    await content.lease("supercargo-pull-0123", undefined, signal());
    await content.lease("somebody-else", undefined, signal());
    images.expiry.start(needs);
    await runOn(IMAGE_LIMITS.leaseMs - HOUR, HOUR);
    expect([...content.leases.keys()]).toEqual(["supercargo-pull-0123", "somebody-else"]);
    await runOn(2 * HOUR, HOUR / 4);
    expect([...content.leases.keys()]).toEqual(["somebody-else"]);
    await images.expiry.close();
  });
});

describe("removing an image", () => {
  test("that a container needs is refused with the container's name, unless forced", async () => {
    const name = await pull("1");
    names.set(name, "container web (4711)");
    images.expiry.start(needs);
    const error = await failure(images.remove(name, signal()));
    expect(error.code).toBe("SC_IMAGE_IN_USE");
    expect(error.message).toBe(`image ${name} is needed by container web (4711)`);
    expect(here()).toEqual([name]);
    expect((await images.remove(name, signal(), true)).names).toEqual([name]);
    expect(here()).toEqual([]);
  });

  test("tells what it gave back: layers that others have stay and are not counted", async () => {
    const one = await pull("1");
    const two = await pull("2");
    const before = content.usedBytes;
    const first = await images.remove(one, signal());
    expect(first.freedBytes).toBe(before - content.usedBytes);
    expect(first.freedBytes).toBeGreaterThan(10_000);
    const rest = content.usedBytes;
    expect((await images.remove(two, signal())).freedBytes).toBe(rest);
    expect(content.usedBytes).toBe(0);
  });

  test("a second name of what a container needs can go; the last one cannot", async () => {
    const image = buildImage({ busybox: false, files: { "/x": "y" } });
    const [one, two] = [server.offer("a/b", "one", image), server.offer("a/b", "two", image)];
    for (const name of [one, two]) await images.ensure(name, signal());
    names.set(one, "container web (1)");
    const { chainId } = await images.ensure(one, signal());
    content.usedLayers.set(chainId, "1-snapshot");
    images.expiry.start(needs);
    await images.remove(two, signal());
    expect(here()).toEqual([one]);
    names.clear();
    expect((await failure(images.remove(one, signal()))).message).toContain("snapshot 1-snapshot");
  });

  test("that is not here is not found", async () => {
    expect((await failure(images.remove("a.b/c:1", signal()))).code).toBe("SC_IMAGE_NOT_FOUND");
  });

  test("waits for a pull of the same name and then takes away what it brought", async () => {
    const image = buildImage({ busybox: false, files: { "/x": "first" } });
    const name = server.offer("a/b", "moving", image);
    await images.ensure(name, signal());
    const newer = buildImage({ busybox: false, files: { "/x": "second" } });
    server.offer("a/b", "moving", newer);
    const pulling = images.ensure(name, signal(), { policy: "newer" });
    const removing = images.remove(name, signal());
    expect((await pulling).digest).toBe(newer.descriptor.digest);
    await removing;
    expect(content.usedBytes).toBe(0);
  });
});

describe("pruning", () => {
  test("takes what nobody needs and tells names and bytes; a dry run tells the same and takes nothing", async () => {
    const [kept, one, two] = [await pull("kept"), await pull("1"), await pull("2")];
    names.set(kept, "container web (1)");
    images.expiry.start(needs);
    const before = content.usedBytes;
    const options = { unusedForMs: 0, isDryRun: true, reason: "asked" };
    const foretold = await images.prune(options, signal());
    expect([...foretold.names].sort()).toEqual([one, two].sort());
    expect(content.usedBytes).toBe(before);
    const done = await images.prune({ ...options, isDryRun: false }, signal());
    expect([...done.names].sort()).toEqual([one, two].sort());
    expect(here()).toEqual([kept]);
    expect(done.freedBytes).toBe(before - content.usedBytes);
    expect(foretold.freedBytes).toBe(done.freedBytes);
  });

  test("older than: only what has not been needed for so long", async () => {
    const old = await pull("old");
    await images.inventory(signal());
    up = { ...up, upMs: 10 * HOUR };
    const young = await pull("young");
    const options = { unusedForMs: 5 * HOUR, isDryRun: false, reason: "asked" };
    expect((await images.prune(options, signal())).names).toEqual([old]);
    expect(here()).toEqual([young]);
    expect(await images.prune(options, signal())).toEqual({ names: [], freedBytes: 0 });
  });

  test("an image whose content is damaged, or for another machine, can go too", async () => {
    const name = await pull("1");
    content.blobs.clear();
    const [listed] = await images.inventory(signal());
    expect(listed).toMatchObject({ name, isUsable: false, sizeBytes: 0 });
    expect(
      (await images.prune({ unusedForMs: 0, isDryRun: false, reason: "asked" }, signal())).names,
    ).toEqual([name]);
  });
});

describe("the inventory", () => {
  test("says who needs an image and for how long nobody has", async () => {
    const [one, two] = [await pull("1"), await pull("2")];
    names.set(one, "container web (1)");
    images.expiry.start(needs);
    await images.inventory(signal());
    up = { ...up, upMs: 7 * HOUR };
    const listed = new Map((await images.inventory(signal())).map((image) => [image.name, image]));
    expect(listed.get(one)).toMatchObject({ neededBy: "container web (1)", unusedMs: 0, isUsable: true });
    expect(listed.get(two)).toMatchObject({ neededBy: undefined, unusedMs: 7 * HOUR, isUsable: true });
  });
});
