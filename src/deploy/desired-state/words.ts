/** The words of an activity: what may be commanded, how far phases and actions are, and what is told of them (spec/update-agent.md §4). */

/** `commands`: an orchestrator leads; `self`: we do. */
export type Leader = "commands" | "self";

export const COMMANDS = ["DOWNLOAD", "UPDATE", "ACTIVATE", "ROLLBACK", "CLEANUP"] as const;
export type Command = (typeof COMMANDS)[number];
export type Phase = "DOWNLOAD" | "UPDATE" | "ACTIVATE";

export type PhaseStatus =
  | "IDENTIFIED"
  | "DOWNLOADING"
  | "DOWNLOAD_SUCCESS"
  | "DOWNLOAD_FAILURE"
  | "UPDATING"
  | "UPDATE_SUCCESS"
  | "UPDATE_FAILURE"
  | "ACTIVATING"
  | "ACTIVATION_SUCCESS"
  | "ACTIVATION_FAILURE"
  | "ROLLBACK"
  | "ROLLBACK_SUCCESS"
  | "ROLLBACK_FAILURE"
  | "CLEANUP"
  | "CLEANUP_SUCCESS"
  | "CLEANUP_FAILURE";

export type OverallStatus =
  | "IDENTIFYING"
  | "IDENTIFIED"
  | "IDENTIFICATION_FAILED"
  | "COMPLETED"
  | "INCOMPLETE"
  | "SUPERSEDED";

export type ActionStatus =
  | "IDENTIFIED"
  | "DOWNLOADING"
  | "DOWNLOAD_SUCCESS"
  | "DOWNLOAD_FAILURE"
  | "UPDATING"
  | "UPDATE_SUCCESS"
  | "UPDATE_FAILURE"
  | "ACTIVATING"
  | "ACTIVATION_SUCCESS"
  | "ACTIVATION_FAILURE"
  | "REMOVAL_SUCCESS"
  | "REMOVAL_FAILURE";

interface PhaseWords {
  readonly working: "DOWNLOADING" | "UPDATING" | "ACTIVATING";
  readonly success: "DOWNLOAD_SUCCESS" | "UPDATE_SUCCESS" | "ACTIVATION_SUCCESS";
  readonly failure: "DOWNLOAD_FAILURE" | "UPDATE_FAILURE" | "ACTIVATION_FAILURE";
  /** The status after which it is possible. */
  readonly after: PhaseStatus;
}

export const PHASES: Readonly<Record<Phase, PhaseWords>> = {
  DOWNLOAD: {
    working: "DOWNLOADING",
    success: "DOWNLOAD_SUCCESS",
    failure: "DOWNLOAD_FAILURE",
    after: "IDENTIFIED",
  },
  UPDATE: {
    working: "UPDATING",
    success: "UPDATE_SUCCESS",
    failure: "UPDATE_FAILURE",
    after: "DOWNLOAD_SUCCESS",
  },
  ACTIVATE: {
    working: "ACTIVATING",
    success: "ACTIVATION_SUCCESS",
    failure: "ACTIVATION_FAILURE",
    after: "UPDATE_SUCCESS",
  },
};

/** When ROLLBACK is possible: the peer's four, and wherever else something may have been changed. */
export const ROLLBACK_AFTER: readonly PhaseStatus[] = [
  "DOWNLOAD_SUCCESS",
  "UPDATE_SUCCESS",
  "ACTIVATION_FAILURE",
  "ACTIVATION_SUCCESS",
  "DOWNLOAD_FAILURE",
  "UPDATE_FAILURE",
];

/** One action as it is told. */
export interface ActionView {
  readonly name: string;
  readonly version: string;
  readonly status: ActionStatus;
  readonly message: string;
  /** Percent, while something is fetched. */
  readonly progress?: number;
}

/** What is told of an activity at one moment. */
export interface Report {
  readonly activityId: string;
  readonly status: PhaseStatus | OverallStatus;
  /** The command's baseline as it was given; absent for overall statuses. */
  readonly baseline?: string;
  readonly message?: string;
  /** ms since the epoch, for a last word: it keeps its time when it is said again. Absent: now. */
  readonly timestamp?: number;
  readonly actions?: readonly ActionView[];
}

/** Messages of actions, the peer's texts (spec/update-agent.md §6). */
export const TEXT = {
  create: "New container will be created and started.",
  recreate: "Existing container will be destroyed and replaced by a new one.",
  update: "Existing container will be updated with new configuration.",
  check: "No changes detected, existing container will be check only if it is running.",
  destroy: "Existing container will be destroyed, no longer needed.",
  created: "New container created.",
  stopped: "Old container instance is stopped.",
  updated: "Container instance is updated with new configuration.",
  started: "New container instance is started.",
  running: "Existing container instance is running.",
  removed: "Old container instance is removed.",
  undone: {
    create: "Update unsuccessful, but rollback succeeded - new container instance destroyed.",
    recreate:
      "Update unsuccessful, but rollback succeeded - new container instance destroyed, old container instance restored.",
    update:
      "Update unsuccessful, but rollback succeeded - container configuration restored from older instance.",
    destroy: "Update unsuccessful, but rollback succeeded - old container instance restored.",
    check: "Update unsuccessful, but rollback succeeded - old container instance restored.",
  },
} as const;
