/** Whether we lead a desired state ourselves, and after how much waiting for commands (DESIGN §5). Pure. */

/** `auto`: unless somebody else leads here; `self`: always, at once; `orchestrator`: never. */
export const DRIVES = ["auto", "self", "orchestrator"] as const;
export type Drive = (typeof DRIVES)[number];

/** Signs that somebody else leads in this domain. */
export interface Signs {
  /** The broker keeps the current state of an update manager. */
  readonly managerSeen: boolean;
  /** A command was received once in this domain. */
  readonly wasCommanded: boolean;
  /** The device was Kanto's before it was ours: whoever led it then leads it now. */
  readonly takenOver: boolean;
}

/** ms without a command until we lead; 0: at once; undefined: never. */
export function leadAfter(drive: Drive, hasTimestamp: boolean, patienceMs: number): number | undefined {
  if (drive === "orchestrator") return undefined;
  // Managers always set a time; a message without one was written by a person, who awaits no phases.
  return drive === "self" || !hasTimestamp ? 0 : patienceMs;
}

/** Whether the waiting ends with our lead. */
export function mayLead(drive: Drive, { managerSeen, wasCommanded, takenOver }: Signs): boolean {
  return drive !== "auto" || !(managerSeen || wasCommanded || takenOver);
}
