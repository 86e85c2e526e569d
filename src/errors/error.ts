/** One error type for the whole product: a stable code from the catalogue, what happened, and what to do. */

import { CATALOGUE, type ErrorCode, type ErrorKind } from "./catalogue.ts";

export interface ErrorDetails {
  /** What the reader can do; replaces the catalogue's general hint. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Names and numbers that belong to it: container, image, registry, file, port ... Never a secret. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
}

/** An error that a user can act on. `message` is what happened, without prefix; for the 14 rpcs it is the peer's text. */
export class SupercargoError extends Error {
  override readonly name = "SupercargoError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint ?? CATALOGUE[code].hint;
    this.fields = details.fields ?? {};
  }

  get kind(): ErrorKind {
    return CATALOGUE[this.code].kind;
  }
}

/** Makes an Error of whatever was thrown; a SupercargoError stays as it is. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export function isKind(thrown: unknown, ...kinds: readonly ErrorKind[]): thrown is SupercargoError {
  return thrown instanceof SupercargoError && kinds.includes(thrown.kind);
}

export function hasCode(thrown: unknown, ...codes: readonly ErrorCode[]): thrown is SupercargoError {
  return thrown instanceof SupercargoError && codes.includes(thrown.code);
}

/** Message, and hint if there is one, in a line for people. */
export function describeError(thrown: unknown): string {
  const error = toError(thrown);
  return error instanceof SupercargoError && error.hint !== ""
    ? `${error.message} (${error.hint})`
    : error.message;
}
