/** What of host and file system goes into a container's specification (spec/engine.md §7). */

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostSpecSource, type SpecSettings } from "../../../src/manager/spec-source.ts";
import type { Container } from "../../../src/model/container.ts";
import { plainContainer } from "../engine/support/spec-input.ts";

const IMAGE = { env: [], entrypoint: [], cmd: ["/bin/web"], workingDir: "", user: "app", stopSignal: "" };

let rootfs = "";
beforeEach(() => {
  rootfs = mkdtempSync(join(tmpdir(), "supercargo-spec-source-"));
  mkdirSync(join(rootfs, "etc"));
  writeFileSync(join(rootfs, "etc/passwd"), "app:x:12:13::/:\nother:x:22:23::/:\n");
  writeFileSync(join(rootfs, "etc/group"), "audio:x:29:app\n");
});
afterEach(() => rmSync(rootfs, { recursive: true, force: true }));

interface Surroundings extends Partial<SpecSettings> {
  /** Why system calls cannot be filtered here. */
  readonly obstacle?: string;
}

async function build(container: Container, { obstacle, ...settings }: Surroundings = {}) {
  const engine = {
    capabilities: () => ["CAP_KILL", "CAP_SYS_BOOT"],
    async withRootfs<T>(key: string, use: (path: string) => Promise<T>): Promise<T> {
      expect(key).toBe("c1-snapshot");
      return await use(rootfs);
    },
  };
  const usual: SpecSettings = {
    namespace: "kanto-cm",
    systemdCgroup: false,
    defaultSeccomp: () => "unconfined",
  };
  const source = new HostSpecSource(engine, { ...usual, ...settings }, { obstacle: async () => obstacle });
  const network = {
    namespacePath: "/run/netns/c1",
    hostName: "inside",
    files: { hostname: "/n/hostname", hosts: "/n/hosts", resolvConf: "/n/resolv.conf" },
  };
  const request = { container, engineId: "c1", snapshotKey: "c1-snapshot", image: IMAGE, network };
  return await source.build(request, new AbortController().signal);
}

describe("the specification of a container", () => {
  test("has the image's user, looked up in the container's own file system, unless the container names one", async () => {
    const { process } = (await build(plainContainer())).spec;
    expect(process.user).toEqual({ uid: 12, gid: 13, additionalGids: [13, 29] });
    const other = (await build(plainContainer({ extras: { user: "other" } }))).spec;
    expect(other.process.user).toEqual({ uid: 22, gid: 23, additionalGids: [23] });
    await expect(build(plainContainer({ extras: { user: "nobody" } }))).rejects.toThrow(
      'user "nobody" is not in',
    );
  });

  test("has name, namespace and files that the network made, and the cgroup that the machine wants", async () => {
    const { spec } = await build(plainContainer());
    expect(spec.hostname).toBe("inside");
    expect(spec.process.env).toContain("HOSTNAME=inside");
    expect(spec.linux.namespaces).toContainEqual({ type: "network", path: "/run/netns/c1" });
    expect(spec.mounts.flatMap(({ type, source }) => (type === "bind" ? [source] : []))).toEqual([
      "/n/hosts",
      "/n/resolv.conf",
      "/n/hostname",
    ]);
    expect(spec.linux.cgroupsPath).toBe("/kanto-cm/c1");
    const withSystemd = await build(plainContainer(), { systemdCgroup: true, namespace: "n" });
    expect(withSystemd.spec.linux.cgroupsPath).toBe("system.slice:n:c1");
  });

  test("has the devices that are mapped, read from the host", async () => {
    const device = { pathOnHost: "/dev/zero", pathInContainer: "/dev/z", cgroupPermissions: "r" };
    const { linux } = (await build(plainContainer({}, { devices: [device] }))).spec;
    expect(linux.devices).toMatchObject([{ path: "/dev/z", type: "c", major: 1, minor: 5 }]);
    expect(linux.resources?.devices?.[1]).toEqual({
      allow: true,
      type: "c",
      major: 1,
      minor: 5,
      access: "r",
    });
    const missing = { ...device, pathOnHost: "/dev/not-there" };
    await expect(build(plainContainer({}, { devices: [missing] }))).rejects.toThrow(
      'error gathering device information while adding custom device "/dev/not-there": lstat /dev/not-there: no such file or directory',
    );
  });

  test("of a privileged one has all devices and the engine's capabilities, and never a filter", async () => {
    const { spec, warnings } = await build(plainContainer({}, { privileged: true }), {
      defaultSeccomp: () => "default",
    });
    expect(spec.linux.devices?.map(({ path }) => path)).toContain("/dev/null");
    expect(spec.process.capabilities.bounding).toEqual(["CAP_KILL", "CAP_SYS_BOOT"]);
    expect(spec.linux.seccomp).toBeUndefined();
    expect(warnings).toEqual([]);
  });
});

describe("the filter of system calls", () => {
  const own = (seccompProfile: string) => plainContainer({ extras: { seccompProfile } });

  test("is none, the default list, or a profile, by the container's word before the daemon's", async () => {
    const filterOf = async (container: Container, settings?: Surroundings) =>
      (await build(container, settings)).spec.linux.seccomp?.defaultAction;
    const byDefault: Surroundings = { defaultSeccomp: () => "default" };
    expect(await filterOf(plainContainer())).toBeUndefined();
    expect(await filterOf(plainContainer(), byDefault)).toBe("SCMP_ACT_ERRNO");
    expect(await filterOf(own("unconfined"), byDefault)).toBeUndefined();
    expect(await filterOf(own("default"))).toBe("SCMP_ACT_ERRNO");
    const profile = join(rootfs, "profile.json");
    writeFileSync(profile, JSON.stringify({ defaultAction: "SCMP_ACT_LOG", syscalls: [] }));
    expect(await filterOf(own(profile), byDefault)).toBe("SCMP_ACT_LOG");
  });

  test("that the machine cannot set gives way with a warning, or refuses the start when the container asks for it", async () => {
    const obstacle = "runc was built without seccomp";
    const built = await build(plainContainer(), { defaultSeccomp: () => "default", obstacle });
    expect(built.spec.linux.seccomp).toBeUndefined();
    expect(built.warnings).toEqual([`system calls are not filtered: ${obstacle}`]);
    await expect(build(own("default"), { obstacle })).rejects.toMatchObject({
      code: "SC_CONTAINER_INVALID",
      message: `seccomp profile default cannot be used: ${obstacle}`,
      hint: "leave host_config.seccomp_profile out, or set it to unconfined",
    });
  });
});
