import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFifo } from "../../../src/base/libc.ts";
import { mappedRules } from "../../../src/engine/spec/devices.ts";
import { majorOf, minorOf, readHostDevices, readMapping } from "../../../src/engine/spec/host-devices.ts";

/** What a container has of its own below /dev. */
const OWN_FOLDERS = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"];

describe("devices of the host", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "supercargo-devices-"));
    mkdirSync(join(folder, "bus/usb"), { recursive: true });
    for (const own of OWN_FOLDERS) mkdirSync(join(folder, own));
    const nodes = [
      ["sensor", "c", "1", "3"],
      ["bus/usb/7", "c", "1", "5"],
      ["disk", "b", "7", "1"],
      ["console", "c", "1", "3"],
      ...OWN_FOLDERS.map((own) => [`${own}/0`, "c", "1", "3"]),
    ];
    for (const [name, ...numbers] of nodes) {
      expect(Bun.spawnSync(["mknod", "-m", "640", join(folder, name ?? ""), ...numbers]).exitCode).toBe(0);
    }
    makeFifo(join(folder, "fifo"), 0o600);
    writeFileSync(join(folder, "plain"), "");
    symlinkSync("sensor", join(folder, "by-name"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const mapping = (pathOnHost: string, pathInContainer: string) => ({
    pathOnHost,
    pathInContainer,
    cgroupPermissions: "rw",
  });

  test("one node is mapped with its numbers, mode and the permissions of the mapping", () => {
    expect(readMapping(mapping(join(folder, "sensor"), "/dev/x"))).toEqual([
      { path: "/dev/x", type: "c", major: 1, minor: 3, fileMode: 0o640, uid: 0, gid: 0, access: "rw" },
    ]);
  });

  test("a link on the host is resolved", () => {
    expect(readMapping(mapping(join(folder, "by-name"), "/dev/x"))[0]?.minor).toBe(3);
  });

  test("a folder gives all nodes below it under the path of the container", () => {
    expect(readMapping(mapping(join(folder, "bus"), "/dev/bus")).map((device) => device.path)).toEqual([
      "/dev/bus/usb/7",
    ]);
  });

  test("what is missing or no device is refused in the peer's words", () => {
    const missing = join(folder, "missing");
    expect(() => readMapping(mapping(missing, "/dev/x"))).toThrow(
      `error gathering device information while adding custom device "${missing}": lstat ${missing}: no such file or directory`,
    );
    expect(() => readMapping(mapping(join(folder, "plain"), "/dev/x"))).toThrow(": not a device node");
    mkdirSync(join(folder, "empty"));
    expect(() => readMapping(mapping(join(folder, "empty"), "/dev/x"))).toThrow(": not a device node");
  });

  test("all of them are read without what a container has of its own, links, FIFOs and files", () => {
    const paths = readHostDevices(folder).map((device) => device.path.slice(folder.length));
    expect(paths.sort()).toEqual(["/bus/usb/7", "/disk", "/sensor"]);
  });

  test("a disk is a block device, a FIFO is mapped without a rule of the device cgroup", () => {
    expect(readMapping(mapping(join(folder, "disk"), "/dev/x"))).toMatchObject([
      { type: "b", major: 7, minor: 1 },
    ]);
    const fifo = readMapping(mapping(join(folder, "fifo"), "/dev/x"));
    expect(fifo).toMatchObject([{ path: "/dev/x", type: "p" }]);
    expect(mappedRules(fifo)).toEqual([{ allow: false, access: "rwm" }]);
  });

  test("a folder deeper than any below /dev is read to a bound, not for ever", () => {
    const deep = join(folder, "deep", ...Array.from({ length: 17 }, (_, at) => String(at)));
    mkdirSync(deep, { recursive: true });
    for (const path of [join(deep, "below"), join(deep, "../at")]) {
      expect(Bun.spawnSync(["mknod", path, "c", "1", "3"]).exitCode).toBe(0);
    }
    const found = readMapping(mapping(join(folder, "deep"), "/d"));
    expect(found.map((device) => device.path.split("/").at(-1))).toEqual(["at"]);
    rmSync(join(folder, "deep"), { recursive: true });
  });

  test("large device numbers are taken apart as the C library does", () => {
    expect([majorOf(0x0802n), minorOf(0x0802n)]).toEqual([8, 2]);
    // makedev(0x12345, 0xabcde)
    expect([majorOf(0x12000abc345den), minorOf(0x12000abc345den)]).toEqual([0x12345, 0xabcde]);
  });
});
