/**
 * Writes an image as an OCI archive that docker can load too: the documents and layers as they are stored, an index with the
 * image's name, docker's own list beside it.
 * Invariants: the archive appears under its path whole or not at all; what goes into it is what its digests say.
 */

import { constants } from "node:fs";
import { type FileHandle, lstat, open, rename, rm, statfs } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { syncFolder } from "../../base/atomic-file.ts";
import { errorCode } from "../../base/file-system.ts";
import { Sha256 } from "../../base/hash.ts";
import type { Content, Descriptor } from "../../engine/content.ts";
import { SupercargoError, toError } from "../../errors/error.ts";
import { parseReference } from "../../registry/reference.ts";
import { megabytes } from "../disk-guard.ts";
import { IMAGE_LIMITS } from "../limits.ts";
import type { ResolvedImage } from "../resolved-image.ts";
import { tarEnd, tarHeader, tarPadding } from "./tar-writer.ts";
import { EXPORT_SUFFIX, type UnfinishedExports } from "./unfinished-exports.ts";

export interface ExportRequest {
  readonly image: ResolvedImage;
  /** Where the archive goes: an absolute path in a folder that is there. A file that is there is replaced. */
  readonly path: string;
  readonly content: Content;
  readonly unfinished: UnfinishedExports;
  readonly signal: AbortSignal;
}

/** Answers the archive's size. SC_IO, SC_DISK_FULL, SC_IMAGE_NOT_FOUND for content that is gone, SC_DIGEST_MISMATCH. */
export async function exportArchive(request: ExportRequest): Promise<number> {
  const { path, unfinished } = request;
  const members = await membersOf(request);
  await checkTarget(path, sizeOfTar(members));
  const temporary = join(dirname(path), `.${basename(path)}${EXPORT_SUFFIX}`);
  try {
    unfinished.begin(temporary);
    await rm(temporary, { force: true });
    const size = await write(temporary, members, request);
    await rename(temporary, path);
    syncFolder(dirname(path));
    return size;
  } catch (thrown) {
    throw named(thrown, path);
  } finally {
    await rm(temporary, { force: true });
    unfinished.end(temporary);
  }
}

interface Member {
  readonly name: string;
  /** Bytes, or the blob that is streamed. */
  readonly content: Uint8Array | Descriptor;
}

async function membersOf({ image, content, signal }: ExportRequest): Promise<readonly Member[]> {
  const { manifest, documents, target, name } = image;
  const blobs = new Map<string, Member>();
  for (const { descriptor, bytes } of documents) {
    blobs.set(descriptor.digest, { name: blobName(descriptor.digest), content: bytes });
  }
  for (const layer of manifest.layers) {
    if (!(await content.has(layer.digest, signal))) throw gone(name, layer.digest);
    blobs.set(layer.digest, { name: blobName(layer.digest), content: layer });
  }
  const { mediaType, digest, size } = target;
  const annotations = {
    "io.containerd.image.name": name,
    "org.opencontainers.image.ref.name": tagOf(name),
  };
  const index = { schemaVersion: 2, manifests: [{ mediaType, digest, size, annotations }] };
  const docker = {
    Config: blobName(manifest.config.digest),
    RepoTags: tagOf(name) === name ? null : [name],
    Layers: manifest.layers.map((layer) => blobName(layer.digest)),
  };
  const folders = ["blobs/", "blobs/sha256/"].map((folder) => ({ name: folder, content: new Uint8Array(0) }));
  return [
    { name: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { name: "index.json", content: json(index) },
    { name: "manifest.json", content: json([docker]) },
    ...folders,
    ...blobs.values(),
  ];
}

/** The tag, or the whole name when it has none or is no reference. */
function tagOf(name: string): string {
  try {
    const { tag, digest } = parseReference(name);
    return tag === "" || digest !== "" ? name : tag;
  } catch (thrown) {
    if (!(thrown instanceof SupercargoError)) throw thrown;
    return name;
  }
}

async function checkTarget(path: string, size: number): Promise<void> {
  if (!isAbsolute(path) || path.length > IMAGE_LIMITS.archivePathChars || path.includes("\0")) {
    throw cannotWrite(path, "it is no absolute path");
  }
  try {
    const there = await lstat(path);
    if (!there.isFile()) throw cannotWrite(path, "what is there is not a file");
  } catch (thrown) {
    if (errorCode(thrown) !== "ENOENT") throw named(thrown, path);
  }
  const { bavail, bsize } = await statfs(dirname(path)).catch((thrown: unknown) => {
    throw named(thrown, path);
  });
  const free = bavail * bsize;
  if (size + IMAGE_LIMITS.reserveBytes <= free) return;
  throw new SupercargoError(
    "SC_DISK_FULL",
    `not enough space for the archive ${path}: it needs ${megabytes(size)}, ${megabytes(free)} are free and ${megabytes(IMAGE_LIMITS.reserveBytes)} of them are kept in reserve`,
    {
      hint: "free space or choose another place",
      fields: { file: path, neededBytes: size, freeBytes: free },
    },
  );
}

async function write(path: string, members: readonly Member[], request: ExportRequest): Promise<number> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    let size = 0;
    for (const member of members) size += await writeMember(file, member, request);
    const end = tarEnd();
    await writeAll(file, end);
    await file.sync();
    return size + end.length;
  } finally {
    await file.close();
  }
}

async function writeMember(file: FileHandle, member: Member, request: ExportRequest): Promise<number> {
  const { content, signal, image } = request;
  const { name } = member;
  const size = sizeOf(member);
  await writeAll(file, tarHeader(name, size));
  if (member.content instanceof Uint8Array) await writeAll(file, member.content);
  else {
    const { digest } = member.content;
    const hash = new Sha256();
    let written = 0;
    for await (const part of content.stream(digest, signal)) {
      written += part.length;
      if (written > size) break;
      hash.update(part);
      await writeAll(file, part);
    }
    if (written !== size || `sha256:${hash.hex()}` !== digest) {
      throw new SupercargoError(
        "SC_DIGEST_MISMATCH",
        `image ${image.name} cannot be exported: layer ${digest} in the content store is damaged`,
        { hint: "remove the image and pull it again", fields: { image: image.name, digest } },
      );
    }
  }
  const padding = tarPadding(size);
  await writeAll(file, padding);
  return tarHeader(name, size).length + size + padding.length;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

function sizeOf({ content }: Member): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

function sizeOfTar(members: readonly Member[]): number {
  const sizes = members.map((member) => 512 + sizeOf(member) + tarPadding(sizeOf(member)).length);
  return sizes.reduce((sum, size) => sum + size, tarEnd().length);
}

function blobName(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), "utf8");
}

function gone(image: string, digest: string): SupercargoError {
  return new SupercargoError(
    "SC_IMAGE_NOT_FOUND",
    `image ${image} cannot be exported: its layer ${digest} was unpacked and not kept`,
    { hint: "pull it again with the policy always", fields: { image, digest } },
  );
}

/** node's errors get the path in plain words. */
function named(thrown: unknown, path: string): unknown {
  const code = errorCode(thrown);
  if (code === undefined) return thrown;
  if (code !== "ENOSPC" && code !== "EDQUOT") return cannotWrite(path, toError(thrown).message);
  return new SupercargoError("SC_DISK_FULL", `no space left for the archive ${path}`, {
    cause: thrown,
    fields: { file: path },
  });
}

function cannotWrite(path: string, reason: string): SupercargoError {
  return new SupercargoError("SC_IO", `cannot write the image archive ${path}: ${reason}`, {
    fields: { file: path },
  });
}
