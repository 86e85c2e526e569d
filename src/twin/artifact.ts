/** An artifact of a software module: a container's description, fetched over HTTP, checked and read (spec/digital-twin.md §5.3). */

import { digestHex } from "../base/hash.ts";
import { HttpFailure, sendRequest } from "../base/http.ts";
import { parsePlain } from "../base/json/plain.ts";
import { toError } from "../errors/error.ts";
import { MANIFEST_LIMIT_BYTES, readManifest } from "../manifest/read.ts";
import type { DesiredContainer } from "../model/container.ts";
import type { Arguments } from "./arguments.ts";

/** `rejected`: what was asked for is wrong; `error`: it could not be done. */
export class ArtifactFailure extends Error {
  override readonly name = "ArtifactFailure";

  constructor(
    readonly outcome: "rejected" | "error",
    message: string,
  ) {
    super(message);
  }
}

export interface Artifact {
  /** Empty: none that we speak. */
  readonly url: string;
  readonly checksum?: { readonly algorithm: "md5" | "sha1" | "sha256"; readonly hex: string };
}

const DIGITS = { md5: 32, sha1: 40, sha256: 64 } as const;
const LIMITS = { headMs: 30_000, paceMs: 30_000, paceBytes: 1 } as const;
const REDIRECT_LIMIT = 5;
/** The peer's words for what it did not foresee. */
const INTERNAL = "internal runtime error";

/** HTTP before HTTPS; of the checksums the first that is given. Throws a refusal (400). */
export function readArtifact(artifact: Arguments): Artifact {
  const download = artifact.object("download");
  const url = download?.object("HTTP")?.text("url") ?? download?.object("HTTPS")?.text("url") ?? "";
  const checksums = artifact.object("checksums");
  for (const algorithm of ["md5", "sha1", "sha256"] as const) {
    const hex = checksums?.text(algorithm) ?? "";
    if (hex !== "") return { url, checksum: { algorithm, hex } };
  }
  return { url };
}

/** Throws ArtifactFailure, or the signal's reason. */
export async function fetchArtifact(artifact: Artifact, signal: AbortSignal): Promise<DesiredContainer> {
  if (artifact.url === "") throw new ArtifactFailure("error", INTERNAL);
  const content = await download(artifact.url, signal);
  check(artifact.checksum, content);
  return readDescription(artifact.url, content);
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  let at = url;
  for (let hops = 0; hops <= REDIRECT_LIMIT; hops++) {
    if (!/^https?:\/\//i.test(at)) break;
    try {
      const response = await sendRequest({ method: "GET", url: at, headers: {}, limits: LIMITS, signal });
      const location =
        response.status >= 300 && response.status < 400 ? response.headers.get("location") : null;
      if (location !== null) {
        await response.discard();
        const next = new URL(location, at);
        if (at.startsWith("https:") && next.protocol !== "https:") break;
        at = next.href;
        continue;
      }
      if (response.status !== 200) {
        await response.discard();
        throw new ArtifactFailure(
          "error",
          `Get "${url}": ${response.status} ${response.statusText}`.trimEnd(),
        );
      }
      const content = await response.readAll(MANIFEST_LIMIT_BYTES);
      if (content === undefined) throw new ArtifactFailure("error", `Get "${url}": it is too large`);
      return content;
    } catch (thrown) {
      if (thrown instanceof ArtifactFailure || signal.aborted) throw thrown;
      const reason = thrown instanceof HttpFailure ? thrown.message : toError(thrown).message;
      throw new ArtifactFailure("error", `Get "${url}": ${reason}`);
    }
  }
  throw new ArtifactFailure("error", `Get "${url}": it leads nowhere`);
}

function check(checksum: Artifact["checksum"], content: Uint8Array): void {
  if (checksum === undefined) return;
  const { algorithm, hex } = checksum;
  const digits = DIGITS[algorithm];
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) {
    const message = `the provided input hash is either invalid, not a hex string or the length exceeds ${digits / 2} bytes`;
    throw new ArtifactFailure("rejected", message);
  }
  if (hex.length > digits) throw new ArtifactFailure("error", INTERNAL);
  if (digestHex(algorithm, content) !== hex.toLowerCase()) {
    throw new ArtifactFailure("rejected", `${algorithm} checksum does not match`);
  }
}

function readDescription(url: string, content: Uint8Array): DesiredContainer {
  let value: unknown;
  try {
    value = parsePlain(content);
  } catch (thrown) {
    throw new ArtifactFailure("error", toError(thrown).message);
  }
  const isObject = typeof value === "object" && !Array.isArray(value) && !(value instanceof SyntaxError);
  const result = readManifest(value === null ? "{}" : content, { file: url, source: "create" });
  if (result.ok) return result.manifest.desired;
  const [{ line, column, message, expected }] = result.problems;
  if (isObject) throw new ArtifactFailure("rejected", message);
  throw new ArtifactFailure("error", `${url}:${line}:${column}: ${message}, expected ${expected}`);
}
