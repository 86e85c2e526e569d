/**
 * Keys as ocicrypt's tools name them (`/path/key.pem`, `/path/key.pem:password`, `:pass=`, `:file=`, `:fd=`; spec/engine.md §19),
 * laid into a private folder: on skopeo's command line, which every user of the device can read, there are only names of files in it.
 */

import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { Sha256 } from "../base/hash.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import { imageLocked } from "../images/decrypter.ts";
import type { DecryptConfig } from "../model/container.ts";

const KEY_LIMIT_BYTES = 1024 * 1024;
const PRIVATE = 0o600;

/** A key or certificate with what opens it. */
interface Key {
  readonly path: string;
  readonly content: Uint8Array;
  readonly password: Uint8Array | undefined;
}

/** Reads all keys, and the certificates among the recipients: who opens PKCS7 needs both. Throws SC_IMAGE_LOCKED. */
export async function readKeys({ keys, recipients }: DecryptConfig, image: string): Promise<readonly Key[]> {
  const read: Key[] = [];
  for (const text of keys) {
    const at = text.indexOf(":");
    const path = at === -1 ? text : text.slice(0, at);
    const password = at === -1 ? undefined : await passwordOf(text.slice(at + 1), path, image);
    read.push({ path, content: await readSmall(path, image), password });
  }
  for (const recipient of recipients) {
    const [, path] = /^pkcs7:(.+)$/.exec(recipient) ?? [];
    if (path !== undefined) read.push({ path, content: await readSmall(path, image), password: undefined });
  }
  return read;
}

/** The same for equal content under whatever names. */
export function fingerprintOf(keys: readonly Key[]): string {
  const hash = new Sha256();
  for (const { content, password } of keys) {
    for (const part of [content, password ?? new Uint8Array(0)]) {
      hash.update(Buffer.from(`${part.length} `));
      hash.update(part);
    }
  }
  return hash.hex();
}

/**
 * Writes the keys into the folder, each for its owner alone, and answers skopeo's arguments, to be given in that folder. skopeo
 * takes no passwords: a locked key is opened here.
 */
export async function layOut(
  keys: readonly Key[],
  folder: string,
  image: string,
): Promise<readonly string[]> {
  const flags: string[] = [];
  for (const [at, key] of keys.entries()) {
    const name = `key-${at}`;
    const content = key.password === undefined ? key.content : await unlocked(key, key.password, image);
    writeFileSync(join(folder, name), content, { mode: PRIVATE });
    flags.push("--decryption-key", name);
  }
  return flags;
}

async function unlocked({ path, content }: Key, password: Uint8Array, image: string): Promise<string> {
  const { createPrivateKey } = process.getBuiltinModule("node:crypto");
  try {
    const key = createPrivateKey({ key: Buffer.from(content), passphrase: Buffer.from(password) });
    return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch {
    // The library's words can hold pieces of what it was given.
    throw locked(image, path, "the password does not open it, or it is no private key in PEM form");
  }
}

async function passwordOf(text: string, key: string, image: string): Promise<Uint8Array> {
  const [, kind, rest = ""] = /^(pass|file|fd)=(.*)$/s.exec(text) ?? [];
  if (kind === "file") return await readSmall(rest, image);
  if (kind !== "fd") return Buffer.from(kind === undefined ? text : rest, "utf8");
  if (!/^\d{1,9}$/.test(rest))
    throw locked(image, key, "its password is to come from a descriptor that is none");
  return await readSmall(`/proc/self/fd/${rest}`, image);
}

async function readSmall(path: string, image: string): Promise<Uint8Array> {
  if (!isAbsolute(path)) throw locked(image, path, "the path must be absolute");
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    if (size > KEY_LIMIT_BYTES) throw locked(image, path, `it has more than ${KEY_LIMIT_BYTES} bytes`);
    return await file.readFile();
  } catch (thrown) {
    if (thrown instanceof SupercargoError) throw thrown;
    throw locked(image, path, toError(thrown).message, thrown);
  }
}

function locked(image: string, path: string, reason: string, cause?: unknown): SupercargoError {
  return imageLocked(`a key for the encrypted image ${image} cannot be had from ${path}: ${reason}`, {
    fields: { image, file: path },
    ...(cause === undefined ? {} : { cause }),
  });
}
