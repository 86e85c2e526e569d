/** The plan for a folder as lines for people and as JSON (`supercargo plan`, `kanto-auto-deployer --dry-run`). */

import type { PlannedAction, PlannedChange } from "../deploy/folder/preview.ts";

const WORDS: Readonly<Record<PlannedAction, string>> = {
  create: "is made and started",
  replace: "is replaced",
  update: "is changed while it runs",
  start: "is started",
  unpause: "goes on",
  remove: "is removed",
  none: "stays as it is",
  refuse: "is not deployed",
  restore: "gets its former version back",
};

/** One line per container, with its reasons, and a line that counts. */
export function plannedText(changes: readonly PlannedChange[]): string {
  const lines = changes.flatMap(({ file, container, action, reasons, warnings }) => {
    const reason = action === "none" ? "" : `: ${reasons.join(", ")}`;
    const subject = container === undefined ? file : `[${container}] (${file})`;
    return [`${subject} ${WORDS[action]}${reason}`, ...warnings.map((warning) => `warning: ${warning}`)];
  });
  return `${[...lines, countLine(changes)].join("\n")}\n`;
}

export function plannedJson(folder: string, changes: readonly PlannedChange[]): string {
  return `${JSON.stringify({ folder, changes: changes.map((change) => ({ ...change, container: change.container ?? null })) }, undefined, 2)}\n`;
}

/** Whether something cannot be done. */
export function isHindered(changes: readonly PlannedChange[]): boolean {
  return changes.some(({ action }) => action === "refuse");
}

function countLine(changes: readonly PlannedChange[]): string {
  const count = (...actions: readonly PlannedAction[]) =>
    changes.filter(({ action }) => actions.includes(action)).length;
  const refused = count("refuse");
  const unchanged = count("none");
  const todo = changes.length - refused - unchanged;
  if (todo === 0 && refused === 0) return `Nothing to do: ${unchanged} as wished`;
  return `${todo} to do, ${unchanged} as wished, ${refused} not possible`;
}
