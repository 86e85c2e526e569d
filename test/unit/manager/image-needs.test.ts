import { beforeEach, describe, expect, test } from "bun:test";
import { hasCode, SupercargoError } from "../../../src/errors/error.ts";
import { Device, FOREVER, NEW_IMAGE, OLD_IMAGE, wish } from "./support/device.ts";

const STOP = { timeoutSeconds: 1, force: true, signal: "SIGTERM" };

let device: Device;

beforeEach(async () => {
  device = new Device();
  await device.boot();
});

const needed = () => [...device.manager.imageNeeds().names.keys()].sort();

describe("the images that containers need", () => {
  test("are those of all containers, stopped or running, by name and by layers, until they are removed", async () => {
    await device.createAndStart(wish("one", "runs"));
    await device.create({ ...wish("two", "runs"), image: { name: NEW_IMAGE } });
    const { names, chains } = device.manager.imageNeeds();
    expect(names.get(OLD_IMAGE)).toBe("container one (one)");
    expect(names.get(NEW_IMAGE)).toBe("container two (two)");
    expect(chains.get(`sha256:${OLD_IMAGE}`)).toBe("container one (one)");
    await device.finish(device.manager.remove("one", true, undefined, FOREVER));
    expect(needed()).toEqual([NEW_IMAGE]);
  });

  test("hold already while a container is being made, and no longer when it could not be made", async () => {
    let during: readonly string[] = [];
    device.images.onEnsure = () => {
      during = needed();
    };
    await device.create(wish("one", "runs"));
    expect(during).toEqual([OLD_IMAGE]);
    await device
      .create({ ...wish("two", "runs"), image: { name: "registry.example/none:1" } })
      .catch(() => undefined);
    expect(during).toEqual([OLD_IMAGE, "registry.example/none:1"]);
    expect(needed()).toEqual([OLD_IMAGE]);
  });

  test("are both sides of a replacement until its end, also over a restart of the daemon", async () => {
    await device.createAndStart(wish("app", "runs"));
    const next = { id: "app", name: "app", image: { name: NEW_IMAGE }, config: { cmd: ["runs"] } };
    const options = { stop: STOP, probationMs: 60_000 };
    const replacing = device.manager.replace("app", next, options, FOREVER, "test");
    replacing.catch(() => undefined);
    await device.until(() => device.manager.get("app")?.image.name === NEW_IMAGE);
    expect(needed()).toEqual([OLD_IMAGE, NEW_IMAGE].sort());
    device.kill();
    await device.boot();
    expect(needed()).toEqual([OLD_IMAGE, NEW_IMAGE].sort());
    await device.until(() => device.journal.notes.size === 0);
    expect(needed()).toEqual([NEW_IMAGE]);
  });
});

describe("an image whose tag moves while a container is made of it", () => {
  test("is asked for once more, a few times", async () => {
    let moves = 1;
    device.engine.faultAt = (_call, name) => {
      if (name !== "prepareSnapshot" || moves === 0) return undefined;
      moves--;
      throw new SupercargoError("SC_ENGINE_NOT_FOUND", "parent snapshot does not exist: not found");
    };
    await device.createAndStart(wish("app", "runs"));
    expect(device.images.ensured).toBe(2);
    moves = 100;
    const failed: unknown = await device.create(wish("other", "runs")).catch((thrown: unknown) => thrown);
    expect(hasCode(failed, "SC_ENGINE_NOT_FOUND")).toBe(true);
    expect(device.images.ensured).toBe(5);
    device.expectNoLeaks();
  });
});

describe("a container's own pull policy", () => {
  test("is used when it is made and when it is replaced", async () => {
    await device.createAndStart({ ...wish("app", "runs"), extras: { pullPolicy: "newer" } });
    const next = {
      id: "app",
      name: "app",
      image: { name: NEW_IMAGE },
      extras: { pullPolicy: "always" } as const,
    };
    const options = { stop: STOP, probationMs: 0 };
    await device.finish(device.manager.replace("app", next, options, FOREVER, "test"));
    await device.create(wish("other", "runs"));
    expect(device.images.policies).toEqual(["newer", "always", "missing"]);
  });
});
