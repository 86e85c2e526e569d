/**
 * The package on a device with a real systemd: installed, used, upgraded, downgraded, killed, handed over, removed, purged.
 * SUPERCARGO_CLEAN_ROOT=debootstrap (npm run soak) makes the device anew, with dependencies from the mirror; else it is
 * this machine's root under changes that are thrown away.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { writeImageArchive } from "../../scripts/demo/demo-image.ts";
import { until } from "../../scripts/demo/until.ts";
import { debianPackage } from "../../scripts/project/package.mjs";
import { findBusybox, ROOT } from "../../scripts/project/setup.mjs";
import { CleanRoot } from "./support/clean-root.ts";
import { MANUAL, manualBlocks } from "./support/manual-blocks.ts";
import { refuseInitialNamespace } from "./support/namespace.ts";

const LIMIT_MS = 120_000;
const PORT = 20841;
const IMAGE = "localhost/test/device:1";
const MANIFESTS = "/data/var/containers/manifests";
const ARM64 = "supercargo_0.1.0_arm64.deb";
const DAEMON = "container-management.service";

let device: CleanRoot;

const made = new Set<string>();

function packageOf(version: string): string {
  const path = `/in/supercargo_${version}.deb`;
  if (made.has(path)) return path;
  made.add(path);
  const executable = readFileSync(join(ROOT, "dist/bin/supercargo.bin"));
  const parts = {
    architecture: "amd64",
    executable,
    helpFolder: join(ROOT, "dist/bin"),
    version,
    time: 1_790_000_000,
    level: 0,
  };
  writeFileSync(join(device.shared, `supercargo_${version}.deb`), debianPackage(parts));
  return path;
}

function install(deb: string): string {
  return device.isFresh
    ? device.do("apt-get", "install", "-y", "-q", "--no-install-recommends", "--allow-downgrades", deb)
    : device.do("dpkg", "--no-triggers", "-i", "--force-depends", "--force-unsafe-io", deb);
}

/**
 * Runs the manual's blocks of a page that are for a device with systemd, each line in bash, and answers what each said.
 * Every line has to succeed; a doctor may find that this device has no broker.
 */
function runManual(page: string, isWanted: (text: string) => boolean = () => true): readonly string[] {
  const blocks = manualBlocks.filter(
    (block) => block.page === page && block.isFor === "device" && isWanted(block.text),
  );
  expect({ page, blocks: blocks.length }).toEqual({ page, blocks: 1 });
  return blocks.flatMap(({ text }) =>
    text
      .trim()
      .split("\n")
      .map((line) => {
        const { code, text: said } = device.try("bash", "-c", `cd /in/manual && ${line}`);
        const isForBroker = line === "supercargo doctor" && brokerAside(said).length === 0;
        expect({ page, line, code: isForBroker ? 0 : code, said: code === 0 ? "" : said }).toEqual({
          page,
          line,
          code: 0,
          said: code === 0 ? "" : said,
        });
        return said;
      }),
  );
}

const brokerAside = (said: string) =>
  (said.match(/^PROBLEM .*$/gm) ?? []).filter((line) => !line.includes("broker"));

/** The manual's `apt-get` without questions, or, where no mirror is, the part of it that this package is; Kanto's is on neither. */
function apt(): string {
  const local = device.isFresh
    ? 'exec /usr/bin/apt-get -y -q --no-install-recommends --allow-downgrades "$@"'
    : 'exec dpkg --no-triggers -i --force-depends --force-unsafe-io "$2"';
  return `#!/bin/sh\n[ "$*" = "install container-management" ] && exit 0\n${local}\n`;
}

const isActive = (unit: string) => device.try("systemctl", "is-active", unit).text.trim();
const property = (unit: string, name: string) =>
  device.do("systemctl", "show", "--value", `--property=${name}`, unit).trim();
const daemonPid = () => property(DAEMON, "MainPID");

const bounding = (pid: string | number | undefined) => device.do("grep", "CapBnd", `/proc/${pid}/status`);

interface Got {
  readonly status: number;
  readonly pid: number;
  readonly startedAt: string;
}

function get(name: string): Got | undefined {
  const { code, text } = device.try("kanto-cm", "get", "--name", name);
  if (code !== 0) return undefined;
  const { state } = JSON.parse(text);
  return { status: state.status, pid: state.pid, startedAt: state.started_at };
}

/** What the published port answers, or why nothing does; by bash, which is on every Debian. */
function page(): string {
  const ask = `exec 3<>/dev/tcp/127.0.0.1/${PORT} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3`;
  return device.try("timeout", "5", "bash", "-c", ask).text.trim().split("\n").at(-1) ?? "";
}

async function untilRunning(name: string): Promise<Got> {
  const what = () => `${name} runs:\n${device.try("journalctl", "--no-pager", "-n", "30").text}`;
  await until(() => get(name)?.status === 2, what, LIMIT_MS / 2);
  const got = get(name);
  if (got === undefined) throw new Error(`${name} is gone`);
  return got;
}

beforeAll(async () => {
  refuseInitialNamespace();
  device = CleanRoot.make(process.env["SUPERCARGO_CLEAN_ROOT"] ?? "");
  const busybox = findBusybox();
  if (busybox === undefined) throw new Error("no static busybox was found");
  mkdirSync(join(device.shared, "manual"));
  writeFileSync(join(device.root, "usr/local/sbin/apt-get"), apt(), { mode: 0o755 });
  const script = `#!/bin/sh\nmkdir -p /w\necho on-the-device > /w/index.html\nhttpd -p 80 -h /w\ntrap "exit 0" TERM\nwhile :; do sleep 60 & wait $!; done\n`;
  const image = { name: IMAGE, config: { Cmd: ["/serve"] }, scripts: { serve: script } };
  writeImageArchive(busybox, join(device.shared, "image.tar"), image);
  // A mirror is reached from the machine's network only: dependencies come before the device is booted.
  if (device.isFresh) {
    device.mountForChroot();
    device.do("apt-get", "update", "-q");
    device.do(
      "apt-get",
      "install",
      "-y",
      "-q",
      "--no-install-recommends",
      "--download-only",
      packageOf("0.1.0"),
    );
    device.do(
      "apt-get",
      "install",
      "-y",
      "-q",
      "--no-install-recommends",
      "containerd",
      "runc",
      "containernetworking-plugins",
      "nftables",
      "iproute2",
    );
  }
  await device.boot("dbus.socket", "containerd.service");
}, LIMIT_MS * 3);

afterAll(() => device?.end(), LIMIT_MS);

describe("on a device with systemd", () => {
  test("an installation starts both services; they say when they are ready", async () => {
    // The manual names another architecture's.
    copyFileSync(join(device.shared, basename(packageOf("0.1.0"))), join(device.shared, "manual", ARM64));
    runManual("getting-started.md");
    expect(isActive(DAEMON)).toBe("active");
    expect(isActive("kanto-auto-deployer.service")).toBe("active");
    expect(property(DAEMON, "StatusText")).toContain("0 containers");
    expect(device.do("systemctl", "is-enabled", DAEMON).trim()).toBe("enabled");
    expect(
      device.try("systemd-analyze", "verify", "--man=no", DAEMON, "kanto-auto-deployer.service"),
    ).toEqual({
      code: 0,
      text: "",
    });
    const stated = /gives it ([\d.]+) of 10/.exec(readFileSync(join(MANUAL, "operation.md"), "utf8"))?.[1];
    expect(device.do("systemd-analyze", "security", "--no-pager", DAEMON)).toContain(`${DAEMON}: ${stated} `);
  });

  test("a manifest in the folder becomes a container that answers on its port, under the unit's restrictions", async () => {
    device.do("kanto-cm", "images", "import", "/in/image.tar", "--name", IMAGE);
    const manifest = {
      container_name: "web",
      image: { name: IMAGE },
      host_config: { port_mappings: [{ host_port: PORT, container_port: 80 }] },
    };
    mkdirSync(join(device.root, MANIFESTS), { recursive: true });
    writeFileSync(join(device.root, MANIFESTS, "web.json.new"), JSON.stringify(manifest));
    renameSync(join(device.root, MANIFESTS, "web.json.new"), join(device.root, MANIFESTS, "web.json"));
    await untilRunning("web");
    await until(
      () => page() === "on-the-device",
      () => `the page, not: ${page()}`,
      LIMIT_MS / 2,
    );
    // There is no broker on this device.
    expect(brokerAside(device.try("supercargo", "doctor").text)).toEqual([]);
  });

  test("what containers can do works under the unit's restrictions", async () => {
    const cm = (...words: readonly string[]) => device.do("kanto-cm", ...words);
    expect(cm("exec", "web", "cat", "/w/index.html").trim()).toBe("on-the-device");
    cm("cp", "web:/w/index.html", "/tmp/copied.html");
    expect(device.do("cat", "/tmp/copied.html").trim()).toBe("on-the-device");
    cm("pause", "web");
    expect(get("web")?.status).toBe(4);
    cm("unpause", "web");
    cm("update", "--name", "web", "--memory", "64m");
    for (const [name, ...flags] of [
      ["onhost", "--network", "host"],
      ["mighty", "--privileged"],
      ["talks", "--t", "--i"],
    ] as const) {
      cm(
        "create",
        "--name",
        name,
        ...flags,
        IMAGE,
        "sh",
        "-c",
        "trap 'exit 0' TERM; while :; do sleep 60 & wait $!; done",
      );
      cm("start", "--name", name);
      expect({ name, status: get(name)?.status }).toEqual({ name, status: 2 });
      // The daemon has few capabilities, containerd all that there are.
      if (name === "mighty")
        expect(bounding(get(name)?.pid)).toBe(bounding(property("containerd.service", "MainPID")));
      cm("remove", "--force", "--name", name);
    }
    cm("images", "export", IMAGE, "/tmp/exported.tar");
    // Reading the configuration again is asked for by the unit's own line.
    device.do("systemctl", "reload", DAEMON);
    expect(isActive(DAEMON)).toBe("active");
    expect(page()).toBe("on-the-device");
  });

  test("the manual's commands for such a device do what they say", async () => {
    const before = get("web");
    expect(runManual("migration.md", (text) => text.startsWith("apt-get")).at(-1)).toContain("web");
    expect(get("web")).toEqual(before);
    expect(runManual("operation.md").join("\n")).toContain("Active: active (running)");
    runManual("trouble.md");
    runManual("programs/container-management.md");
    expect(runManual("programs/supercargo.md").at(-1)).toContain("Nothing was ended");
    const healthcheck = { exec: ["true"], interval: "1s" };
    const manifest = { container_name: "databroker", image: { name: IMAGE }, healthcheck };
    writeFileSync(join(device.root, MANIFESTS, "databroker.json"), JSON.stringify(manifest));
    await untilRunning("databroker");
    device.do("kanto-cm", "exec", "databroker", "sh", "-c", "echo vss > /etc/vss.json");
    runManual("programs/kanto-cm.md");
    expect(device.do("cat", "/in/manual/vss.json")).toBe("vss\n");
    rmSync(join(device.root, MANIFESTS, "databroker.json"));
    device.do("kanto-cm", "remove", "--force", "databroker");
  });

  for (const [what, version] of [
    ["an upgrade", "0.2.0"],
    ["a downgrade by one minor", "0.1.0"],
  ] as const) {
    test(`${what} of the package leaves containers as they are: pid, start, port; the daemon is a new one`, async () => {
      const before = get("web");
      const pid = daemonPid();
      install(packageOf(version));
      expect(device.do("dpkg-query", "-W", "supercargo")).toBe(`supercargo\t${version}\n`);
      expect(daemonPid()).not.toBe(pid);
      expect(isActive(DAEMON)).toBe("active");
      expect(isActive("kanto-auto-deployer.service")).toBe("active");
      expect(get("web")).toEqual(before);
      expect(page()).toBe("on-the-device");
    });
  }

  test("a daemon that is killed is started again, containers and deployer go on", async () => {
    const before = get("web");
    const pid = daemonPid();
    device.do("systemctl", "kill", "--kill-who=main", "--signal=SIGKILL", DAEMON);
    await until(() => isActive(DAEMON) === "active" && daemonPid() !== pid, "another daemon", LIMIT_MS / 2);
    await until(
      () => isActive("kanto-auto-deployer.service") === "active",
      "the deployer goes on",
      LIMIT_MS / 2,
    );
    expect(get("web")).toEqual(before);
    expect(page()).toBe("on-the-device");
  });

  test("handed over to Kanto both services are ended by systemd, and stay so; a start brings everything back", async () => {
    const back = runManual("migration.md", (text) => text.startsWith("supercargo hand-over"));
    expect(back[1]).toContain("Kanto starts by itself: web");
    expect(isActive(DAEMON)).toBe("inactive");
    expect(isActive("kanto-auto-deployer.service")).toBe("inactive");
    expect(device.do("ctr", "-n", "kanto-cm", "tasks", "ls", "-q")).toBe("");
    device.do("systemctl", "start", DAEMON, "kanto-auto-deployer.service");
    await untilRunning("web");
  });

  test("a removal stops the containers in order and keeps their state; purged, nothing of it is left", async () => {
    device.do("dpkg", "--no-triggers", "--remove", "supercargo");
    expect(device.do("ctr", "-n", "kanto-cm", "tasks", "ls", "-q")).toBe("");
    expect(page()).not.toBe("on-the-device");
    expect(device.do("sh", "-c", "ls /var/lib/container-management/containers/*/config.json")).toContain(
      "config.json",
    );
    expect(device.do("nft", "list", "tables")).not.toContain("supercargo");
    device.do("dpkg", "--no-triggers", "--purge", "supercargo");
    for (const path of [
      "/etc/container-management",
      "/var/lib/container-management",
      "/usr/lib/supercargo",
      "/run/container-management",
    ])
      expect(`${path} ${device.try("ls", path).code}`).toBe(`${path} 2`);
    expect(device.do("ctr", "-n", "kanto-cm", "tasks", "ls", "-q")).toBe("");
    // The manifests are the user's.
    expect(device.has(join(MANIFESTS, "web.json"))).toBe(true);
  });
});
