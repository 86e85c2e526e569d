/**
 * What must hold of a device when nothing is under way, written down once. The device in memory, the private device with
 * containerd, and the long runs all ask here; they differ only in how they look at what is there.
 */

import type { Container, Status } from "../../src/model/container.ts";

export interface TaskSeen {
  readonly id: string;
  readonly pid: number;
  readonly status: "running" | "paused" | "created" | "stopped" | "unknown";
}

export interface SnapshotSeen {
  readonly key: string;
  /** Empty: lies on nothing. */
  readonly parent: string;
}

/** What the disk says of a container. */
export interface StoredSeen {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly status: Status;
  readonly pid: number;
  readonly restartCount: number;
  readonly manuallyStopped: boolean;
}

/** Everything that is held for containers, by those who hold it; never by our own answers. */
export interface Held {
  readonly tasks: readonly TaskSeen[];
  readonly records: readonly string[];
  /** All of the namespace, layers of images included. */
  readonly snapshots: readonly SnapshotSeen[];
  /** Ids with a network: namespace, interface, address, published ports. */
  readonly networks: readonly string[];
  /** Ids whose output has FIFOs. */
  readonly outputs: readonly string[];
  /** One for each state folder that has a state. */
  readonly stored: readonly StoredSeen[];
  /** State folders, with a state or without. */
  readonly folders: readonly string[];
  /** Keys of notes about what takes several steps. */
  readonly notes: readonly string[];
  /** What only one kind of device has and is wrong, in words. */
  readonly other: readonly string[];
}

/** What somebody was promised: `either` after a request of which nobody heard the end. */
export type Wanted = "runs" | "rests" | "gone" | "either";

export function storedSeen(container: Container): StoredSeen {
  const { id, name, image, state, restartCount, manuallyStopped } = container;
  return {
    id,
    name,
    image: image.name,
    status: state.status,
    pid: state.pid,
    restartCount,
    manuallyStopped,
  };
}

export function isActive({ state }: Container): boolean {
  return state.status === "Running" || state.status === "Paused";
}

/**
 * Findings in words; empty = list, disk and engine tell the same, and nothing is there without an owner:
 * - each id once; each container that runs has exactly one task, with the pid and the status that the list tells, and a
 *   record, a network and an output; any other has none of them;
 * - each container has its file system and what that lies on; no other file system of ours is there;
 * - each container has a state on the disk that says the same, and no state folder is without one;
 * - nothing is noted as under way.
 */
export function brokenInvariants(list: readonly Container[], held: Held): readonly string[] {
  const ids = list.map(({ id }) => id);
  const active = list.filter(isActive).map(({ id }) => id);
  return [
    ...twice("container", ids),
    ...brokenTasks(list, held.tasks),
    ...compare("record", held.records, active),
    ...compare("network", held.networks, active),
    ...compare("output", held.outputs, active),
    ...brokenSnapshots(ids, held.snapshots),
    ...compare("state folder", held.folders, ids),
    ...brokenStates(list, held.stored),
    ...held.notes.map((key) => `note ${key} is still there`),
    ...held.other,
  ];
}

/** Findings in words; empty = what was promised holds. */
export function brokenPromises(
  list: readonly Container[],
  wanted: ReadonlyMap<string, Wanted>,
): readonly string[] {
  const byId = new Map(list.map((container) => [container.id, container]));
  const findings = list
    .filter(({ id }) => !wanted.has(id))
    .map(({ id }) => `container ${id} is there and nobody asked for it`);
  for (const [id, want] of wanted) {
    const container = byId.get(id);
    if (want === "either") continue;
    if (want === "gone") {
      if (container !== undefined) findings.push(`container ${id} was removed and is there`);
    } else if (container === undefined) findings.push(`container ${id} is lost`);
    else if (want === "runs" && !isActive(container)) {
      findings.push(`container ${id} should run and is ${container.state.status} ${container.state.error}`);
    } else if (want === "rests" && isActive(container)) findings.push(`container ${id} should rest and runs`);
  }
  return findings;
}

function brokenTasks(list: readonly Container[], tasks: readonly TaskSeen[]): readonly string[] {
  const findings = [
    ...compare(
      "task",
      tasks.map(({ id }) => id),
      list.filter(isActive).map(({ id }) => id),
    ),
  ];
  for (const { id, state } of list) {
    const task = tasks.find((one) => one.id === id);
    if (state.status === "Running" || state.status === "Paused") {
      const wanted = state.status === "Running" ? "running" : "paused";
      if (task !== undefined && task.status !== wanted)
        findings.push(`task ${id} is ${task.status}, the list says ${state.status}`);
      if (task !== undefined && task.pid !== state.pid)
        findings.push(`task ${id} has pid ${task.pid}, the list says ${state.pid}`);
    } else if (state.pid > 0) findings.push(`container ${id} is ${state.status} and has pid ${state.pid}`);
  }
  return findings;
}

/** A file system that a container's own one lies on, step by step, has an owner too. */
function brokenSnapshots(ids: readonly string[], snapshots: readonly SnapshotSeen[]): readonly string[] {
  const parents = new Map(snapshots.map(({ key, parent }) => [key, parent]));
  const owned = new Set<string>();
  const findings: string[] = [];
  for (const id of ids) {
    const key = `${id}-snapshot`;
    if (!parents.has(key)) findings.push(`snapshot ${key} is missing`);
    for (let at: string | undefined = key; at !== undefined && at !== ""; at = parents.get(at)) owned.add(at);
  }
  for (const { key } of snapshots) {
    if (!owned.has(key) && !key.startsWith("sha256:")) findings.push(`snapshot ${key} has no owner`);
  }
  return findings;
}

function brokenStates(list: readonly Container[], stored: readonly StoredSeen[]): readonly string[] {
  const findings: string[] = [];
  for (const container of list) {
    const own = stored.find(({ id }) => id === container.id);
    const [shown, kept] = [JSON.stringify(storedSeen(container)), JSON.stringify(own)];
    if (shown !== kept) findings.push(`the list says ${shown}, the disk ${kept}`);
  }
  return findings;
}

function compare(what: string, found: readonly string[], wanted: readonly string[]): readonly string[] {
  return [
    ...found.filter((name) => !wanted.includes(name)).map((name) => `${what} ${name} has no owner`),
    ...wanted.filter((name) => !found.includes(name)).map((name) => `${what} ${name} is missing`),
    ...twice(what, found),
  ];
}

function twice(what: string, names: readonly string[]): readonly string[] {
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `${what} ${name} is there twice`);
}
