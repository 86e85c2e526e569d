/** Which header lists are well-formed requests, responses and trailers (RFC 9113 §8.2, §8.3). */

/** A request's pseudo-headers; `authority` is never taken apart: grpcio sends a percent-encoded socket path there. */
export interface RequestHead {
  readonly method: string;
  readonly scheme: string;
  readonly path: string;
  readonly authority: string;
  /** The other fields: name, value, name, value ... */
  readonly fields: readonly string[];
}

export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly string[];
}

const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Field names: tokens in lower case (RFC 9110 §5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

function isFieldValid(name: string, value: string): boolean {
  if (!NAME.test(name) || CONNECTION_FIELDS.has(name)) return false;
  if (name === "te" && value !== "trailers") return false;
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === 0 || code === 10 || code === 13) return false;
  }
  return true;
}

/** Splits a list into pseudo-headers and fields; undefined when it is malformed. */
function splitList(
  list: readonly string[],
  pseudo: Map<string, string>,
  allowed: ReadonlySet<string>,
): string[] | undefined {
  const fields: string[] = [];
  for (let at = 0; at + 1 < list.length; at += 2) {
    const name = list[at] ?? "";
    const value = list[at + 1] ?? "";
    if (name.startsWith(":")) {
      if (fields.length > 0 || !allowed.has(name) || pseudo.has(name)) return undefined;
      pseudo.set(name, value);
      continue;
    }
    if (!isFieldValid(name, value)) return undefined;
    fields.push(name, value);
  }
  return fields;
}

const REQUEST_PSEUDO: ReadonlySet<string> = new Set([":method", ":scheme", ":path", ":authority"]);
const RESPONSE_PSEUDO: ReadonlySet<string> = new Set([":status"]);
const NO_PSEUDO: ReadonlySet<string> = new Set();

/** The request in a header list; undefined when it is malformed. */
export function readRequest(list: readonly string[]): RequestHead | undefined {
  const pseudo = new Map<string, string>();
  const fields = splitList(list, pseudo, REQUEST_PSEUDO);
  const method = pseudo.get(":method");
  const scheme = pseudo.get(":scheme");
  const path = pseudo.get(":path");
  if (fields === undefined || !method || !scheme || !path) return undefined;
  return { method, scheme, path, authority: pseudo.get(":authority") ?? "", fields };
}

/** The response in a header list; undefined when it is malformed. */
export function readResponse(list: readonly string[]): ResponseHead | undefined {
  const pseudo = new Map<string, string>();
  const fields = splitList(list, pseudo, RESPONSE_PSEUDO);
  const status = pseudo.get(":status");
  if (fields === undefined || status === undefined || !/^[1-9]\d\d$/.test(status)) return undefined;
  return { status: Number(status), fields };
}

/** The fields of a trailer list; undefined when it is malformed. */
export function readTrailers(list: readonly string[]): readonly string[] | undefined {
  return splitList(list, new Map(), NO_PSEUDO);
}

/** First value of a field; undefined when absent. */
export function findField(fields: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < fields.length; at += 2) if (fields[at] === name) return fields[at + 1];
  return undefined;
}

/** Length that `content-length` promises: undefined when absent, NaN when it is no number or several differ. */
export function contentLength(fields: readonly string[]): number | undefined {
  let length: number | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at] !== "content-length") continue;
    const text = fields[at + 1] ?? "";
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (length !== undefined && length !== value) return Number.NaN;
    length = value;
  }
  return length;
}
