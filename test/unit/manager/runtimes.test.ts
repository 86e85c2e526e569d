/** Which runtime a container is started with, and what is stored of it (spec/engine.md §6). */

import { beforeEach, describe, expect, test } from "bun:test";
import { Device, FOREVER, wish } from "./support/device.ts";

const CONFIGURED = "io.containerd.runc.v1";

let device: Device;
let said: string[];

beforeEach(async () => {
  device = new Device();
  said = [];
  device.onLog = ({ level, message }) => {
    if (level === "WARN") said.push(message);
  };
  await device.boot({ runtime: CONFIGURED });
});

/** Runtime of the task, and the one that is stored before and after the start. */
async function startWith(runtime: string): Promise<readonly unknown[]> {
  const made = await device.create(wish("one", "runs", { hostConfig: { runtime } }));
  await device.finish(device.manager.start("one", FOREVER));
  return [
    made.hostConfig.runtime,
    device.world.tasks.get("one")?.request.runtime,
    device.get("one").hostConfig.runtime,
  ];
}

describe("a container's runtime", () => {
  test.each(["io.containerd.runtime.v1.linux", "io.containerd.runc.v1", "io.containerd.runc.v2"])(
    "with runc's name %s gives way to the daemon's, and that is stored",
    async (name) => {
      expect(await startWith(name)).toEqual([name, CONFIGURED, CONFIGURED]);
      expect(said).toEqual([]);
    },
  );

  test.each(["io.containerd.runsc.v1", "io.containerd.kata.v2"])("%s is used as named", async (name) => {
    expect(await startWith(name)).toEqual([name, name, name]);
    expect(said).toEqual([]);
  });

  test("that nobody knows is kept as asked for, and it is said with what the container really runs", async () => {
    expect(await startWith("kata")).toEqual(["kata", "kata", "kata"]);
    expect(said).toEqual([`the runtime kata is not known, the container runs with ${CONFIGURED}`]);
  });
});
