/** Image references: `host[:port]/path(:tag|@digest|:tag@digest)`, nothing added, nothing guessed (spec/grpc-api.md §4, §8). */

import { SupercargoError } from "../errors/error.ts";
import { REGISTRY_LIMITS } from "./limits.ts";

export interface Reference {
  /** As given. */
  readonly text: string;
  /** Host and port as given: the key of the registry's settings. */
  readonly host: string;
  /** Path of the repository, without host. */
  readonly repository: string;
  /** Empty when only a digest was given. */
  readonly tag: string;
  /** `sha256:<64 hex>` or empty. */
  readonly digest: string;
}

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const HOST_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether the text is a sha256 digest in its one valid spelling. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** Parses strictly; throws SC_IMAGE_REFERENCE with the peer's opening words. */
export function parseReference(text: string): Reference {
  if (text.length > REGISTRY_LIMITS.referenceChars) {
    throw refuse(text, `invalid reference: longer than ${REGISTRY_LIMITS.referenceChars} characters`);
  }
  const slash = text.indexOf("/");
  if (slash < 0) throw refuse(text, "object required", "the registry's host is missing in front of the path");
  const host = text.slice(0, slash);
  if (host === "") throw refuse(text, "hostname required");
  if (!isHost(host))
    throw refuse(text, `invalid reference: ${quote(host)} is not a host with an optional port`);
  return parsePath(text, host, text.slice(slash + 1));
}

function parsePath(text: string, host: string, rest: string): Reference {
  const at = rest.indexOf("@");
  const digest = at < 0 ? "" : rest.slice(at + 1);
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.indexOf(":");
  const repository = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? "" : named.slice(colon + 1);
  if (repository === "") throw refuse(text, "object required", "the path of the image is missing");
  if (!NAME.test(repository) || repository.length > REGISTRY_LIMITS.repositoryChars) {
    throw refuse(
      text,
      `invalid reference: ${quote(repository)} is not a repository path`,
      "lower case letters and digits, separated by / . _ or -",
    );
  }
  if (colon >= 0 && !TAG.test(tag)) throw refuse(text, `invalid reference: ${quote(tag)} is not a tag`);
  if (at >= 0 && !isDigest(digest)) {
    throw refuse(
      text,
      `invalid reference: ${quote(digest)} is not a digest`,
      "a digest is sha256: and 64 lower case hexadecimal digits",
    );
  }
  if (tag === "" && digest === "") {
    throw refuse(text, "object required", "add a tag such as :latest, or a digest; none is added by itself");
  }
  return { text, host, repository, tag, digest };
}

function isHost(host: string): boolean {
  const v6 = /^\[[0-9A-Fa-f:.]{2,45}\](?::(\d{1,5}))?$/.exec(host);
  if (v6 !== null) return isPort(v6[1]);
  const parts = host.split(":");
  const [name, port] = parts;
  if (name === undefined || parts.length > 2 || name.length > 253) return false;
  return (
    name.split(".").every((label) => HOST_LABEL.test(label)) && (parts.length === 1 || isPort(port ?? ""))
  );
}

function isPort(text: string | undefined): boolean {
  if (text === undefined) return true;
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

function refuse(text: string, reason: string, hint?: string): SupercargoError {
  return new SupercargoError("SC_IMAGE_REFERENCE", `failed to resolve reference ${quote(text)}: ${reason}`, {
    fields: { image: text.slice(0, REGISTRY_LIMITS.referenceChars) },
    ...(hint === undefined ? {} : { hint: `${hint}; the full form is host[:port]/path:tag` }),
  });
}

/** Text in quotes, as the peer writes it; control characters escaped, length bounded. */
export function quote(text: string): string {
  const limit = 300;
  return JSON.stringify(text.length > limit ? `${text.slice(0, limit)}…` : text);
}
