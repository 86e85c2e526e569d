/** An archive on disk, as tar entries: opened as a plain file only, unpacked on the way if it is compressed (gzip, zstd). */

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { SupercargoError, toError } from "../../errors/error.ts";
import { invalid } from "../manifest.ts";
import { readTar, type TarEntry, TarProblem } from "./tar-reader.ts";

const CHUNK_BYTES = 256 * 1024;

/** Passes over the entries from the beginning. Throws SC_IMAGE_INVALID for a broken archive, SC_IO for an unreadable file. */
export async function* readArchive(
  path: string,
  signal: AbortSignal,
): AsyncGenerator<TarEntry, void, undefined> {
  const file = await openFile(path);
  try {
    for await (const entry of readTar(await decoded(file, signal))) {
      yield { ...entry, content: () => named(entry.content(), path, signal) };
    }
  } catch (thrown) {
    throw nameProblem(thrown, path, signal);
  } finally {
    await file.close();
  }
}

async function* named(
  parts: AsyncGenerator<Uint8Array, void, undefined>,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* parts;
  } catch (thrown) {
    throw nameProblem(thrown, path, signal);
  }
}

function nameProblem(thrown: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (thrown instanceof TarProblem)
    return invalid(path, "this device", `the archive is damaged: ${thrown.message}`);
  if (isZlib(thrown))
    return invalid(path, "this device", `its compressed data is damaged: ${toError(thrown).message}`);
  return thrown;
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    // Not blocking: a FIFO in its place must not hold a thread.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw new SupercargoError("SC_IO", `cannot read the image archive ${path}: ${toError(cause).message}`, {
      cause,
      fields: { file: path },
    });
  }
  const isFile = (await file.stat()).isFile();
  if (isFile) return file;
  await file.close();
  throw new SupercargoError("SC_IO", `cannot read the image archive ${path}: it is not a file`, {
    fields: { file: path },
  });
}

async function decoded(file: FileHandle, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const magic = new Uint8Array(4);
  await file.read(magic, 0, 4, 0);
  const hex = Buffer.from(magic).toString("hex");
  const chunks = readChunks(file, signal);
  const isZstd = hex === "28b52ffd";
  if (!isZstd && !hex.startsWith("1f8b")) return chunks;
  const { createGunzip, createZstdDecompress } = process.getBuiltinModule("node:zlib");
  const { pipeline, Readable } = process.getBuiltinModule("node:stream");
  const unpacked = isZstd ? createZstdDecompress() : createGunzip();
  // Streams bound what they hold, so a bomb costs time, not memory. Errors reach the reader through `unpacked`.
  pipeline(Readable.from(chunks, { objectMode: false }), unpacked, () => undefined);
  return unpacked;
}

async function* readChunks(
  file: FileHandle,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function isZlib(thrown: unknown): boolean {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    "code" in thrown &&
    /^Z_|ZLIB|ZSTD/.test(String(thrown.code))
  );
}
