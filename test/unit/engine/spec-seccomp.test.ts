import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DEFAULT_CAPABILITIES } from "../../../src/engine/spec/capabilities.ts";
import {
  hasSwapLimits,
  requireAppArmorProfile,
  SeccompSupport,
} from "../../../src/engine/spec/host-security.ts";
import { type DockerProfile, goArchitecture, toOciSeccomp } from "../../../src/engine/spec/seccomp.ts";
import { DEFAULT_PROFILE } from "../../../src/engine/spec/seccomp-default.ts";
import { parseSeccompProfile, readSeccompProfile } from "../../../src/engine/spec/seccomp-file.ts";

const HOST = { architecture: "amd64", kernelRelease: "6.1.0-18-amd64", capabilities: DEFAULT_CAPABILITIES };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sc-security-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

describe("the default list", () => {
  const allowed = (host: Partial<typeof HOST>) => {
    const names = new Set<string>();
    for (const rule of toOciSeccomp(DEFAULT_PROFILE, { ...HOST, ...host }).syscalls ?? []) {
      if (rule.action === "SCMP_ACT_ALLOW" && rule.args === undefined)
        for (const name of rule.names) names.add(name);
    }
    return names;
  };

  test("refuses what is not on it, and knows the machine's architectures", () => {
    const made = toOciSeccomp(DEFAULT_PROFILE, HOST);
    expect(made.defaultAction).toBe("SCMP_ACT_ERRNO");
    expect(made.architectures).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]);
    const arm = toOciSeccomp(DEFAULT_PROFILE, { ...HOST, architecture: "arm64" });
    expect(arm.architectures).toEqual(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
    expect(toOciSeccomp(DEFAULT_PROFILE, { ...HOST, architecture: "riscv64" }).architectures).toBeUndefined();
  });

  test("opens what a capability needs only with that capability", () => {
    const usual = allowed({});
    for (const name of ["read", "execve", "chroot", "arch_prctl", "ptrace"]) expect(usual).toContain(name);
    for (const name of ["mount", "bpf", "reboot", "init_module", "clone3", "unshare", "io_uring_setup"]) {
      expect(usual).not.toContain(name);
    }
    const admin = allowed({ capabilities: ["CAP_SYS_ADMIN"] });
    for (const name of ["mount", "clone", "clone3", "unshare"]) expect(admin).toContain(name);
    expect(admin).not.toContain("chroot");
  });

  test("lets processes be made but no namespaces, and says of clone3 that it is not there", () => {
    const rules = toOciSeccomp(DEFAULT_PROFILE, HOST).syscalls ?? [];
    expect(rules.filter((rule) => rule.names.includes("clone"))).toEqual([
      {
        names: ["clone"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: 2114060288, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }],
      },
    ]);
    expect(rules.find((rule) => rule.names.includes("clone3"))).toEqual({
      names: ["clone3"],
      action: "SCMP_ACT_ERRNO",
      errnoRet: 38,
    });
  });

  test("depends on architecture and kernel where it says so", () => {
    expect(allowed({ architecture: "arm64" })).toContain("cacheflush");
    expect(allowed({ architecture: "arm64" })).not.toContain("modify_ldt");
    expect(allowed({ kernelRelease: "4.7.10" })).not.toContain("ptrace");
    expect(allowed({ kernelRelease: "4.19" })).toContain("ptrace");
  });

  test("names each call once and nothing that is no name", () => {
    const names = DEFAULT_PROFILE.syscalls?.[0]?.names ?? [];
    expect(names.length).toBeGreaterThan(300);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => !/^[a-z0-9_]+$/.test(name))).toEqual([]);
  });
});

test("architectures have Go's names", () => {
  expect(["x64", "arm64", "arm", "ia32"].map(goArchitecture)).toEqual(["amd64", "arm64", "arm", "386"]);
});

describe("a profile in docker's form", () => {
  const PROFILE: DockerProfile = {
    defaultAction: "SCMP_ACT_ALLOW",
    defaultErrnoRet: 1,
    architectures: ["SCMP_ARCH_X86_64"],
    flags: ["SECCOMP_FILTER_FLAG_LOG"],
    syscalls: [
      { names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13 },
      { names: ["a"], action: "SCMP_ACT_KILL", includes: { caps: ["CAP_KILL", "CAP_BPF"] } },
      { names: ["b"], action: "SCMP_ACT_KILL", excludes: { caps: ["CAP_KILL", "CAP_BPF"] } },
      { names: ["c"], action: "SCMP_ACT_KILL", excludes: { arches: ["amd64"] } },
      { names: ["d"], action: "SCMP_ACT_KILL", excludes: { minKernel: "5.0" } },
      { names: ["e"], action: "SCMP_ACT_KILL", includes: {}, excludes: {} },
    ],
  };

  test("is read from its file, and only the rules that count here go to the runtime", () => {
    put("profile.json", JSON.stringify({ ...PROFILE, comment: "ours", listenerPath: null }));
    const read = readSeccompProfile(join(folder, "profile.json"));
    expect(read).toEqual(PROFILE);
    expect(toOciSeccomp(read, HOST)).toEqual({
      defaultAction: "SCMP_ACT_ALLOW",
      defaultErrnoRet: 1,
      architectures: ["SCMP_ARCH_X86_64"],
      flags: ["SECCOMP_FILTER_FLAG_LOG"],
      syscalls: [
        { names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13 },
        { names: ["e"], action: "SCMP_ACT_KILL" },
      ],
    });
  });

  test("may name one call alone, as old ones do", () => {
    const old = { defaultAction: "X", syscalls: [{ name: "mkdir", action: "Y", args: [{ op: "Z" }] }] };
    expect(parseSeccompProfile(old, "/p").syscalls).toEqual([
      { names: ["mkdir"], action: "Y", args: [{ index: 0, value: 0, valueTwo: 0, op: "Z" }] },
    ]);
  });

  const WRONG: readonly (readonly [unknown, string])[] = [
    [[], "the top level is no object"],
    [{}, "defaultAction is missing"],
    [{ defaultAction: 5 }, "defaultAction is not text"],
    [{ defaultAction: "X", syscalls: {} }, "syscalls is not a list"],
    [{ defaultAction: "X", syscalls: [{ action: "Y" }] }, "syscalls[0]: it names no system call"],
    [{ defaultAction: "X", syscalls: [{ names: ["a"] }] }, "syscalls[0].action is missing"],
    [
      { defaultAction: "X", syscalls: [{ name: "a", names: ["b"], action: "Y" }] },
      "syscalls[0]: name and names cannot be given both",
    ],
    [
      { defaultAction: "X", syscalls: [{ names: ["a"], action: "Y", args: [{ op: "Z", value: -1 }] }] },
      "syscalls[0].args[0].value is not a whole number below 2^53",
    ],
    [
      { defaultAction: "X", architectures: ["A"], archMap: [{ architecture: "A" }] },
      "architectures and archMap cannot be given both",
    ],
  ];

  test.each(WRONG)("that is wrong is refused at its key: %j", (profile, reason) => {
    expect(() => parseSeccompProfile(profile, "/p.json")).toThrow(
      `seccomp profile /p.json cannot be used: ${reason}`,
    );
  });

  test("that cannot be read is refused with its path", () => {
    expect(() => readSeccompProfile(join(folder, "none.json"))).toThrow("none.json cannot be used: ENOENT");
    expect(() => readSeccompProfile(folder)).toThrow("it is no file");
    put("bad.json", "{");
    expect(() => readSeccompProfile(join(folder, "bad.json"))).toThrow("bad.json cannot be used: ");
    put("big.json", " ".repeat(1024 * 1024 + 1));
    expect(() => readSeccompProfile(join(folder, "big.json"))).toThrow("it is larger than");
  });
});

describe("what the machine can do", () => {
  const folders = () => ({ proc: join(folder, "proc"), sys: join(folder, "sys") });

  test("system calls are filtered where kernel and runc can, and runc is asked once", async () => {
    let asked = 0;
    const runc = (text: string) => async () => {
      asked++;
      return text;
    };
    expect(await new SeccompSupport(folders(), runc("libseccomp: 2.5")).obstacle()).toContain("this kernel");
    put("proc/sys/kernel/seccomp/actions_avail", "kill_process");
    const support = new SeccompSupport(folders(), runc("runc version 1.1.5\nlibseccomp: 2.5.4\n"));
    expect(await Promise.all([support.obstacle(), support.obstacle()])).toEqual([undefined, undefined]);
    expect(asked).toBe(1);
    const without = new SeccompSupport(folders(), runc("runc version 1.1.5\n"));
    expect(await without.obstacle()).toBe("runc was built without seccomp");
    expect(await new SeccompSupport(folders(), runc("")).obstacle()).toBeUndefined();
  });

  test("a named AppArmor profile must be loaded in a kernel that has AppArmor", () => {
    const ask = () => requireAppArmorProfile("web", folders());
    expect(ask).toThrow("AppArmor profile web cannot be used: this kernel has no AppArmor");
    put("sys/module/apparmor/parameters/enabled", "N\n");
    expect(ask).toThrow("this kernel has no AppArmor");
    put("sys/module/apparmor/parameters/enabled", "Y\n");
    expect(ask).not.toThrow();
    put("sys/kernel/security/apparmor/profiles", "other (enforce)\n");
    expect(ask).toThrow("no profile of this name is loaded");
    put("sys/kernel/security/apparmor/profiles", "other (enforce)\nweb (complain)\n");
    expect(ask).not.toThrow();
  });

  test("swap is limited where the kernel counts it, on either kind of cgroup", () => {
    mkdirSync(join(folder, "sys/fs/cgroup/memory"), { recursive: true });
    expect(hasSwapLimits(folders())).toBe(false);
    put("sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", "1");
    expect(hasSwapLimits(folders())).toBe(true);
    rmSync(join(folder, "sys"), { recursive: true });
    put("sys/fs/cgroup/cgroup.controllers", "memory pids");
    put("proc/self/cgroup", "0::/\n");
    expect(hasSwapLimits(folders())).toBe(true);
    put("proc/self/cgroup", "0::/system.slice/x.service\n");
    put("sys/fs/cgroup/system.slice/x.service/memory.max", "max");
    expect(hasSwapLimits(folders())).toBe(false);
    put("sys/fs/cgroup/system.slice/x.service/memory.swap.max", "max");
    expect(hasSwapLimits(folders())).toBe(true);
  });
});
