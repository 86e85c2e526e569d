import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { makeFifo } from "../../../src/base/libc.ts";
import { readInside, resolveUserInRootfs } from "../../../src/engine/spec/rootfs-users.ts";
import { resolveUser } from "../../../src/engine/spec/users.ts";

const PASSWD = "root:x:0:0:root:/root:/bin/sh\n# note\nbroken\napp:x:1000:1001::/:\nbad:x:-1:5::/:\n";
const GROUP = "root:x:0:root\naudio:x:29:app,root\nvideo:x:44: app\nstaff:x:50:\n";

describe("the user of an image", () => {
  const resolve = (text: string) => resolveUser(text, PASSWD, GROUP);

  test("that is empty is root with root's groups", () => {
    expect(resolve("")).toEqual({ uid: 0, gid: 0, additionalGids: [0, 29] });
  });

  test("by name has the group of passwd and the groups that name it", () => {
    expect(resolve("app")).toEqual({ uid: 1000, gid: 1001, additionalGids: [1001, 29, 44] });
  });

  test("by number is the same when passwd has it", () => {
    expect(resolve("1000")).toEqual(resolve("app"));
  });

  test("by a number that passwd does not have is that number with group 0", () => {
    expect(resolve("4242")).toEqual({ uid: 4242, gid: 0, additionalGids: [0] });
  });

  test("with a group has that group, by name or number", () => {
    expect(resolve("app:staff")).toEqual({ uid: 1000, gid: 50, additionalGids: [50, 29, 44] });
    expect(resolve("4242:4343")).toEqual({ uid: 4242, gid: 4343, additionalGids: [4343] });
  });

  test("of which only the group is given is root with that group", () => {
    expect(resolve(":staff")).toEqual({ uid: 0, gid: 50, additionalGids: [50, 0, 29] });
  });

  test("is never read from a line that is commented out or has no numbers", () => {
    expect(() => resolveUser("#app", "#app:x:1:1::/:\n", "")).toThrow("not in the image");
    expect(() => resolveUser("app", "app:x::1::/:\napp:x:1:::/:\n", "")).toThrow("not in the image");
    expect(() => resolveUser("0:#g", "", "#g:x:4:\n")).toThrow("not in the image");
    expect(() => resolveUser("0:g", "", "g:x::\n")).toThrow("not in the image");
  });

  test("that is not there is refused by name", () => {
    expect(() => resolve("nobody")).toThrow('user "nobody" is not in the image\'s /etc/passwd');
    expect(() => resolve("app:nogroup")).toThrow('group "nogroup" is not in the image\'s /etc/group');
    expect(() => resolve("bad")).toThrow("bad");
    expect(() => resolve("4294967296")).toThrow("4294967296");
  });

  test("never is anything but ids in range, whatever the texts of the image hold", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), (passwd, group, uid) => {
        const user = resolveUser(String(uid), passwd, group);
        return [user.uid, user.gid, ...user.additionalGids].every((id) => Number.isInteger(id) && id >= 0);
      }),
    );
  });
});

describe("files of an image", () => {
  let folder = "";
  let rootfs = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "supercargo-rootfs-"));
    rootfs = join(folder, "rootfs");
    mkdirSync(join(rootfs, "etc"), { recursive: true });
    mkdirSync(join(folder, "etc"));
    writeFileSync(join(folder, "etc/passwd"), "app:x:666:666::/:\n");
    writeFileSync(join(folder, "secret"), "secret");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test("a missing passwd is like an empty one", () => {
    expect(resolveUserInRootfs(rootfs, "7")).toEqual({ uid: 7, gid: 0, additionalGids: [0] });
  });

  test("groups are read from the file system too", () => {
    writeFileSync(join(rootfs, "etc/passwd"), "app:x:12:13::/:\n");
    writeFileSync(join(rootfs, "etc/group"), "audio:x:29:app\n");
    expect(resolveUserInRootfs(rootfs, "app")).toEqual({ uid: 12, gid: 13, additionalGids: [13, 29] });
  });

  test("an etc that is a file, or a link to a name longer than any, is like a missing passwd", () => {
    rmSync(join(rootfs, "etc"), { recursive: true });
    writeFileSync(join(rootfs, "etc"), "");
    expect(resolveUserInRootfs(rootfs, "7").uid).toBe(7);
    rmSync(join(rootfs, "etc"));
    symlinkSync("n".repeat(300), join(rootfs, "etc"));
    expect(resolveUserInRootfs(rootfs, "7").uid).toBe(7);
  });

  test("links are followed inside the file system, absolute ones from its root", () => {
    mkdirSync(join(rootfs, "usr/etc"), { recursive: true });
    writeFileSync(join(rootfs, "usr/etc/passwd.real"), "app:x:12:13::/:\n");
    symlinkSync("/usr/etc/link", join(rootfs, "etc/passwd"));
    symlinkSync("../etc/passwd.real", join(rootfs, "usr/etc/link"));
    expect(resolveUserInRootfs(rootfs, "app").uid).toBe(12);
  });

  test("no link leads out of it", () => {
    for (const target of [
      "../../etc/passwd",
      join(folder, "etc/passwd"),
      "../../secret",
      "../../../../../../etc/hostname",
    ]) {
      rmSync(join(rootfs, "etc/passwd"), { force: true });
      symlinkSync(target, join(rootfs, "etc/passwd"));
      expect(readInside(rootfs, "etc/../etc/passwd.x")).toBe("");
      expect(() => resolveUserInRootfs(rootfs, "app")).toThrow();
    }
  });

  test("nor does a linked folder", () => {
    rmSync(join(rootfs, "etc"), { recursive: true });
    symlinkSync("../etc", join(rootfs, "etc"));
    expect(() => resolveUserInRootfs(rootfs, "app")).toThrow("too many levels");
    rmSync(join(rootfs, "etc"));
    symlinkSync(join(folder, "etc"), join(rootfs, "etc"));
    expect(() => resolveUserInRootfs(rootfs, "app")).toThrow("not in the image");
  });

  test("a circle of links is refused", () => {
    symlinkSync("passwd", join(rootfs, "etc/passwd"));
    expect(() => resolveUserInRootfs(rootfs, "app")).toThrow("too many levels of links");
  });

  test("what is no plain file is not read, a FIFO does not stop us", () => {
    makeFifo(join(rootfs, "etc/passwd"), 0o600);
    mkdirSync(join(rootfs, "etc/group"));
    expect(resolveUserInRootfs(rootfs, "0")).toEqual({ uid: 0, gid: 0, additionalGids: [0] });
  });

  test("a file without end is refused", () => {
    writeFileSync(join(rootfs, "etc/passwd"), Buffer.alloc(4 * 1024 * 1024 + 1));
    expect(() => resolveUserInRootfs(rootfs, "0")).toThrow("larger than");
  });
});
