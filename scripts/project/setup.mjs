// Sets up what the project needs on this machine: npm packages and, where no usable program is there, Debian packages.
// Plain node, no dependencies: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Everything that a run leaves behind: demo home, tools that no package could install. */
export const HOME = join(ROOT, ".home");
export const BUN = join(ROOT, "node_modules", ".bin", "bun");
const CNI_FOLDERS = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];

/** A sentence for the user; no stack. */
export class SetupProblem extends Error {}

// Debian's sbin folders are not in every shell's PATH.
process.env.PATH = [
  ...new Set([...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin", "/bin"]),
].join(delimiter);

/** First executable of this name in PATH. */
export function findProgram(name) {
  for (const folder of process.env.PATH.split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch (error) {
      if (!["ENOENT", "ENOTDIR", "EACCES"].includes(error.code)) throw error;
    }
  }
  return undefined;
}

/** Whether an ELF file needs no dynamic loader (no PT_INTERP header). */
function isStatic(path) {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(4096);
    const size = readSync(file, head, 0, head.length, 0);
    if (size < 64 || head.readUInt32BE(0) !== 0x7f454c46 || head[4] !== 2) return false;
    const offset = Number(head.readBigUInt64LE(32));
    const entrySize = head.readUInt16LE(54);
    const entries = head.readUInt16LE(56);
    for (let index = 0; index < entries; index++)
      if (head.readUInt32LE(offset + index * entrySize) === 3) return false;
    return true;
  } finally {
    closeSync(file);
  }
}

const extracted = join(HOME, "tools");

/** A statically linked busybox, or undefined. */
export function findBusybox() {
  const candidates = [
    findProgram("busybox"),
    join(extracted, "bin/busybox"),
    join(extracted, "usr/bin/busybox"),
  ];
  return candidates.find((path) => path !== undefined && existsSync(path) && isStatic(path));
}

/** A shared library below one of the folders of architectures. */
function findLibrary(name) {
  return readdirSync("/usr/lib").some((folder) => existsSync(join("/usr/lib", folder, name)));
}

function pythonHas(module) {
  return (
    findProgram("python3") !== undefined &&
    spawnSync("/usr/bin/python3", ["-c", `import ${module}`]).status === 0
  );
}

const START_NEEDS = [
  {
    what: "containerd",
    pkg: "containerd",
    ok: () => findProgram("containerd") && findProgram("containerd-shim-runc-v2"),
  },
  { what: "runc", pkg: "runc", ok: () => findProgram("runc") },
  {
    what: "CNI's bridge plugin",
    pkg: "containernetworking-plugins",
    ok: () => CNI_FOLDERS.some((folder) => existsSync(join(folder, "bridge"))),
  },
  { what: "nft", pkg: "nftables", ok: () => findProgram("nft") },
  { what: "ip", pkg: "iproute2", ok: () => findProgram("ip") },
  {
    what: "unshare and nsenter",
    pkg: "util-linux",
    ok: () => findProgram("unshare") && findProgram("nsenter"),
  },
  { what: "a static busybox", pkg: "busybox-static", ok: findBusybox, extract: true },
];
const TEST_NEEDS = [
  ...START_NEEDS,
  { what: "iptables", pkg: "iptables", ok: () => findProgram("iptables") },
  { what: "docker-registry", pkg: "docker-registry", ok: () => findProgram("docker-registry") },
  { what: "protoc", pkg: "protobuf-compiler", ok: () => findProgram("protoc") },
  {
    what: "protobuf's own definitions",
    pkg: "libprotobuf-dev",
    ok: () => existsSync("/usr/include/google/protobuf/empty.proto"),
  },
  { what: "mosquitto", pkg: "mosquitto", ok: () => findProgram("mosquitto") },
  { what: "mosquitto_pub", pkg: "mosquitto-clients", ok: () => findProgram("mosquitto_pub") },
  { what: "skopeo", pkg: "skopeo", ok: () => findProgram("skopeo") },
  { what: "systemd-analyze and systemctl", pkg: "systemd", ok: () => findProgram("systemd-analyze") },
  { what: "dpkg", pkg: "dpkg", ok: () => findProgram("dpkg-deb") },
  { what: "tmux", pkg: "tmux", ok: () => findProgram("tmux") },
  { what: "bash", pkg: "bash", ok: () => findProgram("bash") },
  {
    what: "bash-completion",
    pkg: "bash-completion",
    ok: () => existsSync("/usr/share/bash-completion/bash_completion"),
  },
  { what: "zsh", pkg: "zsh", ok: () => findProgram("zsh") },
  { what: "fish", pkg: "fish", ok: () => findProgram("fish") },
  { what: "debootstrap", pkg: "debootstrap", ok: () => findProgram("debootstrap") },
  { what: "dbus", pkg: "dbus", ok: () => findProgram("dbus-daemon") },
  { what: "openssl", pkg: "openssl", ok: () => findProgram("openssl") },
  { what: "git", pkg: "git", ok: () => findProgram("git") },
  { what: "python3", pkg: "python3", ok: () => existsSync("/usr/bin/python3") },
  { what: "grpcio for python", pkg: "python3-grpcio", ok: () => pythonHas("grpc") },
  { what: "protobuf for python", pkg: "python3-protobuf", ok: () => pythonHas("google.protobuf") },
  { what: "go", pkg: "golang-go", ok: () => findProgram("go") },
  { what: "libfaketime", pkg: "libfaketime", ok: () => findLibrary("faketime/libfaketimeMT.so.1") },
  { what: "qemu for arm64", pkg: "qemu-user-static", ok: () => findProgram("qemu-aarch64-static") },
  {
    what: "the C library for arm64",
    pkg: "libc6-arm64-cross",
    ok: () => existsSync("/usr/aarch64-linux-gnu/lib/libc.so.6"),
  },
];

function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 26,
    ...options,
  });
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`;
  return {
    ok: result.status === 0,
    output: result.error === undefined ? output : `${output}${result.error.message}`,
  };
}

function lastLines(text) {
  return text.trim().split("\n").slice(-6).join("\n  ");
}

const POLICY = "/usr/sbin/policy-rc.d";
const NO_SERVICES = "#!/bin/sh\n# Supercargo's set-up, while it installs packages\nexit 101\n";

/** Runs `act` while package scripts must not start services. A policy that somebody else made stays as it is. */
function withoutServices(act) {
  // One of ours can be left by a killed set-up.
  const mine = !existsSync(POLICY) || readFileSync(POLICY, "utf8") === NO_SERVICES;
  // Handled when `act` is done, so that Ctrl-C cannot leave the policy behind.
  const interrupted = () => process.exit(130);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(name, interrupted);
  if (mine) writeFileSync(POLICY, NO_SERVICES, { mode: 0o755 });
  try {
    return act();
  } finally {
    if (mine) rmSync(POLICY);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(name, interrupted);
  }
}

function installDebianPackages(needs) {
  const missing = needs.filter((need) => !need.ok());
  if (missing.length === 0) return;
  const names = missing.map((need) => need.pkg);
  const wanted = missing.map((need) => `${need.what} (${need.pkg})`).join(", ");
  if (findProgram("apt-get") === undefined) {
    throw new SetupProblem(
      `This is not Debian (no apt-get), and these are missing: ${wanted}. Install them by your system's means so that they are in PATH, then run it again.`,
    );
  }
  console.log(`Installing Debian packages for ${wanted}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = (packages) =>
    run("apt-get", ["install", "-y", "-q", "--no-remove", "--no-install-recommends", ...packages], {
      env: environment,
    });
  withoutServices(() => {
    let result = install(names);
    if (!result.ok) {
      const update = run("apt-get", ["update", "-q"], { env: environment });
      result = install(names);
      // busybox-static cannot stand beside Debian's dynamic busybox: unpack it for us alone.
      if (!result.ok && missing.some((need) => need.extract)) {
        unpackForUs(missing.filter((need) => need.extract).map((need) => need.pkg));
        const rest = missing.filter((need) => !need.extract).map((need) => need.pkg);
        result = rest.length === 0 ? { ok: true, output: "" } : install(rest);
      }
      if (!result.ok) {
        throw new SetupProblem(
          `Debian packages could not be installed: ${names.join(", ")}. Is there a network and a package mirror? apt-get said:\n  ${lastLines(update.ok ? result.output : update.output)}`,
        );
      }
    }
  });
  const still = missing.filter((need) => !need.ok()).map((need) => need.what);
  if (still.length > 0) throw new SetupProblem(`Installed, but still not usable: ${still.join(", ")}.`);
}

function unpackForUs(packages) {
  mkdirSync(extracted, { recursive: true });
  for (const name of packages) {
    const fetched = run("sh", [
      "-c",
      'cd "$1" && apt-get download "$2" && dpkg -x "$2"_*.deb . && rm "$2"_*.deb',
      "sh",
      extracted,
      name,
    ]);
    if (!fetched.ok)
      throw new SetupProblem(
        `The Debian package ${name} could not be fetched:\n  ${lastLines(fetched.output)}`,
      );
  }
}

function installNpmPackages() {
  const stamp = join(ROOT, "node_modules", ".supercargo-installed");
  const lock = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock && existsSync(BUN)) return;
  console.log("Installing npm packages");
  const result = run("npm", ["install", "--no-save", "--no-audit", "--no-fund"], { cwd: ROOT });
  if (!result.ok || !existsSync(BUN)) {
    throw new SetupProblem(
      `npm packages could not be installed. Is there a network and a registry? npm said:\n  ${lastLines(result.output)}`,
    );
  }
  const version = run(BUN, ["--version"]);
  if (!version.ok)
    throw new SetupProblem(`bun does not run on this machine:\n  ${lastLines(version.output)}`);
  writeFileSync(stamp, lock);
}

/** @param {"start" | "test" | "build"} purpose */
export function setUp(purpose) {
  setUpRuntime(purpose);
  if (purpose !== "build") setUpPrograms(purpose);
}

/** What nothing can go without: a fitting machine and the npm packages. */
export function setUpRuntime(purpose) {
  if (process.platform !== "linux")
    throw new SetupProblem("Supercargo runs containers of Linux: use a Linux machine, best Debian 12.");
  if (process.arch === "arm")
    throw new SetupProblem("32-bit ARM is not supported: the runtime exists for x64 and arm64 only.");
  if (purpose !== "build" && process.getuid() !== 0) {
    throw new SetupProblem(
      "Containers, network and mounts need root: run it as root (su, or sudo npm start).",
    );
  }
  installNpmPackages();
}

/** Programs from Debian. */
export function setUpPrograms(purpose) {
  installDebianPackages(purpose === "test" ? TEST_NEEDS : START_NEEDS);
}

/** Runs `main`; a SetupProblem becomes one sentence and exit code 1. */
export async function runScript(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof SetupProblem)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
