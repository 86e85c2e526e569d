/** What is told of an installation or a removal: one status after the other (spec/digital-twin.md §5.3). */

import type { Fate } from "../mqtt/out-queue.ts";

export const SOFTWARE_UPDATABLE = "SoftwareUpdatable";
export const SOFTWARE_TYPE = "oci:container";
const STATUS_PATH = `/features/${SOFTWARE_UPDATABLE}/properties/status`;

export type SoftwareStatus =
  | "STARTED"
  | "DOWNLOADING"
  | "DOWNLOADED"
  | "INSTALLING"
  | "INSTALLED"
  | "REMOVING"
  | "REMOVED"
  | "FINISHED_SUCCESS"
  | "FINISHED_ERROR"
  | "FINISHED_REJECTED";

/** What it is about: `softwareModule` or `software`. */
export type SoftwareSubject = Readonly<Record<string, unknown>>;

export type TellProperty = (path: string, value: unknown) => Promise<Fate>;

export class SoftwareProgress {
  constructor(
    private readonly correlationId: string,
    private readonly modify: TellProperty,
  ) {}

  tell(status: SoftwareStatus, subject: SoftwareSubject): void {
    this.#set("lastOperation", { correlationId: this.correlationId, status, ...subject });
  }

  fail(status: "FINISHED_ERROR" | "FINISHED_REJECTED", subject: SoftwareSubject, message?: string): void {
    const value = {
      correlationId: this.correlationId,
      status,
      ...subject,
      ...(message === undefined ? {} : { message }),
    };
    this.#set("lastFailedOperation", value);
    this.#set("lastOperation", value);
  }

  #set(property: string, value: unknown): void {
    void this.modify(`${STATUS_PATH}/${property}`, value);
  }
}

/** Several errors in one text, as the peer joins them. */
export function joinMessages(messages: readonly string[]): string {
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) return only;
  return `${messages.length} errors:\n\n${messages.map((message) => `* ${message}`).join("\n")}`;
}
