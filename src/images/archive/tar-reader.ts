/**
 * Reads tar archives as a stream: ustar, pax and GNU long names, sizes in octal and base 256 (POSIX.1-2017 pax, GNU tar
 * manual). Nothing is ever written to a path of the archive; names only find documents and blobs.
 */

import { IMAGE_LIMITS } from "../limits.ts";
import { ByteReader } from "./byte-reader.ts";

export interface TarEntry {
  /** Without `./` in front; never absolute, never with `..`. */
  readonly name: string;
  readonly kind: "file" | "link" | "other";
  readonly size: number;
  /** Target of a link, as written. */
  readonly linkName: string;
  /** Content, to be read before the next entry is asked for; what is left over is skipped. */
  content(): AsyncGenerator<Uint8Array, void, undefined>;
}

/** The archive is damaged or hostile; the message says where. */
export class TarProblem extends Error {
  override readonly name = "TarProblem";
}

const BLOCK = 512;
/** Pax records and long names: more than any path needs. */
const HEADER_LIMIT_BYTES = 64 * 1024;

/** The entries in order. Throws TarProblem. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source);
  try {
    let overrides: Overrides = {};
    let count = 0;
    for (;;) {
      const block = await reader.read(BLOCK);
      // An archive that ends without its two empty blocks is read as tar does; a cut one misses content elsewhere.
      if (block === undefined || block.every((byte) => byte === 0)) return;
      count++;
      if (count > IMAGE_LIMITS.archiveEntries) {
        throw new TarProblem(`it has more than ${IMAGE_LIMITS.archiveEntries} entries`);
      }
      const header = readHeader(block, count);
      if (META_TYPES.includes(header.type)) {
        overrides = { ...overrides, ...(await readMeta(reader, header)) };
        continue;
      }
      const entry = toEntry(header, overrides, count);
      overrides = {};
      yield* deliver(reader, entry);
    }
  } finally {
    await reader.close();
  }
}

interface Overrides {
  readonly path?: string;
  readonly linkPath?: string;
  readonly size?: number;
}

interface Header {
  readonly name: string;
  readonly linkName: string;
  readonly size: number;
  readonly type: string;
}

/** Types that describe the entry after them: pax, pax for all, GNU long name, GNU long link name. */
const META_TYPES = ["x", "g", "L", "K"];

type Described = Omit<TarEntry, "content">;

async function* deliver(reader: ByteReader, entry: Described): AsyncGenerator<TarEntry, void, undefined> {
  const stored = entry.kind === "file" ? entry.size : 0;
  let left = stored;
  const content = async function* () {
    for await (const part of reader.stream(left)) {
      left -= part.length;
      yield part;
    }
    if (left > 0) throw new TarProblem(`it is cut off in ${entry.name}`);
  };
  yield { ...entry, content };
  // Even a consumer that left early must not shift what follows.
  for await (const part of reader.stream(left)) left -= part.length;
  if (left > 0) throw new TarProblem(`it is cut off in ${entry.name}`);
  const padding = (BLOCK - (stored % BLOCK)) % BLOCK;
  if (padding > 0 && (await reader.read(padding)) === undefined) {
    throw new TarProblem(`it is cut off after ${entry.name}`);
  }
}

function toEntry(header: Header, overrides: Overrides, count: number): Described {
  const size = overrides.size ?? header.size;
  const isFile = ["0", "\0", "7"].includes(header.type) && !header.name.endsWith("/");
  const kind = isFile ? "file" : header.type === "1" || header.type === "2" ? "link" : "other";
  const name = safeName(overrides.path ?? header.name, count);
  return { name, kind, size, linkName: overrides.linkPath ?? header.linkName };
}

function readHeader(block: Uint8Array, count: number): Header {
  const expected = readNumber(block, 148, 8);
  let sum = 0;
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte;
  if (expected !== sum) throw new TarProblem(`the checksum of entry ${count} is wrong`);
  const isUstar = readText(block, 257, 5) === "ustar";
  const prefix = isUstar && block[263] === 0x30 ? readText(block, 345, 155) : "";
  const short = readText(block, 0, 100);
  const size = readNumber(block, 124, 12);
  if (size === undefined) throw new TarProblem(`the size of entry ${count} is impossible`);
  return {
    name: prefix === "" ? short : `${prefix}/${short}`,
    linkName: readText(block, 157, 100),
    size,
    type: String.fromCharCode(block[156] ?? 0),
  };
}

async function readMeta(reader: ByteReader, header: Header): Promise<Overrides> {
  if (header.size > HEADER_LIMIT_BYTES)
    throw new TarProblem("it has a description of an entry that is too long");
  const padded = Math.ceil(header.size / BLOCK) * BLOCK;
  const bytes = await reader.read(padded);
  if (bytes === undefined) throw new TarProblem("it is cut off in the description of an entry");
  const body = bytes.subarray(0, header.size);
  if (header.type === "L") return { path: readText(body, 0, body.length) };
  if (header.type === "K") return { linkPath: readText(body, 0, body.length) };
  return header.type === "x" ? readPax(body) : {};
}

/** Records `<length> <key>=<value>\n`; length counts itself. */
function readPax(body: Uint8Array): Overrides {
  const found: Record<string, string> = {};
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(readText(body, at, space - at));
    if (!Number.isInteger(length) || length < 5 || at + length > body.length) {
      throw new TarProblem("it has a broken extended header");
    }
    const record = Buffer.from(body.subarray(space + 1, at + length - 1)).toString("utf8");
    const equals = record.indexOf("=");
    if (equals > 0) found[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  const { path, linkpath, size } = found;
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw new TarProblem("it has an impossible size");
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkpath === undefined ? {} : { linkPath: linkpath }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

function readText(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString("utf8");
}

/** Octal digits, or base 256 when the first bit is set; undefined when it is neither or too large. */
function readNumber(block: Uint8Array, at: number, length: number): number | undefined {
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f;
    for (let index = at + 1; index < at + length; index++) {
      value = value * 256 + (block[index] ?? 0);
      if (value > IMAGE_LIMITS.blobBytes) return undefined;
    }
    return (first & 0x40) === 0 ? value : undefined;
  }
  const digits = readText(block, at, length).trim();
  if (digits === "") return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** Normalises a member's name. Throws TarProblem for names that lead out of the archive. */
function safeName(name: string, count: number): string {
  if (name.length > IMAGE_LIMITS.archivePathChars)
    throw new TarProblem(`the name of entry ${count} is too long`);
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (name.startsWith("/") || parts.includes("..") || name.includes("\0")) {
    throw new TarProblem(
      `the name of entry ${count}, ${JSON.stringify(name.slice(0, 200))}, leads out of the archive`,
    );
  }
  return parts.join("/");
}
