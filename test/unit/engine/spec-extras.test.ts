import { describe, expect, test } from "bun:test";
import { printExact } from "../../../src/base/json/exact.ts";
import { buildSpec, type SpecInput } from "../../../src/engine/spec/build.ts";
import type { OciSpec } from "../../../src/engine/spec/oci.ts";
import type { Extras } from "../../../src/model/extras.ts";
import { plainContainer, specInput } from "./support/spec-input.ts";

const IMAGE = { env: [], entrypoint: ["/entry"], cmd: ["a"], workingDir: "/image" };

function specOf(
  extras: Extras | undefined,
  changes: Partial<SpecInput> = {},
  container: Parameters<typeof plainContainer>[0] = {},
): OciSpec {
  const whole = plainContainer({ ...container, ...(extras === undefined ? {} : { extras }) });
  return buildSpec(specInput(whole, { image: IMAGE, ...changes })).spec;
}

test("without extras the spec is the peer's", () => {
  const spec = specOf(undefined);
  expect(spec.root).toEqual({ path: "rootfs" });
  expect(spec.process.rlimits).toEqual([{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }]);
  expect(spec.process.noNewPrivileges).toBe(true);
  expect(Object.keys(spec.linux).sort()).toEqual([
    "cgroupsPath",
    "maskedPaths",
    "namespaces",
    "readonlyPaths",
    "resources",
  ]);
  expect(Object.keys(spec.linux.resources ?? {})).toEqual(["devices"]);
});

describe("the command of a container with an entrypoint of its own", () => {
  const config = { env: [], cmd: ["x"] };

  test("is that entrypoint and the container's arguments, never the image's", () => {
    expect(specOf({ entrypoint: ["/own", "-v"] }, {}, { config }).process.args).toEqual(["/own", "-v", "x"]);
    expect(specOf({ entrypoint: ["/own"] }).process.args).toEqual(["/own"]);
  });

  test("that is empty is the container's arguments alone, and refused without any", () => {
    expect(specOf({ entrypoint: [] }, {}, { config }).process.args).toEqual(["x"]);
    expect(() => specOf({ entrypoint: [] })).toThrow("no command for container web");
    expect(() => specOf({ entrypoint: [] })).toThrow(
      expect.objectContaining({
        code: "SC_CONTAINER_INVALID",
        hint: "config.entrypoint is empty: set config.cmd",
      }),
    );
  });
});

test("the working directory of the container goes before the image's", () => {
  expect(specOf(undefined).process.cwd).toBe("/image");
  expect(specOf({ workingDir: "/srv" }).process.cwd).toBe("/srv");
});

test("a read-only root makes the files of the network read-only too; mounts stay as they are asked for", () => {
  const mounts = [
    { source: "/a", destination: "/a", propagationMode: "rslave" },
    { source: "/b", destination: "/b", propagationMode: "rprivate" },
  ];
  const options = (spec: OciSpec) =>
    Object.fromEntries(
      spec.mounts.filter((one) => one.type === "bind").map((one) => [one.destination, one.options?.join()]),
    );
  const whole = specOf({ readOnlyRoot: true }, {}, { mounts });
  expect(whole.root).toEqual({ path: "rootfs", readonly: true });
  expect(options(whole)).toEqual({
    "/etc/hosts": "rbind,rprivate,ro",
    "/a": "rbind,rslave",
    "/b": "rbind,rprivate",
    "/etc/resolv.conf": "rbind,rprivate,ro",
    "/etc/hostname": "rbind,rprivate,ro",
  });
  const one = specOf({ readOnlyMounts: ["/a"] }, {}, { mounts });
  expect(one.root).toEqual({ path: "rootfs" });
  expect(options(one)).toMatchObject({ "/a": "rbind,rslave,ro", "/b": "rbind,rprivate" });
});

test("the root is shared when the host shall see what the container mounts, else the runtime's default stands", () => {
  const mount = (propagationMode: string) => ({ source: "/a", destination: "/a", propagationMode });
  const root = (mode: string) => specOf(undefined, {}, { mounts: [mount(mode)] }).linux.rootfsPropagation;
  expect(["shared", "rshared", "slave", "rslave", "private", "rprivate"].map(root)).toEqual([
    "shared",
    "shared",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("limits of time and processes stand beside those of memory", () => {
  const { resources } = specOf({ cpus: 1.5, pidsLimit: 64 }).linux;
  expect(resources?.cpu).toEqual({ period: 100_000, quota: 150_000 });
  expect(resources?.pids).toEqual({ limit: 64 });
});

test("a limit of swap is left out with a warning where the kernel does not count swap", () => {
  const resources = { memory: "64m", memoryReservation: "", memorySwap: "128m" };
  const input = specInput(plainContainer({}, { resources }), { canLimitSwap: false });
  const { spec, warnings } = buildSpec(input);
  expect(spec.linux.resources?.memory).toEqual({ limit: 67108864 });
  expect(warnings).toEqual(["swap is not limited: this kernel does not count it"]);
  const wishes = [undefined, { ...resources, memorySwap: "" }].map((other) =>
    plainContainer({}, other === undefined ? {} : { resources: other }),
  );
  for (const container of wishes) {
    expect(buildSpec(specInput(container, { canLimitSwap: false })).warnings).toEqual([]);
  }
  expect(buildSpec(specInput(plainContainer({}, { resources }))).warnings).toEqual([]);
});

test("an unlimited limit is written with all its 64 bits, and open files keep theirs unless given", () => {
  const { rlimits } = specOf({ ulimits: [{ name: "core", soft: 0, hard: -1 }] }).process;
  expect(printExact(rlimits)).toBe(
    '[{"type":"RLIMIT_NOFILE","hard":1024,"soft":1024},{"type":"RLIMIT_CORE","hard":18446744073709551615,"soft":0}]',
  );
  expect(specOf({ ulimits: [{ name: "nofile", soft: 2048, hard: 4096 }] }).process.rlimits).toEqual([
    { type: "RLIMIT_NOFILE", hard: 4096, soft: 2048 },
  ]);
});

test("settings of the kernel, rights to gain rights and an AppArmor profile are passed on", () => {
  const spec = specOf({
    sysctls: { "net.core.somaxconn": "512" },
    noNewPrivileges: false,
    apparmorProfile: "web",
  });
  expect(spec.linux.sysctl).toEqual({ "net.core.somaxconn": "512" });
  expect(spec.process.noNewPrivileges).toBe(false);
  expect(spec.process.apparmorProfile).toBe("web");
  expect("apparmorProfile" in specOf({ apparmorProfile: "unconfined" }).process).toBe(false);
});
