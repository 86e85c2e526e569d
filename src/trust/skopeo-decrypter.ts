/**
 * Encrypted layers (JWE, PKCS7, PGP; the format of the OCI image encryption), opened by the program skopeo
 * (docs/decisions/0071): each layer as an image of its own in a private folder, so that one layer at most lies there twice.
 */

import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../base/file-system.ts";
import { sha256Hex } from "../base/hash.ts";
import { childEnvironment, runCommand } from "../base/process.ts";
import type { Descriptor } from "../engine/content.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import {
  type EncryptedLayer,
  type ImageDecrypter,
  imageLocked,
  type PlainLayer,
} from "../images/decrypter.ts";
import type { DecryptConfig } from "../model/container.ts";
import { findProgram } from "./find-program.ts";
import { fingerprintOf, layOut, readKeys } from "./skopeo-keys.ts";

const PROGRAM = "skopeo";
/** For the largest layer on the slowest device. */
const LIMIT_MS = 30 * 60_000;
/** What is left free where layers are opened. */
const RESERVE_BYTES = 32 * 1024 * 1024;
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const WRONG_KEY = /no suitable key unwrapper|none of the private keys|private key|password|decryption key/i;

export class SkopeoDecrypter implements ImageDecrypter {
  /** @param folder for what is opened, ours alone */
  constructor(
    private readonly folder: string,
    private readonly program = PROGRAM,
  ) {}

  async fingerprint(keys: DecryptConfig, image: string): Promise<string> {
    return fingerprintOf(await readKeys(keys, image));
  }

  async open<T>(
    layer: EncryptedLayer,
    keys: DecryptConfig,
    signal: AbortSignal,
    use: (plain: PlainLayer) => Promise<T>,
  ): Promise<T> {
    const program = await findProgram(this.program);
    if (program === undefined) throw noProgram(layer.image, this.program);
    const secrets = await readKeys(keys, layer.image);
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#checkSpace(layer);
    const place = mkdtempSync(join(this.folder, "layer-"));
    try {
      await putImage(join(place, "in"), layer, signal);
      const keyFlags = await layOut(secrets, place, layer.image);
      const flags = [
        "--insecure-policy",
        "--tmpdir",
        ".",
        "copy",
        "--quiet",
        "--dest-oci-accept-uncompressed-layers",
      ];
      const { PATH = "" } = childEnvironment();
      const result = await runCommand([program, ...flags, ...keyFlags, "oci:in:1", "oci:out:1"], {
        cwd: place,
        env: { PATH, HOME: place, XDG_RUNTIME_DIR: place },
        timeoutMs: LIMIT_MS,
        signal,
      });
      if (result.exitCode !== 0) throw failure(layer, result.stderr);
      rmSync(join(place, "in"), { recursive: true });
      const descriptor = openedLayer(join(place, "out"), layer);
      const read = () => createReadStream(blobPath(join(place, "out"), descriptor.digest));
      return await use({ descriptor, read });
    } catch (thrown) {
      throw errorCode(thrown) === "ENOSPC" ? full(layer) : thrown;
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }

  #checkSpace(layer: EncryptedLayer): void {
    const { bavail, bsize } = statfsSync(this.folder);
    if (2 * layer.descriptor.size + RESERVE_BYTES > bavail * bsize) throw full(layer);
  }
}

/** An image of nothing but the layer. */
async function putImage(folder: string, layer: EncryptedLayer, signal: AbortSignal): Promise<void> {
  mkdirSync(join(folder, "blobs", "sha256"), { recursive: true, mode: 0o700 });
  const { mediaType, digest, size, annotations } = layer.descriptor;
  const put = (type: string, value: unknown): Descriptor => {
    const text = JSON.stringify(value);
    const descriptor = {
      mediaType: type,
      digest: `sha256:${sha256Hex(Buffer.from(text))}`,
      size: Buffer.byteLength(text),
    };
    writeFileSync(blobPath(folder, descriptor.digest), text);
    return descriptor;
  };
  const config = put(CONFIG_TYPE, {
    architecture: "amd64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: [layer.diffId] },
  });
  const layers = [{ mediaType, digest, size, ...(annotations && { annotations }) }];
  const manifest = put(MANIFEST_TYPE, { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers });
  const named = { ...manifest, annotations: { "org.opencontainers.image.ref.name": "1" } };
  writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  await using file = await open(blobPath(folder, digest), "wx", 0o600);
  for await (const chunk of layer.read(signal)) await writeAll(file, chunk);
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten;
}

function blobPath(folder: string, digest: string): string {
  return join(folder, "blobs", digest.replace(":", "/"));
}

/** The one layer of what skopeo made. */
function openedLayer(folder: string, layer: EncryptedLayer): Descriptor {
  const manifest = first(readJson(join(folder, "index.json")), "manifests");
  const digest = textAt(manifest, "digest");
  const opened = first(readJson(blobPath(folder, digest)), "layers");
  const descriptor = {
    mediaType: textAt(opened, "mediaType"),
    digest: textAt(opened, "digest"),
    size: Number(valueAt(opened, "size")),
  };
  if (!descriptor.mediaType.endsWith("+encrypted") && existsSync(blobPath(folder, descriptor.digest)))
    return descriptor;
  throw new SupercargoError(
    "SC_TRUST_TOOL",
    `${PROGRAM} did not open layer ${layer.number} of image ${layer.image}`,
    {
      hint: "is it a version that knows encrypted images (1.0 or newer)?",
    },
  );
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function first(value: unknown, key: string): unknown {
  const list = valueAt(value, key);
  return Array.isArray(list) ? list[0] : undefined;
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([own]) => own === key)?.[1]
    : undefined;
}

function textAt(value: unknown, key: string): string {
  return String(valueAt(value, key) ?? "");
}

function noProgram(image: string, program: string): SupercargoError {
  return new SupercargoError(
    "SC_TRUST_TOOL",
    `image ${image} is encrypted, and the program ${program} that opens its layers is not there`,
    {
      hint: "install skopeo",
      fields: { image, program },
    },
  );
}

function failure(layer: EncryptedLayer, stderr: string): SupercargoError {
  const said = lastWords(stderr);
  const what = `layer ${layer.number} (${layer.descriptor.digest}) of the encrypted image ${layer.image}`;
  const fields = { image: layer.image, digest: layer.descriptor.digest };
  if (/no space left/i.test(said)) return full(layer);
  if (WRONG_KEY.test(said)) {
    return imageLocked(`none of the keys opens ${what}: ${said}`, {
      hint: "was it encrypted for another key, or is the key's password wrong? PKCS7 needs the certificate too: recipients pkcs7:<file>",
      fields,
    });
  }
  return new SupercargoError("SC_IMAGE_INVALID", `${what} cannot be opened: ${said}`, { fields });
}

/** skopeo's own sentence out of its log line. */
function lastWords(stderr: string): string {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  const [, message] = /msg="((?:[^"\\]|\\.)*)"/.exec(line) ?? [];
  return toError(message === undefined ? line : message.replace(/\\(.)/g, "$1")).message.slice(0, 500);
}

function full({ image, descriptor: { size } }: EncryptedLayer): SupercargoError {
  return new SupercargoError(
    "SC_DISK_FULL",
    `not enough space to open a layer of the encrypted image ${image}: it has ${size} bytes and lies there twice for a moment`,
    {
      fields: { image, neededBytes: 2 * size },
    },
  );
}
