/** Images made without a network: one layer with a static busybox and links for its commands, as an OCI archive. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const DEMO_IMAGE = "localhost/supercargo/demo:1.0";
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
/** tar options that make equal content equal bytes. */
const REPRODUCIBLE = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];

function run(command: string, args: readonly string[]): string {
  const result = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${result.stderr}${result.error?.message ?? ""}`);
  return result.stdout;
}

function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** What an image of the demo or of a test holds beside busybox. */
export interface BusyboxImage {
  readonly name: string;
  /** The `config` object of the OCI image configuration; `PATH=/bin` is added where it has no Env. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Further executable scripts by path. */
  readonly scripts?: Readonly<Record<string, string>>;
}

export const DEMO: BusyboxImage = { name: DEMO_IMAGE, config: { Cmd: ["sh"], WorkingDir: "/" } };

/** Writes the archive to `path`. */
export function writeImageArchive(busybox: string, path: string, image: BusyboxImage): void {
  const folder = mkdtempSync(join(tmpdir(), "supercargo-image-"));
  try {
    const root = join(folder, "root");
    for (const name of ["bin", "etc", "tmp", "root"]) mkdirSync(join(root, name), { recursive: true });
    chmodSync(join(root, "tmp"), 0o1777);
    copyFileSync(busybox, join(root, "bin/busybox"));
    chmodSync(join(root, "bin/busybox"), 0o755);
    for (const name of run(busybox, ["--list"]).split("\n")) {
      if (name !== "" && name !== "busybox") symlinkSync("busybox", join(root, "bin", name));
    }
    writeFileSync(
      join(root, "etc/passwd"),
      "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    );
    writeFileSync(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");

    for (const [name, text] of Object.entries(image.scripts ?? {}))
      writeFileSync(join(root, name), text, { mode: 0o755 });

    const layout = join(folder, "layout");
    const blobs = join(layout, "blobs/sha256");
    mkdirSync(blobs, { recursive: true });
    const put = (content: Uint8Array, mediaType: string) => {
      const hex = digestOf(content);
      writeFileSync(join(blobs, hex), content);
      return { mediaType, digest: `sha256:${hex}`, size: content.length };
    };
    const json = (value: unknown) => Buffer.from(JSON.stringify(value));
    const layerFile = join(folder, "layer.tar");
    run("tar", [...REPRODUCIBLE, "-C", root, "-cf", layerFile, "."]);
    const layer = put(readFileSync(layerFile), "application/vnd.oci.image.layer.v1.tar");
    const architecture = ARCHITECTURES[process.arch] ?? process.arch;
    const config = put(
      json({
        architecture,
        os: "linux",
        config: { Env: ["PATH=/bin"], ...image.config },
        rootfs: { type: "layers", diff_ids: [layer.digest] },
      }),
      "application/vnd.oci.image.config.v1+json",
    );
    const manifestType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = put(
      json({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }),
      manifestType,
    );
    const annotations = {
      "io.containerd.image.name": image.name,
      "org.opencontainers.image.ref.name": image.name.slice(image.name.lastIndexOf(":") + 1),
    };
    writeFileSync(
      join(layout, "index.json"),
      json({
        schemaVersion: 2,
        manifests: [{ ...manifest, annotations, platform: { architecture, os: "linux" } }],
      }),
    );
    writeFileSync(join(layout, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
    mkdirSync(dirname(path), { recursive: true });
    run("tar", [...REPRODUCIBLE, "-C", layout, "-cf", path, "."]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
