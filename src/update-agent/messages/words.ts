/** The words that may stand in messages (spec/update-agent.md §4): also those that only other agents and managers say. */

import { COMMANDS } from "../../deploy/desired-state/words.ts";

export { COMMANDS, type Command } from "../../deploy/desired-state/words.ts";

export const FEEDBACK_STATUSES = [
  "IDENTIFYING",
  "IDENTIFIED",
  "IDENTIFICATION_FAILED",
  "RUNNING",
  "COMPLETED",
  "INCOMPLETE",
  "INCOMPLETE_INCONSISTENT",
  "SUPERSEDED",
  "DOWNLOADING",
  "DOWNLOAD_SUCCESS",
  "DOWNLOAD_FAILURE",
  "UPDATING",
  "UPDATE_SUCCESS",
  "UPDATE_FAILURE",
  "ACTIVATING",
  "ACTIVATION_SUCCESS",
  "ACTIVATION_FAILURE",
  "ROLLBACK",
  "ROLLBACK_SUCCESS",
  "ROLLBACK_FAILURE",
  "CLEANUP",
  "CLEANUP_SUCCESS",
  "CLEANUP_FAILURE",
  // Agents of 2023.
  "DOWNLOAD_COMPLETED",
  "DOWNLOAD_FAILED",
  "UPDATE_COMPLETED",
  "UPDATE_FAILED",
  "ACTIVATION_COMPLETED",
  "ACTIVATION_FAILED",
] as const;
export type FeedbackStatus = (typeof FEEDBACK_STATUSES)[number];

export const ACTION_STATUSES = [
  "IDENTIFIED",
  "DOWNLOADING",
  "DOWNLOAD_SUCCESS",
  "DOWNLOAD_FAILURE",
  "UPDATING",
  "UPDATE_SUCCESS",
  "UPDATE_FAILURE",
  "ACTIVATING",
  "ACTIVATION_SUCCESS",
  "ACTIVATION_FAILURE",
  "REMOVING",
  "REMOVAL_SUCCESS",
  "REMOVAL_FAILURE",
] as const;
export type WireActionStatus = (typeof ACTION_STATUSES)[number];

export const SOFTWARE_TYPES = ["IMAGE", "RAW", "DATA", "APPLICATION", "CONTAINER"] as const;
export type SoftwareType = (typeof SOFTWARE_TYPES)[number];

export const CONSENTS = ["APPROVED", "DENIED"] as const;
export type Consent = (typeof CONSENTS)[number];

/** Before which commands an owner may be asked. */
export const CONSENT_COMMANDS = COMMANDS.filter(
  (command) => command === "DOWNLOAD" || command === "UPDATE" || command === "ACTIVATE",
);
