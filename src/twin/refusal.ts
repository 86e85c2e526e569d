/** How an operation of the twin says no: the error object of spec/digital-twin.md §4.4. */

import { hasCode, toError } from "../errors/error.ts";

export type RefusalCode =
  | "messages:parameter.invalid"
  | "messages:subject.notfound"
  | "messages:execution.failed";

const STATUS: Readonly<Record<RefusalCode, number>> = {
  "messages:parameter.invalid": 400,
  "messages:subject.notfound": 404,
  "messages:execution.failed": 500,
};

export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: RefusalCode,
    message: string,
    /** Differs from the code's own only where the protocol says so. */
    readonly status = STATUS[code],
  ) {
    super(message);
  }

  /** As it stands in a reply. */
  toValue(): { readonly error: string; readonly status: number; readonly message: string } {
    return { error: this.code, status: this.status, message: this.message };
  }
}

/** 400: the arguments are not what the operation takes. */
export function invalid(message: string): Refusal {
  return new Refusal("messages:parameter.invalid", message);
}

/** 404. */
export function unsupported(message: string): Refusal {
  return new Refusal("messages:subject.notfound", message);
}

/** 500 with the plain text of whatever went wrong; a container that is gone has the peer's words. */
export function toRefusal(thrown: unknown, containerId?: string): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (containerId !== undefined && hasCode(thrown, "SC_CONTAINER_NOT_FOUND")) {
    return new Refusal("messages:execution.failed", `no such container with id = ${containerId} exists`);
  }
  return new Refusal("messages:execution.failed", toError(thrown).message);
}
