/** Logs and network files in homes of their own (containers.home_dir, network.home_dir). */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Device, FOREVER, wish } from "./support/device.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "supercargo-homes-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with a file as the rooms make it. */
function fill(path: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "json.log"), "");
}

describe("a container's log and network files", () => {
  test("lie beside its state when all homes are one", async () => {
    const device = new Device();
    await device.boot();
    const { hostsPath } = await device.createAndStart(wish("one", "runs"));
    expect(device.logs.logFolders).toEqual(["/home/containers/one"]);
    expect(device.network.requests.map(({ filesDir }) => filesDir)).toEqual(["/home/containers/one"]);
    expect(hostsPath).toBe("/o");
  });

  test("lie in homes of their own, over a restart of the daemon too, and go with the container", async () => {
    const device = new Device();
    const homes = { logHome: join(folder, "logs"), networkHome: join(folder, "net") };
    const [log, net] = [join(folder, "logs/containers/one"), join(folder, "net/containers/one")];
    await device.boot(homes);
    const made = await device.create(wish("one", "runs"));
    expect([made.hostsPath, made.hostnamePath, made.resolvConfPath]).toEqual([
      join(net, "hosts"),
      join(net, "hostname"),
      join(net, "resolv.conf"),
    ]);
    await device.finish(device.manager.start("one", FOREVER));
    expect(await Array.fromAsync(device.manager.readLogs("one", { tail: -1 }, FOREVER))).toHaveLength(1);
    device.kill();
    await device.boot(homes);
    expect(device.logs.logFolders).toEqual([log, log, log]);
    expect(device.network.requests.map(({ filesDir }) => filesDir)).toEqual([net]);
    for (const path of [log, net, join(folder, "logs/containers/other")]) fill(path);
    await device.finish(device.manager.remove("one", true, undefined, FOREVER));
    expect([log, net, join(folder, "logs/containers/other")].map((path) => existsSync(path))).toEqual([
      false,
      false,
      true,
    ]);
    device.expectNoLeaks();
  });
});
