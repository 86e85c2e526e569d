import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../scripts/demo/until.ts";
import { describeError } from "../../src/errors/error.ts";
import type { Container } from "../../src/model/container.ts";
import { type ContainerWish, fillDefaults } from "../../src/model/defaults.ts";
import type { Extras } from "../../src/model/extras.ts";
import { startTestDevice, stepSignal, type TestDevice } from "./support/device.ts";
import { Inside } from "./support/inside.ts";

const IMAGE = "localhost/test/extras:1.0";
/** Keeps running, ends at once on SIGTERM. */
const STAY = "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done";
/** Writes down what only the container itself can see, and what it is not allowed to do. */
const LOOK = [
  "id >/rw/id; pwd >/rw/pwd; ulimit -n >/rw/nofile",
  "cat /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax >/rw/sysctl",
  "for place in /x /ro/x /etc/hosts; do echo x 2>/dev/null >>$place && echo $place; done >/rw/written",
  "mkdir /rw/made 2>/rw/mkdir",
  "unshare -U true 2>/dev/null && echo yes >/rw/unshare || echo no >/rw/unshare",
  "echo done >/rw/done",
  STAY,
].join("; ");
const EMPTY = { memory: "", memoryReservation: "", memorySwap: "" };

let device: TestDevice;
let folder: string;

function shared(name: string): string {
  const path = join(device.home, "shared", name);
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o777);
  return path;
}

function manifest(name: string, more: object = {}): object {
  return {
    container_id: name,
    container_name: name,
    image: { name: IMAGE },
    mount_points: [
      { source: shared(name), destination: "/rw" },
      { source: shared("ro"), destination: "/ro", read_only: name === "full" },
    ],
    ...more,
  };
}

const FULL = {
  config: { entrypoint: ["/bin/sh", "-c", LOOK], cmd: ["own"], user: "nobody:nogroup", working_dir: "/tmp" },
  host_config: {
    read_only_rootfs: true,
    no_new_privileges: false,
    sysctls: { "net.core.somaxconn": 77, "kernel.msgmax": 9000 },
    ulimits: { nofile: { soft: 2048, hard: 4096 }, core: { soft: 0, hard: -1 } },
    resources: { memory: "64M", cpus: 0.5, pids_limit: 40 },
  },
  labels: { "org.example/team": "drive" },
};

function put(name: string, more: object): void {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(manifest(name, more), undefined, 2));
}

async function container(name: string): Promise<Container> {
  const found = await device.device.client.get(name, stepSignal());
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

async function inside(name: string): Promise<Inside> {
  return Inside.of((await container(name)).state.pid);
}

function seen(name: string, file: string): string {
  return readFileSync(join(shared(name), file), "utf8").trim();
}

async function deploy(): Promise<void> {
  const run = await device.deployOnce(folder, "--probation", "0");
  expect(run.stderr).not.toContain("ERROR");
  expect(run.code).toBe(0);
}

function wish(name: string, more: ContainerWish = {}, extras: Extras = {}) {
  return fillDefaults({ id: name, name, image: { name: IMAGE }, ...more, extras });
}

/** Why a container does not start. */
async function startFailure(name: string, more: ContainerWish, extras: Extras = {}): Promise<string> {
  const { client } = device.device;
  await client.create(wish(name, more, extras), stepSignal());
  try {
    await client.start(name, stepSignal());
    return "started";
  } catch (thrown) {
    return describeError(thrown);
  }
}

beforeAll(async () => {
  device = await startTestDevice({ containers: { default_seccomp: "default" } });
  folder = mkdtempSync(join(tmpdir(), "supercargo-extras-"));
  await device.importImage({
    name: IMAGE,
    config: { Entrypoint: ["/bin/sh", "-c", LOOK], Cmd: ["image"], User: "0", WorkingDir: "/root" },
  });
  const profile = {
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 13 }],
  };
  writeFileSync(join(device.home, "profile.json"), JSON.stringify(profile));
  put("full", FULL);
  put("plain", {});
  put("free", { host_config: { seccomp_profile: "unconfined" } });
  put("custom", { host_config: { seccomp_profile: join(device.home, "profile.json") } });
  put("mighty", { host_config: { privileged: true } });
  await deploy();
  for (const name of ["full", "plain", "free", "custom", "mighty"]) {
    await until(() => existsSync(join(shared(name), "done")), `${name} has looked around`, 30_000);
  }
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe("a container with everything", () => {
  test("runs its own program with its own arguments, as its own user, in its own folder", async () => {
    expect((await inside("full")).args).toEqual(["/bin/sh", "-c", LOOK, "own"]);
    expect(seen("full", "id")).toContain("uid=65534(nobody) gid=65534(nogroup)");
    expect(seen("full", "pwd")).toBe("/tmp");
    expect((await inside("full")).env).toContain("HOME=/");
  });

  test("is kept by runc in the daemon's own folder, wherever the daemon was started from", () => {
    expect(
      existsSync(
        join(device.device.places.run, `cm/supercargo/runc/${device.device.namespace}/full/state.json`),
      ),
    ).toBe(true);
  });

  test("writes to its writable mount only", async () => {
    const full = await inside("full");
    expect(seen("full", "written")).toBe("");
    expect(full.mount("/")?.options.split(",")).toContain("ro");
    expect(full.mount("/ro")?.options.split(",")).toContain("ro");
    expect(full.mount("/etc/hosts")?.options.split(",")).toContain("ro");
    expect(full.mount("/rw")?.options.split(",")).toContain("rw");
    expect(statSync(join(shared("full"), "made")).uid).toBe(65534);
  });

  test("has its settings of the kernel and its limits", async () => {
    const full = await inside("full");
    expect(seen("full", "sysctl").split("\n")).toEqual(["77", "9000"]);
    expect(seen("full", "nofile")).toBe("2048");
    const limits = readFileSync(`/proc/${full.pid}/limits`, "utf8");
    expect(limits).toMatch(/Max open files +2048 +4096/);
    expect(limits).toMatch(/Max core file size +0 +unlimited/);
    expect(full.cgroupFile("cpu", "cpu.cfs_quota_us", "cpu.max")).toMatch(/^50000( 100000)?$/);
    expect(full.cgroupFile("pids", "pids.max", "pids.max")).toBe("40");
    expect(full.cgroupFile("memory", "memory.limit_in_bytes", "memory.max")).toBe("67108864");
    expect(full.status("NoNewPrivs")).toBe("0");
    expect(full.status("Seccomp")).toBe("2");
  });

  test("shows its extras to our own clients, and nothing of them to Kanto's", async () => {
    const extras = (await device.device.client.listExtras(stepSignal())).get("full");
    expect(extras).toMatchObject({
      user: "nobody:nogroup",
      cpus: 0.5,
      labels: { "org.example/team": "drive" },
    });
    expect("extras" in (await container("full"))).toBe(false);
    const stored = readFileSync(join(device.home, "cm/containers/full/config.json"), "utf8");
    expect(stored).not.toContain("nogroup");
  });
});

test("a container without extras is as Kanto makes it, but for the daemon's own filter", async () => {
  const plain = await inside("plain");
  expect(plain.args).toEqual(["/bin/sh", "-c", LOOK, "image"]);
  expect(seen("plain", "id")).toContain("uid=0(root)");
  expect(seen("plain", "pwd")).toBe("/root");
  expect(seen("plain", "written").split("\n")).toEqual(["/x", "/ro/x", "/etc/hosts"]);
  expect(readFileSync(`/proc/${plain.pid}/limits`, "utf8")).toMatch(/Max open files +1024 +1024/);
  expect(plain.status("NoNewPrivs")).toBe("1");
  expect(plain.status("Seccomp")).toBe("2");
  expect(plain.cgroupFile("cpu", "cpu.cfs_quota_us", "cpu.max")).toMatch(/^(-1|max 100000)$/);
});

test("system calls are filtered by the default list, by a profile of one's own, or not at all", async () => {
  expect(seen("plain", "unshare")).toBe("no");
  expect(seen("plain", "mkdir")).toBe("");
  expect((await inside("free")).status("Seccomp")).toBe("0");
  expect((await inside("custom")).status("Seccomp")).toBe("2");
  expect(seen("custom", "mkdir")).toContain("Permission denied");
  expect(existsSync(join(shared("custom"), "made"))).toBe(false);
  expect((await inside("mighty")).status("Seccomp")).toBe("0");
});

describe("mounts that are made later below a mount point", () => {
  const run = (...command: string[]) => {
    const result = spawnSync(command[0] ?? "", command.slice(1), { encoding: "utf8" });
    if (result.status !== 0) throw new Error(`${command.join(" ")}: ${result.stderr}`);
  };
  const MAKE = `mount -t tmpfs none /place/inner && touch /place/inner/file; echo done >/place/done; ${STAY}`;

  /** Whether the container sees the host's mount, and the host the container's. */
  async function seenAcross(mode: string): Promise<readonly [inside: boolean, outside: boolean]> {
    const source = shared(`propagation-${mode}`);
    for (const name of ["inner", "outer"]) mkdirSync(join(source, name));
    run("mount", "--bind", source, source);
    run("mount", "--make-shared", source);
    try {
      const { client } = device.device;
      const mounts = [{ source, destination: "/place", propagationMode: mode }];
      const hostConfig = { privileged: true };
      await client.create(
        wish(mode, { mounts, hostConfig }, { entrypoint: ["/bin/sh", "-c", MAKE] }),
        stepSignal(),
      );
      await client.start(mode, stepSignal());
      await until(() => existsSync(join(source, "done")), `${mode} has mounted`);
      run("mount", "-t", "tmpfs", "none", join(source, "outer"));
      writeFileSync(join(source, "outer/file"), "x");
      const { pid } = (await container(mode)).state;
      const across = [
        existsSync(`/proc/${pid}/root/place/outer/file`),
        existsSync(join(source, "inner/file")),
      ] as const;
      await client.remove(mode, true, undefined, stepSignal());
      return across;
    } finally {
      run("umount", "-R", source);
    }
  }

  test.each([
    ["rprivate", false, false],
    ["rslave", true, false],
    ["rshared", true, true],
    ["slave", true, false],
    ["shared", true, true],
  ] as const)("%s: from host to container %p, from container to host %p", async (mode, inner, outer) => {
    expect(await seenAcross(mode)).toEqual([inner, outer]);
  });
});

describe("Kanto's own keys", () => {
  const stay: Extras = { entrypoint: ["/bin/sh", "-c", STAY] };
  const run = async (name: string, more: ContainerWish, extras = stay): Promise<Inside> => {
    const { client } = device.device;
    await client.create(wish(name, more, extras), stepSignal());
    await client.start(name, stepSignal());
    return inside(name);
  };

  // cgroup v1 holds memory and swap together, v2 swap alone.
  test.each([
    ["twice the memory when left out", "", ["134217728", "67108864"]],
    ["as given", "96M", ["100663296", "33554432"]],
    ["unlimited", "-1", [String(2n ** 63n - 4096n), "max"]],
  ] as const)("swap is %s", async (words, memorySwap, expected) => {
    const resources = { memory: "64M", memoryReservation: "32M", memorySwap };
    const limited = await run(`swap-${words.split(" ")[0]}`, { hostConfig: { resources } });
    expect([...expected]).toContain(
      limited.cgroupFile("memory", "memory.memsw.limit_in_bytes", "memory.swap.max"),
    );
    expect(limited.cgroupFile("memory", "memory.limit_in_bytes", "memory.max")).toBe("67108864");
    expect(limited.cgroupFile("memory", "memory.soft_limit_in_bytes", "memory.low")).toBe("33554432");
  });

  test("hooks of all three types run in their order, with arguments and environment", async () => {
    const file = join(device.home, "hooks");
    const hook = (type: "Prestart" | "Poststart" | "Poststop") => ({
      path: "/bin/sh",
      args: ["sh", "-c", `echo "$WORD" >>${file}`],
      env: [`WORD=${type}`],
      timeoutSeconds: 20,
      type,
    });
    await run("with-hooks", { hooks: [hook("Poststop"), hook("Poststart"), hook("Prestart")] });
    const lines = () => readFileSync(file, "utf8").trim().split("\n");
    expect(lines()).toEqual(["Prestart", "Poststart"]);
    await device.device.client.remove("with-hooks", true, undefined, stepSignal());
    expect(lines()).toEqual(["Prestart", "Poststart", "Poststop"]);
  });

  test("an extra capability stands beside the usual ones, and none is inherited", async () => {
    const able = await run("able", { hostConfig: { extraCapabilities: ["CAP_NET_ADMIN"] } });
    const sets = ["CapBnd", "CapPrm", "CapEff", "CapInh", "CapAmb"].map((name) => able.status(name));
    const usual = 0xa80425fbn;
    const wanted = [usual, usual, usual, 0n, 0n].map((bits) => (bits === 0n ? bits : bits | (1n << 12n)));
    expect(sets.map((text) => BigInt(`0x${text}`))).toEqual(wanted);
  });

  test("a device can be used as its permission letters say, and not otherwise", async () => {
    const path = shared("letters");
    const open = (word: string, way: string) => `(: ${way}/dev/own) 2>/dev/null && echo ${word} >>/rw/can`;
    const program = `${open("read", "<")}; ${open("write", ">")}; echo done >/rw/done; ${STAY}`;
    const mapping = { pathOnHost: "/dev/loop-control", pathInContainer: "/dev/own", cgroupPermissions: "r" };
    const mounts = [{ source: path, destination: "/rw", propagationMode: "" }];
    const extras: Extras = { entrypoint: ["/bin/sh", "-c", program] };
    await run("letters", { mounts, hostConfig: { devices: [mapping] } }, extras);
    await until(() => existsSync(join(path, "done")), "the device has been tried");
    expect(seen("letters", "can")).toBe("read");
  });
});

describe("changes", () => {
  test("of limits are made in the running container, and taken away again", async () => {
    const { client } = device.device;
    const { pid } = await inside("free");
    const free = new Inside(pid);
    await client.update("free", undefined, { ...EMPTY, memory: "48M", memorySwap: "96M" }, stepSignal(), {
      cpus: 0.25,
      pidsLimit: 30,
    });
    expect(free.cgroupFile("cpu", "cpu.cfs_quota_us", "cpu.max")).toMatch(/^25000( 100000)?$/);
    expect(free.cgroupFile("pids", "pids.max", "pids.max")).toBe("30");
    expect(free.cgroupFile("memory", "memory.limit_in_bytes", "memory.max")).toBe("50331648");
    await client.update("free", undefined, EMPTY, stepSignal(), { cpus: undefined, pidsLimit: undefined });
    expect(free.cgroupFile("cpu", "cpu.cfs_quota_us", "cpu.max")).toMatch(/^(-1|max 100000)$/);
    expect(free.cgroupFile("pids", "pids.max", "pids.max")).toBe("max");
    expect(Number(free.cgroupFile("memory", "memory.limit_in_bytes", "memory.max"))).not.toBe(50331648);
    expect((await container("free")).state.pid).toBe(pid);
  });

  test("of limits in a manifest keep the container, of anything else replace it", async () => {
    const before = (await container("full")).state.pid;
    const resources = { memory: "64M", cpus: 0.75, pids_limit: 50 };
    put("full", { ...FULL, host_config: { ...FULL.host_config, resources } });
    await deploy();
    const full = await inside("full");
    expect(full.pid).toBe(before);
    expect(full.cgroupFile("cpu", "cpu.cfs_quota_us", "cpu.max")).toMatch(/^75000( 100000)?$/);
    expect(full.cgroupFile("pids", "pids.max", "pids.max")).toBe("50");
    const { user: _, ...config } = FULL.config;
    put("full", { ...FULL, config });
    await deploy();
    await until(() => seen("full", "id").startsWith("uid=0"), "the successor has looked around");
    expect((await container("full")).state.pid).not.toBe(before);
  });

  test("that take the last extra out of a manifest are seen by a deployer that was away", async () => {
    const before = (await container("custom")).state.pid;
    put("custom", {});
    await deploy();
    const custom = await inside("custom");
    expect(custom.pid).not.toBe(before);
    expect((await device.device.client.listExtras(stepSignal())).has("custom")).toBe(false);
  });
});

test("what the peer lets pass and what never works is refused at create, with the key in the hint", async () => {
  const port = { protocol: "tcp", hostIp: "", hostPort: 0, hostPortEnd: 0, containerPort: 80 };
  const dev = { pathOnHost: "/dev/null", pathInContainer: "/dev/null", cgroupPermissions: "rwx" };
  const hook = { path: "/bin/true", args: [], env: [], timeoutSeconds: 0, type: "Unknown" } as const;
  const refused: readonly (readonly [ContainerWish, string])[] = [
    [
      { hostConfig: { portMappings: [{ ...port, hostPort: 65_616 }] } },
      "the host port 65616 is out of range",
    ],
    [
      { hostConfig: { portMappings: [{ ...port, containerPort: 65_536 }] } },
      "container port 65536 is out of",
    ],
    [{ hostConfig: { devices: [dev] } }, "the cgroup permissions rwx for device mapping /dev/null:/dev/null"],
    [{ hostConfig: { extraCapabilities: ["NET_ADMIN"] } }, "unknown capability NET_ADMIN"],
    [{ hostConfig: { extraHosts: ["a:b:c"] } }, "host [a b c] is incorrectly defined"],
    [{ hooks: [hook] }, "the type of the hook /bin/true is not supported"],
  ];
  for (const [more, text] of refused) {
    const { extras: _, ...plain } = wish("refused", more);
    const answer = device.device.client.create(plain, stepSignal());
    await expect(answer).rejects.toThrow(text);
  }
  const created = device.device.client.create(wish("refused", {}, { user: "a b" }), stepSignal());
  await expect(created).rejects.toMatchObject({
    code: "SC_CONTAINER_INVALID",
    message: '"a b" is no user',
    hint: expect.stringContaining("config.user must be: user, user:group"),
  });
  expect(await device.device.client.get("refused", stepSignal())).toBeUndefined();
});

test("extras outlive Kanto's rewriting of config.json", async () => {
  const { client } = device.device;
  const extras: Extras = { user: "65534", readOnlyRoot: true, entrypoint: ["/bin/sh", "-c", STAY] };
  await client.create(wish("kept", {}, extras), stepSignal());
  await device.device.end("container-management", "SIGTERM");
  // As Kanto does at each load: its own keys only, in a new file.
  const path = join(device.home, "cm/containers/kept/config.json");
  const stored = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, `${JSON.stringify({ ...stored, domain_name: "kanto-domain" })}\n`);
  await device.device.startDaemon(stepSignal());
  expect((await container("kept")).domainName).toBe("kanto-domain");
  await client.start("kept", stepSignal());
  const kept = await inside("kept");
  expect(kept.args).toEqual(["/bin/sh", "-c", STAY]);
  expect(kept.status("Uid").split(/\s+/)).toEqual(["65534", "65534", "65534", "65534"]);
  expect(kept.mount("/")?.options.split(",")).toContain("ro");
});

describe("a start is refused with the reason", () => {
  test("when a hook outlasts its time-out, and nothing runs", async () => {
    const hook = {
      path: "/bin/sleep",
      args: ["sleep", "600"],
      env: [],
      timeoutSeconds: 1,
      type: "Prestart",
    } as const;
    expect(await startFailure("hooked", { hooks: [hook] })).toContain("hook ran past specified timeout");
    expect((await container("hooked")).state).toMatchObject({ status: "Stopped", pid: -1 });
  });

  test("when the source of a mount is not there, and it is not made", async () => {
    const source = join(device.home, "not-there");
    const mounts = [{ source, destination: "/data", propagationMode: "" }];
    expect(await startFailure("unmounted", { mounts })).toContain(source);
    expect((await container("unmounted")).state).toMatchObject({ status: "Stopped", pid: -1 });
    expect(existsSync(source)).toBe(false);
  });

  test("when an AppArmor profile is named that the kernel does not have", async () => {
    const reason = await startFailure("armored", {}, { apparmorProfile: "supercargo-no-such-profile" });
    expect(reason).toContain("AppArmor profile supercargo-no-such-profile cannot be used");
  });

  test("when the image does not know the user, or the profile is not there", async () => {
    expect(await startFailure("stranger", {}, { user: "captain" })).toContain('user "captain" is not in');
    const seccompProfile = join(device.home, "none.json");
    expect(await startFailure("lost", {}, { seccompProfile })).toContain("none.json cannot be used: ENOENT");
  });
});
