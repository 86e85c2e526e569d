/**
 * First pass over an archive: what is in it, by name and by the digest that its content really has. Small documents are
 * kept. After it everything is found by computed digests; names that lie find nothing.
 */

import { Sha256 } from "../../base/hash.ts";
import { IMAGE_LIMITS } from "../limits.ts";
import { invalid } from "../manifest.ts";
import { readArchive } from "./archive-file.ts";
import type { TarEntry } from "./tar-reader.ts";

export interface ArchiveMember {
  readonly name: string;
  readonly size: number;
  readonly digest: string;
  /** As its first bytes tell. */
  readonly compression: "gzip" | "zstd" | undefined;
}

export class ArchiveIndex {
  readonly #byName = new Map<string, ArchiveMember>();
  readonly #byDigest = new Map<string, ArchiveMember>();
  readonly #links = new Map<string, string>();
  readonly #documents = new Map<string, Uint8Array>();
  #documentBytes = 0;

  private constructor(readonly path: string) {}

  /** Reads the whole archive once. */
  static async read(path: string, signal: AbortSignal): Promise<ArchiveIndex> {
    const index = new ArchiveIndex(path);
    for await (const entry of readArchive(path, signal)) {
      if (entry.kind === "file") await index.#add(entry);
      else if (entry.kind === "link") index.#links.set(entry.name, entry.linkName);
    }
    return index;
  }

  /** The member of this name; links are followed as long as they stay inside the archive. */
  member(name: string): ArchiveMember | undefined {
    let wanted = name;
    for (let hops = 0; hops <= IMAGE_LIMITS.archiveLinks; hops++) {
      const found = this.#byName.get(wanted);
      const target = this.#links.get(wanted);
      if (found !== undefined || target === undefined) return found;
      const next = resolveLink(wanted, target);
      if (next === undefined) return undefined;
      wanted = next;
    }
    return undefined;
  }

  memberOf(digest: string): ArchiveMember | undefined {
    return this.#byDigest.get(digest);
  }

  /** A small document by its digest. */
  document(digest: string): Uint8Array | undefined {
    return this.#documents.get(digest);
  }

  /** A small document by its name. */
  documentNamed(name: string): Uint8Array | undefined {
    const member = this.member(name);
    return member === undefined ? undefined : this.#documents.get(member.digest);
  }

  async #add(entry: TarEntry): Promise<void> {
    const hash = new Sha256();
    const mayBeDocument = entry.size <= IMAGE_LIMITS.manifestBytes;
    const kept: Uint8Array[] = [];
    let first: Uint8Array | undefined;
    for await (const part of entry.content()) {
      first ??= part;
      hash.update(part);
      if (mayBeDocument && isJson(first)) kept.push(Uint8Array.from(part));
    }
    const digest = `sha256:${hash.hex()}`;
    const compression = first === undefined ? undefined : compressionOf(first);
    const member = { name: entry.name, size: entry.size, digest, compression };
    this.#byName.set(entry.name, member);
    this.#byDigest.set(digest, member);
    if (kept.length > 0) this.#keep(digest, Buffer.concat(kept));
  }

  #keep(digest: string, bytes: Uint8Array): void {
    if (this.#documents.has(digest)) return;
    this.#documentBytes += bytes.length;
    if (this.#documentBytes > IMAGE_LIMITS.archiveDocumentBytes) {
      const limit = IMAGE_LIMITS.archiveDocumentBytes;
      throw invalid(this.path, "this device", `the archive has more than ${limit} bytes of JSON documents`);
    }
    this.#documents.set(digest, bytes);
  }
}

function compressionOf(start: Uint8Array): ArchiveMember["compression"] {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  const isZstd = start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd;
  return isZstd ? "zstd" : undefined;
}

/** Whether the content begins as a JSON object or list: `{`, `[`, possibly after white space. */
function isJson(start: Uint8Array): boolean {
  const first = start.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09);
  return first === 0x7b || first === 0x5b;
}

/** Where a link of this name leads, inside the archive; undefined when it leads out of it. */
function resolveLink(from: string, target: string): string | undefined {
  const parts = target.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
