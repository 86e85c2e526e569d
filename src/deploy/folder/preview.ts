/** What a deployer would do with a folder now, without doing it: the plan, file by file. */

import { isActive } from "../../model/state.ts";
import type { Containers } from "../containers.ts";
import { planPrune, planWish, type Step, settleRivals } from "../plan.ts";
import type { Remembered, Wish } from "../wish.ts";
import { byBytes, listManifests } from "./listing.ts";
import { type ManifestFile, readManifestFile } from "./read-file.ts";

/** What would happen to one container, in the order of what a person wants to know. */
export type PlannedAction =
  | "create"
  | "replace"
  | "update"
  | "start"
  | "unpause"
  | "remove"
  | "none"
  | "refuse"
  | "restore";

export interface PlannedChange {
  /** File name inside the folder; of what would be removed, the file that made it. */
  readonly file: string;
  /** Undefined for a file that cannot be understood. */
  readonly container: string | undefined;
  readonly action: PlannedAction;
  /** Keys that differ, or sentences. */
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

export interface PreviewOptions {
  readonly remembered: ReadonlyMap<string, Remembered>;
  readonly respectStopped: boolean;
  /** Whether containers go whose files are gone. */
  readonly prune: boolean;
  /** In words, for lines of problems. */
  readonly describe: (note: ManifestFile["problems"][number]) => string;
}

/** Throws the file error when the folder cannot be listed, and what `list` throws. */
export async function previewFolder(
  folder: string,
  containers: Pick<Containers, "list">,
  options: PreviewOptions,
  signal: AbortSignal,
): Promise<readonly PlannedChange[]> {
  const { remembered, describe } = options;
  const present = await containers.list(signal);
  const files = [...listManifests(folder)].map(([name, state]) => readManifestFile(folder, name, state));
  const changes: PlannedChange[] = [];
  const wishes: Wish[] = [];
  const warningsOf = new Map<string, readonly string[]>();
  for (const file of files) {
    const warnings = file.warnings.map(describe);
    warningsOf.set(file.name, warnings);
    if (file.valid === undefined) {
      const reasons = file.problems.map(describe);
      changes.push({ file: file.name, container: undefined, action: "refuse", reasons, warnings });
      continue;
    }
    const { desired, fingerprint } = file.valid;
    const { modifiedNanos } = file.state;
    wishes.push({
      name: desired.name,
      desired,
      fingerprint,
      source: file.name,
      modifiedNanos,
      occasion: "start",
    });
  }
  const { accepted, refused } = settleRivals(wishes, remembered);
  const planned = (step: Step): PlannedChange => ({
    file: step.wish.source,
    container: step.wish.name,
    ...actionOf(step, options.respectStopped),
    warnings: warningsOf.get(step.wish.source) ?? [],
  });
  changes.push(...refused.map(planned));
  changes.push(...accepted.map((wish) => planned(planWish(wish, present, remembered).step)));
  changes.sort((a, b) => byBytes(a.file, b.file));
  // A folder with nothing in it may be one that is not mounted: it takes nothing away.
  if (!options.prune || files.length === 0) return changes;
  const isBroken = (source: string) =>
    files.some(({ name, valid }) => name === source && valid === undefined);
  const gone = planPrune(wishes, present, remembered).filter(
    ({ present: { name } }) => !isBroken(remembered.get(name)?.source ?? ""),
  );
  return [
    ...changes,
    ...gone.map(({ present: container, reasons }) => ({
      file: remembered.get(container.name)?.source ?? "",
      container: container.name,
      action: "remove" as const,
      reasons,
      warnings: [],
    })),
  ];
}

function actionOf(
  step: Step,
  respectStopped: boolean,
): { readonly action: PlannedAction; readonly reasons: readonly string[] } {
  const { reasons } = step;
  switch (step.kind) {
    case "create":
    case "update":
    case "restore":
    case "refuse":
      return { action: step.kind, reasons };
    case "recreate":
      return { action: "replace", reasons };
    case "nothing":
    case "check": {
      const { state, manuallyStopped } = step.present;
      if (isActive(state.status) && state.status !== "Paused") return { action: "none", reasons };
      if (respectStopped && (manuallyStopped || state.status === "Paused")) {
        return { action: "none", reasons: ["a user has stopped it"] };
      }
      return state.status === "Paused"
        ? { action: "unpause", reasons: ["it is paused"] }
        : { action: "start", reasons: [`it is ${state.status.toLowerCase()}`] };
    }
  }
}
