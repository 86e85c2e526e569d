/** `supercargo doctor`: each thing is broken for real, seen, and mended by the command that is printed. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ROOT } from "../../scripts/project/setup.mjs";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import { runProgram, startTestDevice, type TestDevice } from "./support/device.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

let device: TestDevice;
let folder: string;
/** Programs that stand in for those of the system: package manager, service manager. */
let tools: string;
let config: string;

beforeAll(async () => {
  refuseInitialNamespace();
  device = await startTestDevice();
  folder = mkdtempSync(join(tmpdir(), "sc-doctor-"));
  config = join(folder, "config.json");
}, 120_000);

afterAll(async () => {
  await device?.end();
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

beforeEach(() => {
  tools = mkdtempSync(join(folder, "tools-"));
  configure({});
});

function configure(changes: Record<string, Record<string, unknown>>, mode = 0o600): void {
  const good = JSON.parse(readFileSync(join(device.home, "config.json"), "utf8"));
  for (const [section, values] of Object.entries(changes)) good[section] = { ...good[section], ...values };
  writeFileSync(config, JSON.stringify(good));
  chmodSync(config, mode);
}

function path(): string {
  return `${tools}:${join(ROOT, "dist/bin")}:${process.env["PATH"]}`;
}

async function findings(...words: string[]): Promise<readonly Finding[]> {
  const env = { PATH: path() };
  const { stdout, stderr } = await runProgram(
    "supercargo",
    ["doctor", "--json", "--cfg-file", config, ...words],
    env,
  );
  expect(stderr).toBe("");
  return JSON.parse(stdout).findings;
}

async function bad(subject: string, ...words: string[]): Promise<Finding[]> {
  return (await findings(...words)).filter(
    (one) => one.subject === subject && ["warning", "problem"].includes(one.level),
  );
}

function tool(name: string, script: string): void {
  const file = join(tools, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function apply(command: string | undefined): void {
  const { status, stderr } = spawnSync("sh", ["-c", command ?? "false"], {
    encoding: "utf8",
    env: { ...process.env, PATH: path() },
  });
  expect({ command, status, stderr }).toEqual({ command, status: 0, stderr });
}

function mount(...words: string[]): void {
  const { status, stderr } = spawnSync("mount", words, { encoding: "utf8" });
  expect({ words, status, stderr }).toEqual({ words, status: 0, stderr: "" });
}

/** Broken, seen with these words, mended by the printed command, and then not seen any more. */
async function expectMended(subject: string, words: RegExp, ...flags: string[]): Promise<void> {
  const seen = (await bad(subject, ...flags)).find(({ message }) => words.test(message));
  expect({ subject, message: seen?.message }).toEqual({ subject, message: expect.stringMatching(words) });
  apply(seen?.command);
  const after = (await bad(subject, ...flags)).filter(({ message }) => words.test(message));
  expect(after).toEqual([]);
}

describe("doctor names what is broken, and its remedy mends it", () => {
  test("nothing is a problem on a device that works", async () => {
    const all = await findings();
    expect(all.filter(({ level }) => level === "problem")).toEqual([]);
    const { code, stdout } = await runProgram("supercargo", ["doctor", "--cfg-file", config]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ok +containerd +containerd 1\.\d+\.\d+\S* answers at/);
    expect(stdout).toContain("0 problems");
  }, 60_000);

  test("configuration", async () => {
    const good = readFileSync(config, "utf8");
    writeFileSync(config, `${good.slice(0, -2)}, "network": 7 }`);
    const [problem] = await bad("configuration");
    expect(problem?.message).toContain(config);
    const command = problem?.advice?.split("says so: ")[1];
    const check = () => spawnSync("sh", ["-c", command ?? ""], { env: { ...process.env, PATH: path() } });
    expect(check().status).not.toBe(0);
    writeFileSync(config, good);
    apply(command);
    expect(await bad("configuration")).toEqual([]);
  }, 60_000);

  test("containerd", async () => {
    const socket = join(folder, "containerd.sock");
    configure({ containers: { address_path: socket } });
    tool("systemctl", `[ "$*" = "start containerd" ] && ln -s ${device.device.containerd.socket} ${socket}`);
    await expectMended("containerd", /does not answer at .*containerd\.sock/);
  }, 60_000);

  test("runc", async () => {
    const runc = Bun.which("runc") ?? "/usr/sbin/runc";
    const same = Bun.which("runc", { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" }) ?? runc;
    mount("--bind", "/dev/null", same);
    tool("apt-get", `[ "$*" = "install -y runc" ] && umount ${same}`);
    await expectMended("runc", /not installed/);
    const broken = join(folder, "broken-runc");
    writeFileSync(broken, "#!/bin/sh\necho 'cannot load a library' >&2; exit 127\n", { mode: 0o755 });
    mount("--bind", broken, same);
    tool("apt-get", `[ "$*" = "install -y --reinstall runc" ] && umount ${same}`);
    await expectMended("runc", /does not run: cannot load a library/);
  }, 60_000);

  test("CNI plugins", async () => {
    const folders = ["/usr/lib/cni", "/opt/cni/bin"].filter((one) => existsSync(one));
    for (const one of folders) mount("-t", "tmpfs", "tmpfs", one);
    tool("apt-get", `[ "$*" = "install -y containernetworking-plugins" ] && umount ${folders.join(" ")}`);
    await expectMended("cni", /bridge and static are not in/);
  }, 60_000);

  test("control groups", async () => {
    mount("-t", "tmpfs", "tmpfs", "/sys/fs/cgroup");
    try {
      await expectMended("cgroups", /no control groups are mounted/);
    } finally {
      spawnSync("umount", ["/sys/fs/cgroup"]);
      spawnSync("umount", ["/sys/fs/cgroup"]);
    }
  }, 60_000);

  test("kernel features", async () => {
    const without = join(folder, "filesystems");
    writeFileSync(without, "nodev\ttmpfs\n\text4\n");
    mount("--bind", without, "/proc/filesystems");
    tool("modprobe", '[ "$*" = overlay ] && umount /proc/filesystems');
    await expectMended("kernel", /overlay is not known/);
  }, 60_000);

  test("a kernel built without networks of containers", async () => {
    const packed = existsSync("/proc/config.gz");
    const place = packed ? "/proc/config.gz" : "/boot";
    const text = Buffer.from(
      "CONFIG_BRIDGE=m\n# CONFIG_VETH is not set\nCONFIG_NF_TABLES=y\nCONFIG_NFT_MASQ=m\n",
    );
    if (packed) {
      const other = join(folder, "config.gz");
      writeFileSync(other, gzipSync(text));
      mount("--bind", other, place);
    } else {
      mount("-t", "tmpfs", "tmpfs", place);
      writeFileSync(`${place}/config-${release()}`, text);
    }
    const seen = await bad("kernel");
    spawnSync("umount", [place]);
    expect(seen.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "problem the kernel is built without CONFIG_VETH: containers can get no network of their own",
      "warning the kernel is built without CONFIG_NFT_NAT: ports cannot be published by nftables",
    ]);
    expect(seen[0]?.advice).toContain("use a kernel that is built with it");
    expect(await bad("kernel")).toEqual([]);
  }, 60_000);

  test("nftables", async () => {
    tool("nft", "echo 'Error: cannot use the netlink family: Protocol not supported' >&2; exit 1");
    tool("modprobe", `[ "$*" = nf_tables ] && rm ${join(tools, "nft")}`);
    await expectMended("nftables", /nft does not work: .*not supported/);
    const same = Bun.which("nft", { PATH: "/usr/sbin:/sbin:/usr/bin:/bin" }) ?? "/usr/sbin/nft";
    mount("--bind", "/dev/null", same);
    tool("apt-get", `[ "$*" = "install -y nftables" ] && umount ${same}`);
    await expectMended("nftables", /nft is not installed/);
  }, 60_000);

  test("broker", async () => {
    const reserved = await listening(0);
    const { port } = reserved.address() as { port: number };
    await closed(reserved);
    const url = `tcp://127.0.0.1:${port}`;
    configure({ things: { enable: true }, connection: { broker_url: url } });
    const [problem] = await bad("broker");
    expect(problem?.message).toContain(`127.0.0.1:${port} cannot be reached`);
    const marker = join(folder, "mosquitto-started");
    tool("systemctl", `[ "$*" = "start mosquitto" ] && touch ${marker}`);
    apply(problem?.command);
    expect(existsSync(marker)).toBe(true);
    const broker = await listening(port);
    expect(await bad("broker")).toEqual([]);
    await closed(broker);
  }, 60_000);

  test("disk", async () => {
    const home = join(folder, "small");
    mkdirSync(home);
    mount("-t", "tmpfs", "-o", "size=20m,mode=0755", "tmpfs", home);
    try {
      writeFileSync(join(home, "filler"), Buffer.alloc(19_500_000));
      configure({ manager: { home_dir: home } });
      tool("kanto-cm", `[ "$*" = "images prune" ] && rm ${join(home, "filler")}`);
      await expectMended("disk", /small: only .* are free/);
    } finally {
      spawnSync("umount", [home]);
    }
  }, 60_000);

  test("trust: keys that cannot be read, and programs that are not there", async () => {
    const key = join(folder, "image.pem");
    configure({ containers: { image_dec_keys: [`${key}:secret`], image_verifier_type: "notation" } });
    const words = (await bad("trust")).map(({ message }) => message);
    expect(words).toContain(`the key ${key} of containers.image_dec_keys cannot be read`);
    expect(words.join()).toContain("the program notation is not there: nothing can be pulled");
    expect(words.join()).not.toContain("secret");
    writeFileSync(key, "");
    tool("notation", "exit 0");
    expect(await bad("trust")).toEqual([]);
    rmSync(join(tools, "notation"));
    configure({});
    expect((await findings()).find(({ subject }) => subject === "trust")?.level).toBe("off");
  }, 60_000);

  test("clock", async () => {
    const future = new Date(Date.now() + 48 * 3_600_000);
    utimesSync(config, future, future);
    tool("timedatectl", `[ "$*" = "set-ntp true" ] && touch ${config}`);
    await expectMended("clock", /the clock was set back/);
  }, 60_000);

  test("permissions of the home folder, of a configuration with passwords, of the socket", async () => {
    const home = join(folder, "home");
    mkdirSync(home);
    chmodSync(home, 0o777);
    configure({ manager: { home_dir: home } });
    await expectMended("permissions", /can be written to by others \(mode 0777\)/);
    expect(statSync(home).mode & 0o777).toBe(0o755);
    configure({ connection: { client_password: "secret" } }, 0o644);
    await expectMended("permissions", /holds passwords and can be read by others/);
    const mode = statSync(device.device.socket).mode & 0o777;
    chmodSync(device.device.socket, 0o666);
    await expectMended("permissions", /everybody may use/);
    chmodSync(device.device.socket, mode);
  }, 60_000);

  test("daemon", async () => {
    const socket = join(folder, "absent.sock");
    tool("systemctl", `[ "$*" = "start container-management" ] && ln -s ${device.device.socket} ${socket}`);
    await expectMended(
      "daemon",
      /No daemon answers at .*absent\.sock: there is no such socket/,
      "--host",
      socket,
    );
    // A daemon that is told to listen on a port is looked for there.
    const reserved = await listening(0);
    const { port } = reserved.address() as { port: number };
    await closed(reserved);
    configure({ grpc_server: { protocol: "tcp", address_path: `0.0.0.0:${port}` } });
    const [seen] = await bad("daemon");
    expect(seen?.message).toStartWith(`No daemon answers at 127.0.0.1:${port} (ECONNREFUSED)`);
    configure({ grpc_server: { protocol: "tcp", address_path: "nowhere" } });
    const [wrong] = await bad("configuration");
    expect(wrong?.message).toBe("grpc_server.address_path: nowhere is no host:port");
  }, 60_000);
});

function listening(port: number): Promise<Server> {
  const server = createServer((socket) => socket.end());
  return new Promise((resolve) => server.listen(port, "127.0.0.1", () => resolve(server)));
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
