// Makes the Debian package from a built executable: file list, control files, archives.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ar, tar } from "./archive.mjs";
import { NAMES } from "./build.mjs";
import { manPage } from "./man.mjs";
import { ROOT, SetupProblem } from "./setup.mjs";

export const PACKAGE = "supercargo";
/** Debian's name of an architecture and what is built for it; amd64 has to run on processors without AVX2 too. */
export const ARCHITECTURES = { amd64: "x64-baseline", arm64: "arm64" };
/** Section of each program's man page. */
export const MAN_SECTIONS = {
  "container-management": 8,
  "kanto-auto-deployer": 8,
  "kanto-cm": 1,
  "sdv-kanto-ctl": 1,
  supercargo: 1,
};
/** Kanto's package of all its parts, the one of the container manager alone, and Leda's of the deployer. */
const PREDECESSORS = ["kanto", "container-management", "eclipse-leda-kanto-auto-deployer"];
const DEPENDS = [
  "libc6 (>= 2.17)",
  "init-system-helpers (>= 1.54)",
  "passwd",
  "util-linux (>= 2.32)",
  "containerd (>= 1.6~) | containerd.io (>= 1.6~)",
  "runc | containerd.io",
  "containernetworking-plugins (>= 1.0~)",
  "nftables (>= 0.9)",
  "iproute2",
  // runc asks systemd for control groups over it.
  "default-dbus-system-bus | dbus-system-bus",
];

function read(...parts) {
  return readFileSync(join(ROOT, ...parts));
}

function zip(content, level = 9) {
  // Node writes no time into the header, so the same content gives the same bytes.
  return gzipSync(content, { level });
}

/** Time of the sources: of the last commit, so that two builds of it are alike. */
export function sourceTime() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  const result = spawnSync("git", ["log", "-1", "--format=%ct"], { cwd: ROOT, encoding: "utf8" });
  return result.status === 0 ? Number(result.stdout.trim()) : 0;
}

export function projectVersion() {
  return JSON.parse(read("package.json").toString("utf8")).version;
}

/** What a program of this machine prints with --help. */
function helpOf(name, folder) {
  const result = spawnSync(join(folder, name), ["--help"], { encoding: "utf8" });
  if (result.error !== undefined)
    throw new SetupProblem(`${name} --help does not run: ${result.error.message}`);
  return `${result.stdout}${result.stderr}`;
}

/**
 * The man pages, from the manual's page of each program and from what it prints with --help.
 * @param {string} folder with programs that run here
 */
export function manPages(folder, version = projectVersion(), time = sourceTime()) {
  const date = new Date(time * 1000).toISOString().slice(0, 10);
  return Object.entries(MAN_SECTIONS).map(([name, section]) => {
    const source = read("docs/manual/programs", `${name}.md`).toString("utf8");
    const about = { version, date, help: helpOf(name, folder) };
    return {
      path: `usr/share/man/man${section}/${name}.${section}`,
      text: manPage(name, section, source, about),
    };
  });
}

/**
 * Everything that the package installs.
 * @param {{ executable: Buffer, helpFolder: string, version: string, time: number }} parts
 */
export function fileList({ executable, helpFolder, version, time }) {
  const doc = `usr/share/doc/${PACKAGE}`;
  const manual = readdirSync(join(ROOT, "docs/manual"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath ?? entry.path, entry.name).slice(join(ROOT, "docs/manual/").length),
    );
  return [
    { path: "usr/lib/supercargo/supercargo.bin", mode: 0o755, content: executable },
    ...NAMES.map((name) => ({ path: `usr/bin/${name}`, link: "../lib/supercargo/supercargo.bin" })),
    ...[
      "container-management.service",
      "kanto-auto-deployer.service",
      "kanto-auto-deployer.service.d/readiness.conf",
    ].map((unit) => ({
      path: `lib/systemd/system/${unit}`,
      content: read("packaging/systemd", unit),
    })),
    { path: "usr/share/supercargo/config.json", content: read("packaging/config/config.json") },
    // The unit of the deployer names it (documents, 000).
    { path: "data/var/containers/manifests", folder: true },
    ...manPages(helpFolder, version, time).map(({ path, text }) => ({
      path: `${path}.gz`,
      content: zip(Buffer.from(text)),
    })),
    ...manual.map((name) => ({ path: `${doc}/manual/${name}`, content: read("docs/manual", name) })),
    {
      path: `${doc}/copyright`,
      content: Buffer.concat([read("NOTICE"), Buffer.from("\n"), read("LICENSE")]),
    },
    { path: `${doc}/THIRD-PARTY.md`, content: read("THIRD-PARTY.md") },
    { path: `${doc}/changelog.gz`, content: zip(read("CHANGELOG.md")) },
  ];
}

function control(architecture, version, files) {
  const bytes = files.reduce((total, { content }) => total + (content?.length ?? 0), 0);
  return `Package: ${PACKAGE}
Version: ${version}
Architecture: ${architecture}
Maintainer: The Supercargo project <supercargo@localhost>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: ${DEPENDS.join(", ")}
Recommends: ca-certificates, iptables
Suggests: mosquitto, skopeo
Conflicts: ${PREDECESSORS.join(", ")}
Replaces: ${PREDECESSORS.join(", ")}
Provides: ${PREDECESSORS.map((name) => `${name} (= ${version})`).join(", ")}
Section: admin
Priority: optional
Description: keeps the containers of a Linux device running
 Container manager, command line and manifest deployer on containerd and runc,
 a drop-in successor of Eclipse Kanto Container Management and of Eclipse
 Leda's Kanto Auto Deployer: same programs, gRPC API, manifests, configuration
 and state on disk.
`;
}

/**
 * The package as bytes.
 * @param {{ architecture: string, executable: Buffer, helpFolder: string, version?: string, time?: number, level?: number }} parts
 * level: of the compression, 9 unless it has to be quick
 */
export function debianPackage({
  architecture,
  executable,
  helpFolder,
  version = projectVersion(),
  time = sourceTime(),
  level,
}) {
  const files = fileList({ executable, helpFolder, version, time });
  const sums = files
    .filter(({ content }) => content !== undefined)
    .map(({ path, content }) => `${createHash("md5").update(content).digest("hex")}  ${path}\n`);
  const scripts = ["postinst", "prerm", "postrm"].map((name) => ({
    path: name,
    mode: 0o755,
    content: read("packaging/debian", name),
  }));
  const about = [
    { path: "control", content: Buffer.from(control(architecture, version, files)) },
    { path: "md5sums", content: Buffer.from(sums.join("")) },
    ...scripts,
  ];
  return ar(
    [
      { name: "debian-binary", content: Buffer.from("2.0\n") },
      { name: "control.tar.gz", content: zip(tar(about, time)) },
      { name: "data.tar.gz", content: zip(tar(files, time), level) },
    ],
    time,
  );
}
