/** Turns what a registry did wrong into errors that name image, registry, reason and what to do. */

import { HttpFailure, type HttpResponse } from "../base/http.ts";
import { SupercargoError } from "../errors/error.ts";
import { REGISTRY_LIMITS } from "./limits.ts";

/** What was being asked for, for messages. */
export interface Asked {
  /** Opening words, such as `failed to resolve reference "…"` (the peer's text, spec/grpc-api.md §8). */
  readonly intent: string;
  readonly image: string;
  readonly registry: string;
  /** What the path names, such as `manifests 1.0` or `blobs sha256:…`. */
  readonly object: string;
}

/** The request got no answer. Go's form `Head "url": reason` is kept, as clients match on text. */
export function requestFailure(
  asked: Asked,
  method: string,
  url: string,
  failure: HttpFailure,
): SupercargoError {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  const message = `${asked.intent}: failed to do request: ${verb} "${redact(url)}": ${failure.message}`;
  const fields = { image: asked.image, registry: asked.registry, reason: failure.kind };
  const clockHint = CLOCK_HINTS[failure.code];
  if (clockHint !== undefined) {
    return new SupercargoError("SC_REGISTRY_UNAVAILABLE", message, {
      fields,
      cause: failure,
      hint: clockHint,
    });
  }
  if (failure.kind === "untrusted") {
    return new SupercargoError("SC_REGISTRY_UNTRUSTED", message, {
      fields,
      cause: failure,
      hint: `give its certificate authority in containers.registry_configurations["${asked.registry}"].transport.root_ca`,
    });
  }
  if (failure.kind === "timeout") {
    return new SupercargoError("SC_TIMEOUT", message, {
      fields,
      cause: failure,
      hint: `registry ${asked.registry} is too slow or does not answer`,
    });
  }
  return new SupercargoError(
    failure.kind === "protocol" ? "SC_REGISTRY_PROTOCOL" : "SC_REGISTRY_UNAVAILABLE",
    message,
    {
      fields,
      cause: failure,
      hint: HINTS[failure.kind] ?? `is registry ${asked.registry} up?`,
    },
  );
}

/** Passes by itself, when the device learns the time or the registry gets a new certificate: worth another try (R14). */
const CLOCK_HINTS: Readonly<Record<string, string>> = {
  CERT_NOT_YET_VALID: "is the clock of this device right?",
  CERT_HAS_EXPIRED: "the registry needs a new certificate, if the clock of this device is right",
};

const HINTS: Readonly<Record<string, string>> = {
  tls: "if the registry speaks plain http, add it to containers.insecure_registries; if it asks for a client certificate, give one in its transport settings",
  unresolved: "is the host name right and is there a network?",
};

/** The answer's status says no. Reads a bounded part of its body for the registry's own words. */
export async function statusFailure(asked: Asked, response: HttpResponse): Promise<SupercargoError> {
  const { status } = response;
  const words = await readWords(response);
  const said = words === "" ? "" : ` (${words})`;
  const fields = { image: asked.image, registry: asked.registry, status };
  if (status === 404) {
    return new SupercargoError(
      "SC_IMAGE_NOT_FOUND",
      `${asked.intent}: ${asked.image}: not found: registry ${asked.registry} has no ${asked.object}${said}`,
      { fields, hint: "check path and tag of the image" },
    );
  }
  const message = `${asked.intent}: pulling from host ${asked.registry} failed with status code [${asked.object}]: ${status} ${response.statusText}${said}`;
  if (status === 401 || status === 403) {
    return new SupercargoError("SC_REGISTRY_DENIED", message, {
      fields,
      hint: `the repository does not exist or needs other credentials: containers.registry_configurations["${asked.registry}"].credentials`,
    });
  }
  if (status === 429 || status === 408 || status >= 500) {
    const retryAfterMs = readRetryAfter(response);
    return new SupercargoError("SC_REGISTRY_UNAVAILABLE", message, {
      fields: { ...fields, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      hint: status === 429 ? "the registry limits the rate of requests; try later or log in" : "try later",
    });
  }
  return protocolFailure(
    asked,
    `unexpected status ${status} ${response.statusText} for ${asked.object}${said}`,
  );
}

/** The registry answers, but not as the distribution specification says. Trying again does not help. */
export function protocolFailure(asked: Asked, reason: string, cause?: unknown): SupercargoError {
  return new SupercargoError(
    "SC_REGISTRY_PROTOCOL",
    `${asked.intent}: registry ${asked.registry}: ${reason}`,
    {
      fields: { image: asked.image, registry: asked.registry },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** The connection, or the answer, came to nothing: pass on what is ours, name what is the wire's. */
export function wrapFailure(asked: Asked, method: string, url: string, thrown: unknown): unknown {
  return thrown instanceof HttpFailure ? requestFailure(asked, method, url, thrown) : thrown;
}

/** Seconds, or a time: that one is compared with the registry's own clock, since ours may be wrong (R14). */
function readRetryAfter(response: HttpResponse): number | undefined {
  const text = response.headers.get("retry-after");
  if (text === null) return undefined;
  const untilMs = Date.parse(text) - Date.parse(response.headers.get("date") ?? "");
  const askedMs = /^\d{1,6}$/.test(text) ? Number(text) * 1000 : untilMs;
  if (Number.isNaN(askedMs) || askedMs < 0) return undefined;
  return Math.min(askedMs, REGISTRY_LIMITS.retryAfterMs);
}

/** `errors[0]` of the specification's error body, cleaned; empty when there is none. */
async function readWords(response: HttpResponse): Promise<string> {
  let body: Uint8Array | undefined;
  try {
    body = await response.readAll(REGISTRY_LIMITS.errorBytes);
  } catch (thrown) {
    // The status alone is the news; a body that breaks off adds nothing.
    if (thrown instanceof HttpFailure) return "";
    throw thrown;
  }
  if (body === undefined || body.length === 0) return "";
  return clean(firstError(Buffer.from(body).toString("utf8")));
}

function firstError(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // Not the specification's form (a proxy's page, plain words): shown only when it is short and not a page.
    return text.length <= REGISTRY_LIMITS.errorTextChars && !text.includes("<") ? text : "";
  }
  const errors = isRecord(parsed) ? (parsed["errors"] ?? parsed["details"]) : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isRecord(first)) return "";
  return [first["code"], first["message"]]
    .filter((part) => typeof part === "string" && part !== "")
    .join(": ");
}

/** Without control characters, and short. */
function clean(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, REGISTRY_LIMITS.errorTextChars);
}

/** Signed storage addresses carry secrets in their query; user and password must not appear either. */
export function redact(url: string): string {
  if (!URL.canParse(url)) return clean(url);
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}${parsed.search === "" ? "" : "?…"}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
