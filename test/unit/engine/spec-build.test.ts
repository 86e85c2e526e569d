import { describe, expect, test } from "bun:test";
import { buildSpec, type SpecInput } from "../../../src/engine/spec/build.ts";
import type { OciSpec } from "../../../src/engine/spec/oci.ts";
import type { Hook } from "../../../src/model/container.ts";
import { plainContainer, SENSOR, specInput } from "./support/spec-input.ts";

function specOf(container = plainContainer(), changes: Partial<SpecInput> = {}): OciSpec {
  return buildSpec(specInput(container, changes)).spec;
}

describe("the command of a container", () => {
  const image = { env: [], entrypoint: ["/entry"], cmd: ["a", "b"], workingDir: "" };

  test("is the image's entrypoint and command when the container gives none", () => {
    expect(specOf(plainContainer(), { image }).process.args).toEqual(["/entry", "a", "b"]);
    expect(specOf(plainContainer({ config: { env: [], cmd: [] } }), { image }).process.args).toEqual([
      "/entry",
      "a",
      "b",
    ]);
  });

  test("replaces the image's command, never its entrypoint", () => {
    const container = plainContainer({ config: { env: [], cmd: ["x"] } });
    expect(specOf(container, { image }).process.args).toEqual(["/entry", "x"]);
  });

  test("that nobody names is refused with the image's name in the hint", () => {
    const build = () => specOf(plainContainer(), { image: { ...image, entrypoint: [], cmd: [] } });
    expect(build).toThrow("no command for container web");
    expect(build).toThrow(
      expect.objectContaining({
        code: "SC_CONTAINER_INVALID",
        hint: "image example.org/web:1 has neither ENTRYPOINT nor CMD: set config.cmd",
      }),
    );
  });
});

describe("the process", () => {
  test("starts in the image's folder, or in the root folder", () => {
    const inFolder = (workingDir: string) =>
      specOf(plainContainer(), { image: { env: [], entrypoint: [], cmd: ["x"], workingDir } }).process.cwd;
    expect(inFolder("")).toBe("/");
    expect(inFolder("/srv")).toBe("/srv");
    expect(inFolder("srv/app")).toBe("/srv/app");
  });

  test("has the user's ids, the peer's limit of open files and no new privileges", () => {
    const { process } = specOf(plainContainer(), { user: { uid: 5, gid: 6, additionalGids: [6, 7] } });
    expect(process.user).toEqual({ uid: 5, gid: 6, additionalGids: [6, 7] });
    expect(process.rlimits).toEqual([{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }]);
    expect(process.noNewPrivileges).toBe(true);
    expect(process.terminal).toBeUndefined();
  });

  test("has a terminal and TERM with tty", () => {
    const container = plainContainer();
    const { process } = specOf({ ...container, ioConfig: { ...container.ioConfig, tty: true } });
    expect(process.terminal).toBe(true);
    expect(process.env).toContain("TERM=xterm");
  });

  test("has the fourteen default capabilities in three sets, and extra ones after them", () => {
    const { capabilities } = specOf(
      plainContainer({}, { extraCapabilities: ["CAP_NET_ADMIN", "CAP_KILL"] }),
    ).process;
    expect(Object.keys(capabilities).sort()).toEqual(["bounding", "effective", "permitted"]);
    expect(capabilities.bounding).toHaveLength(15);
    expect(capabilities.effective.at(-1)).toBe("CAP_NET_ADMIN");
    expect(capabilities.permitted).toEqual(capabilities.bounding);
  });
});

describe("the mounts", () => {
  const destinations = (spec: OciSpec) => spec.mounts.map((mount) => mount.destination);

  test("have the peer's order: hosts before the user's, resolv.conf and hostname after, no /run", () => {
    const container = plainContainer({
      mounts: [
        { source: "/data", destination: "/d", propagationMode: "rslave" },
        { source: "/run/app", destination: "/run", propagationMode: "rprivate" },
      ],
    });
    expect(destinations(specOf(container))).toEqual([
      ..."/proc /dev /dev/pts /dev/shm /dev/mqueue /sys /etc/hosts /d /run /etc/resolv.conf /etc/hostname".split(
        " ",
      ),
    ]);
  });

  test("of the user are recursive binds with their propagation", () => {
    const container = plainContainer({
      mounts: [{ source: "/data", destination: "/d", propagationMode: "rslave" }],
    });
    expect(specOf(container).mounts.find((mount) => mount.destination === "/d")).toEqual({
      destination: "/d",
      type: "bind",
      source: "/data",
      options: ["rbind", "rslave"],
    });
  });

  test("leave out a network file that has no path", () => {
    const files = { resolvConf: "", hostname: "/h/hostname", hosts: "" };
    expect(destinations(specOf(plainContainer(), { files })).slice(6)).toEqual(["/etc/hostname"]);
  });

  test("show /sys read-only unless privileged", () => {
    const sys = (privileged: boolean) =>
      specOf(plainContainer({}, { privileged })).mounts.find((mount) => mount.destination === "/sys")
        ?.options;
    expect(sys(false)).toContain("ro");
    expect(sys(true)).not.toContain("ro");
    expect(sys(true)).toContain("rw");
  });
});

describe("namespaces and cgroup", () => {
  test("the network namespace is the given one", () => {
    expect(specOf().linux.namespaces).toEqual([
      { type: "pid" },
      { type: "ipc" },
      { type: "uts" },
      { type: "mount" },
      { type: "network", path: "/run/netns/c1" },
    ]);
  });

  test("the host's network is no namespace entry", () => {
    const { linux } = specOf(plainContainer(), { networkNamespace: undefined });
    expect(linux.namespaces.map((namespace) => namespace.type)).not.toContain("network");
  });

  test("the cgroup is named after namespace and engine id, through systemd as a scope of system.slice", () => {
    const path = (systemdCgroup: boolean) =>
      specOf(plainContainer(), { engineId: "c1.next", systemdCgroup }).linux.cgroupsPath;
    expect(path(false)).toBe("/kanto-cm/c1.next");
    expect(path(true)).toBe("system.slice:kanto-cm:c1.next");
  });

  test("the host name inside is the given one", () => {
    expect(specOf(plainContainer(), { hostName: "board" }).hostname).toBe("board");
  });
});

describe("paths, devices and system calls", () => {
  test("kernel files are masked or read-only", () => {
    const { linux } = specOf();
    expect(linux.maskedPaths).toHaveLength(11);
    expect(linux.maskedPaths).toContain("/proc/kcore");
    expect(linux.readonlyPaths).toEqual([
      "/proc/bus",
      "/proc/fs",
      "/proc/irq",
      "/proc/sys",
      "/proc/sysrq-trigger",
    ]);
  });

  test("a mapped device is a node and one allowing rule behind the denial of all", () => {
    const { linux } = specOf(plainContainer(), { devices: [{ ...SENSOR, access: "rw" }] });
    expect(linux.devices).toEqual([{ ...SENSOR }]);
    expect(linux.resources?.devices).toEqual([
      { allow: false, access: "rwm" },
      { allow: true, type: "c", major: 10, minor: 3, access: "rw" },
    ]);
  });

  test("without mappings all devices are denied and there is no node", () => {
    const { linux } = specOf();
    expect(linux.devices).toBeUndefined();
    expect(linux.resources?.devices).toEqual([{ allow: false, access: "rwm" }]);
  });

  test("a privileged container has the host's devices, capabilities, open paths, no filter, still no new privileges", () => {
    const spec = specOf(plainContainer({}, { privileged: true }), {
      privileges: { devices: [SENSOR], capabilities: ["CAP_SYS_ADMIN"] },
      seccomp: { defaultAction: "SCMP_ACT_ERRNO" },
    });
    expect(spec.linux.devices).toEqual([{ ...SENSOR }]);
    expect(spec.linux.resources?.devices).toEqual([{ allow: true, access: "rwm" }]);
    expect(spec.process.capabilities.bounding).toEqual(["CAP_SYS_ADMIN"]);
    expect(spec.linux.maskedPaths).toEqual([]);
    expect(spec.linux.readonlyPaths).toEqual([]);
    expect(spec.linux.seccomp).toBeUndefined();
    expect(spec.process.noNewPrivileges).toBe(true);
    expect(spec.linux.namespaces).toHaveLength(5);
  });

  test("a filter of system calls is passed on", () => {
    const seccomp = { defaultAction: "SCMP_ACT_ERRNO" };
    expect(specOf(plainContainer(), { seccomp }).linux.seccomp).toEqual(seccomp);
  });
});

describe("limits", () => {
  const memory = (resources: { memory: string; memoryReservation: string; memorySwap: string }) =>
    specOf(plainContainer({}, { resources })).linux.resources?.memory;

  test("are bytes, and only those that are given", () => {
    expect(memory({ memory: "64m", memoryReservation: "32m", memorySwap: "128m" })).toEqual({
      limit: 67108864,
      reservation: 33554432,
      swap: 134217728,
    });
    expect(memory({ memory: "64m", memoryReservation: "", memorySwap: "" })).toEqual({ limit: 67108864 });
    expect(memory({ memory: "", memoryReservation: "", memorySwap: "" })).toBeUndefined();
    expect(specOf().linux.resources?.memory).toBeUndefined();
  });

  test("swap -1 is unlimited", () => {
    expect(memory({ memory: "64m", memoryReservation: "", memorySwap: "-1" })?.swap).toBe(-1);
  });

  test("that are no size are refused by name", () => {
    expect(() => memory({ memory: "64", memoryReservation: "", memorySwap: "" })).toThrow(
      "invalid format of memory - 64",
    );
  });
});

describe("hooks", () => {
  const hook = (path: string, type: Hook["type"], timeoutSeconds = 0): Hook => ({
    path,
    args: [],
    env: [],
    timeoutSeconds,
    type,
  });

  test("keep their order by type, and their time-outs are really passed", () => {
    const container = plainContainer({
      hooks: [
        { ...hook("/a", "Prestart", 5), args: ["a", "1"], env: ["X=1"] },
        hook("/p", "Poststop", 1),
        { ...hook("/b", "Prestart"), args: ["b"] },
        hook("/s", "Poststart", 2),
      ],
    });
    expect(specOf(container).hooks).toEqual({
      prestart: [
        { path: "/a", args: ["a", "1"], env: ["X=1"], timeout: 5 },
        { path: "/b", args: ["b"] },
      ],
      poststop: [{ path: "/p", timeout: 1 }],
      poststart: [{ path: "/s", timeout: 2 }],
    });
  });

  test("of an unknown type are left out with a warning that names them", () => {
    const built = buildSpec(specInput(plainContainer({ hooks: [hook("/x", "Unknown")] })));
    expect(built.spec.hooks).toBeUndefined();
    expect(built.warnings.join()).toContain("/x");
  });
});
