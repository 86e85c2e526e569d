/** Builds small real images in memory for tests: layers of files over Debian's static busybox, configuration, manifest. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Descriptor } from "../../../src/engine/content.ts";

export type ImageFiles = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

export interface ImageRecipe {
  /** Absolute paths; files under a `bin` folder become executable. One layer. */
  readonly files?: ImageFiles;
  /** More layers on top, each its own files. */
  readonly moreLayers?: readonly ImageFiles[];
  readonly env?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  readonly stopSignal?: string;
  /** Go's name; default this machine's. */
  readonly architecture?: string;
  readonly variant?: string;
  /** Without busybox and its links the image holds only `files`. */
  readonly busybox?: boolean;
  readonly compression?: "gzip" | "zstd" | "none";
  /** Media type of the layers; default OCI's for the compression. */
  readonly layerType?: string;
}

export interface BuiltImage {
  readonly descriptor: Descriptor;
  readonly manifest: Uint8Array;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly string[];
  /** Everything by digest, manifest included. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;

const APPLETS =
  "sh ls cat echo sleep env id pwd printf true false mount grep ps kill nc hostname ip wget head tail seq test touch mkdir rm df free uname date stat readlink sed awk tr wc trap nslookup httpd".split(
    " ",
  );

/** The image that the recipe describes. */
export function buildImage(recipe: ImageRecipe = {}): BuiltImage {
  const base: ImageFiles =
    recipe.busybox === false
      ? {}
      : {
          "/bin/busybox": readFileSync("/bin/busybox"),
          ...Object.fromEntries(APPLETS.map((name) => [`/bin/${name}`, { link: "busybox" }])),
          "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
          "/etc/group": "root:x:0:\nnogroup:x:65534:\n",
        };
  const contents = [{ ...base, ...recipe.files }, ...(recipe.moreLayers ?? [])].map(tarOf);
  return assemble(contents, recipe);
}

/** An image of given layer tars, which may be anything but tars. */
export function assemble(tars: readonly Uint8Array[], recipe: ImageRecipe = {}): BuiltImage {
  const blobs = new Map<string, Uint8Array>();
  const compression = recipe.compression ?? "gzip";
  const suffix = compression === "none" ? "" : `+${compression}`;
  const layers = tars.map((tar) => {
    const bytes =
      compression === "gzip"
        ? gzipSync(tar, { level: 1 })
        : compression === "zstd"
          ? zstdCompressSync(tar)
          : tar;
    return add(blobs, recipe.layerType ?? `application/vnd.oci.image.layer.v1.tar${suffix}`, bytes);
  });
  const diffIds = tars.map(digestOf);
  const config = add(blobs, "application/vnd.oci.image.config.v1+json", json(configOf(recipe, diffIds)));
  const manifest = json({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config,
    layers,
  });
  const descriptor = add(blobs, "application/vnd.oci.image.manifest.v1+json", manifest);
  return { descriptor, manifest, config, layers, diffIds, blobs };
}

function configOf(recipe: ImageRecipe, diffIds: readonly string[]) {
  return {
    architecture: recipe.architecture ?? ARCHITECTURE,
    os: "linux",
    ...(recipe.variant === undefined ? {} : { variant: recipe.variant }),
    created: "2026-01-01T00:00:00Z",
    config: {
      Env: recipe.env ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      ...(recipe.entrypoint === undefined ? {} : { Entrypoint: recipe.entrypoint }),
      ...(recipe.cmd === undefined ? {} : { Cmd: recipe.cmd }),
      ...(recipe.user === undefined ? {} : { User: recipe.user }),
      ...(recipe.workingDir === undefined ? {} : { WorkingDir: recipe.workingDir }),
      ...(recipe.stopSignal === undefined ? {} : { StopSignal: recipe.stopSignal }),
    },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map(() => ({ created: "2026-01-01T00:00:00Z", created_by: "test" })),
  };
}

export interface IndexEntry {
  readonly image: BuiltImage;
  readonly architecture: string;
  readonly variant?: string;
}

/** An index over images for several platforms, with all their blobs. */
export function buildIndex(entries: readonly IndexEntry[]): {
  descriptor: Descriptor;
  blobs: Map<string, Uint8Array>;
} {
  const blobs = new Map<string, Uint8Array>();
  for (const { image } of entries) for (const [digest, bytes] of image.blobs) blobs.set(digest, bytes);
  const manifests = entries.map(({ image, architecture, variant }) => ({
    ...image.descriptor,
    platform: { os: "linux", architecture, ...(variant === undefined ? {} : { variant }) },
  }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const descriptor = add(blobs, mediaType, json({ schemaVersion: 2, mediaType, manifests }));
  return { descriptor, blobs };
}

/** Writes an OCI layout as tar. The name goes in as containerd's annotation; undefined leaves it out. */
export function writeOciArchive(
  path: string,
  image: { readonly descriptor: Descriptor; readonly blobs: ReadonlyMap<string, Uint8Array> },
  name: string | undefined,
  options: { readonly gzip?: boolean } = {},
): void {
  const annotations = name === undefined ? {} : { annotations: { "io.containerd.image.name": name } };
  const members: [string, Uint8Array | string][] = [
    ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
    ["index.json", json({ schemaVersion: 2, manifests: [{ ...image.descriptor, ...annotations }] })],
    ...[...image.blobs].map(([digest, bytes]): [string, Uint8Array] => [
      `blobs/${digest.replace(":", "/")}`,
      bytes,
    ]),
  ];
  const tar = tarOf(Object.fromEntries(members));
  writeFileSync(path, options.gzip === true ? gzipSync(tar, { level: 1 }) : tar);
}

/** Writes what `docker save` writes: configuration and plain layers by their own names. */
export function writeDockerArchive(
  path: string,
  tars: readonly Uint8Array[],
  recipe: ImageRecipe,
  tag: string,
  options: { readonly zstd?: boolean } = {},
): void {
  const config = json(configOf(recipe, tars.map(digestOf)));
  const configName = `${digestOf(config).slice(7)}.json`;
  const names = tars.map((tar) => `${digestOf(tar).slice(7)}/layer.tar`);
  const manifest = json([{ Config: configName, RepoTags: [tag], Layers: names }]);
  const members: [string, Uint8Array][] = tars.map((tar, at) => [
    names[at] ?? "",
    options.zstd === true ? zstdCompressSync(tar) : tar,
  ]);
  writeFileSync(
    path,
    tarOf(Object.fromEntries([[configName, config], ...members, ["manifest.json", manifest]])),
  );
}

/** A tar of files; folders are made as needed. */
export function tarOf(files: ImageFiles): Uint8Array {
  const parts: Uint8Array[] = [];
  const folders = new Set<string>();
  for (const [path, content] of Object.entries(files)) {
    const name = path.replace(/^\//, "");
    const steps = name.split("/").slice(0, -1);
    for (const at of steps.keys()) {
      const folder = `${steps.slice(0, at + 1).join("/")}/`;
      if (!folders.has(folder)) parts.push(tarHeader(folder, 0, "5", 0o755));
      folders.add(folder);
    }
    parts.push(...tarMember(name, content));
  }
  parts.push(new Uint8Array(1024));
  return Buffer.concat(parts);
}

function tarMember(name: string, content: ImageFiles[string]): Uint8Array[] {
  if (typeof content === "object" && "link" in content) return [tarHeader(name, 0, "2", 0o777, content.link)];
  const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
  const mode = /(?:^|\/)s?bin\//.test(name) ? 0o755 : 0o644;
  return [
    tarHeader(name, bytes.length, "0", mode),
    bytes,
    new Uint8Array((512 - (bytes.length % 512)) % 512),
  ];
}

/** One ustar header; names over 100 bytes are split at a slash. */
export function tarHeader(name: string, size: number, type: string, mode: number, link = ""): Uint8Array {
  const block = Buffer.alloc(512);
  const cut = name.length <= 100 ? 0 : name.indexOf("/", name.length - 101) + 1;
  block.write(name.slice(cut), 0, 100, "utf8");
  block.write(mode.toString(8).padStart(7, "0"), 100);
  block.write("0000000", 108);
  block.write("0000000", 116);
  block.write(size.toString(8).padStart(11, "0"), 124);
  block.write("00000000000", 136);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(link, 157, 100, "utf8");
  block.write("ustar\u000000", 257);
  if (cut > 0) block.write(name.slice(0, cut - 1), 345, 155, "utf8");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function add(blobs: Map<string, Uint8Array>, mediaType: string, bytes: Uint8Array): Descriptor {
  const digest = digestOf(bytes);
  blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), "utf8");
}
