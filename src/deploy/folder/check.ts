/**
 * Looks manifests over without a daemon: each file by itself, and what several of them cannot have at once (names, ids,
 * ports of the host). What it finds wrong, a deployer would refuse; what it warns of, one would do with a surprise.
 */

import { basename, dirname, join } from "node:path";
import type { ManifestNote } from "../../manifest/note.ts";
import type { PortMapping } from "../../model/container.ts";
import { settleRivals } from "../plan.ts";
import type { Wish } from "../wish.ts";
import { type FileState, listManifests, listPassedOver, stateOf } from "./listing.ts";
import { type ManifestFile, readManifestFile } from "./read-file.ts";

export interface CheckedFile {
  /** As the caller named it, or the folder that was named with the file's name. */
  readonly path: string;
  /** Name of the container; undefined when the file gives none that can be used. */
  readonly container: string | undefined;
  readonly form: "cm" | "internal" | undefined;
  readonly problems: readonly ManifestNote[];
  readonly warnings: readonly ManifestNote[];
}

export interface CheckReport {
  readonly files: readonly CheckedFile[];
  /** What is no manifest's fault: a path that is not there, a folder without manifests. */
  readonly problems: readonly ManifestNote[];
  readonly warnings: readonly ManifestNote[];
}

const GONE: FileState = { mark: "", modifiedNanos: 0n, kind: "unreadable", sizeBytes: 0, isLink: false };

interface ReadFile {
  readonly path: string;
  readonly read: ManifestFile;
  readonly problems: ManifestNote[];
  readonly warnings: ManifestNote[];
}

/** @param isStrict unknown keys are problems. Throws only what is no fault of files. */
export function checkManifests(paths: readonly string[], isStrict: boolean): CheckReport {
  const problems: ManifestNote[] = [];
  const warnings: ManifestNote[] = [];
  const files: ReadFile[] = [];
  for (const path of paths) {
    const state = stateOf(dirname(path), basename(path));
    if (state === undefined) {
      problems.push(asWhole(path, "there is no such file or folder"));
    } else if (state.kind !== "folder") {
      files.push(readOne(dirname(path), basename(path), path, isStrict));
    } else {
      for (const name of listPassedOver(path)) {
        warnings.push(asWhole(join(path, name), "sub-folders are not read: its manifests are not deployed"));
      }
      const listed = [...listManifests(path).keys()];
      if (listed.length === 0) problems.push(asWhole(path, "no manifests found"));
      for (const name of listed) files.push(readOne(path, name, join(path, name), isStrict));
    }
  }
  addRivals(files);
  addNamesAlike(files);
  addPortClashes(files);
  return { files: files.map(checkedFile), problems, warnings };
}

/** Whether a deployer would take everything. */
export function isFaultless(report: CheckReport): boolean {
  return report.problems.length === 0 && report.files.every((file) => file.problems.length === 0);
}

function readOne(folder: string, name: string, path: string, isStrict: boolean): ReadFile {
  // A file that goes away between two looks is read as what it is then: one that cannot be read.
  const state = stateOf(folder, name) ?? GONE;
  const read = readManifestFile(folder, name, state, { source: "folder", isStrict });
  const named = (note: ManifestNote): ManifestNote => ({ ...note, file: path });
  return { path, read, problems: read.problems.map(named), warnings: read.warnings.map(named) };
}

function checkedFile({ path, read, problems, warnings }: ReadFile): CheckedFile {
  return {
    path,
    container: read.valid?.desired.name,
    form: read.valid === undefined ? undefined : read.isConverted ? "cm" : "internal",
    problems,
    warnings,
  };
}

function addRivals(files: readonly ReadFile[]): void {
  const wishes = files.flatMap(({ path, read }): Wish[] => {
    if (read.valid === undefined) return [];
    const { desired, fingerprint } = read.valid;
    return [{ name: desired.name, desired, fingerprint, source: path, modifiedNanos: 0n, occasion: "start" }];
  });
  for (const { wish, reasons } of settleRivals(wishes, new Map()).refused) {
    const file = files.find(({ path }) => path === wish.source);
    const isName = reasons[0]?.startsWith("container name") === true;
    file?.problems.push(noteAt(file, isName ? "name" : "id", reasons.join(", ")));
  }
}

/** Containers are told apart by case; whoever asks for one by its host name does not tell it. */
function addNamesAlike(files: readonly ReadFile[]): void {
  const earlier = new Map<string, { readonly name: string; readonly path: string }>();
  for (const file of files) {
    const name = file.read.valid?.desired.name;
    if (name === undefined) continue;
    const alike = earlier.get(name.toLowerCase());
    if (alike === undefined) earlier.set(name.toLowerCase(), { name, path: file.path });
    else if (alike.name !== name) {
      const message = `differs only by case from the container "${alike.name}" of ${alike.path}: both are deployed, but names of the network do not tell them apart`;
      file.warnings.push(noteAt(file, "name", message));
    }
  }
}

interface TakenPort {
  readonly file: ReadFile;
  readonly mapping: PortMapping;
}

function addPortClashes(files: readonly ReadFile[]): void {
  const taken = new Map<string, TakenPort[]>();
  for (const file of files) {
    for (const [index, mapping] of (file.read.valid?.desired.hostConfig.portMappings ?? []).entries()) {
      // A range looks for a free port, and 0 for any.
      if (mapping.hostPort === 0 || mapping.hostPortEnd > mapping.hostPort) continue;
      const key = `${mapping.protocol}/${mapping.hostPort}`;
      const others = taken.get(key) ?? [];
      const other = others.find((one) => shareAddress(one.mapping.hostIp, mapping.hostIp));
      taken.set(key, [...others, { file, mapping }]);
      if (other === undefined) continue;
      const message = `port ${mapping.hostPort} (${mapping.protocol}) of the host is taken by ${other.file.path}`;
      const place = `hostConfig.portMappings[${index}].hostPort`;
      file.warnings.push(noteAt(file, place, `${message}: only one of the two can run`));
    }
  }
}

/** A text that is no address means all of them (DESIGN §5). */
function shareAddress(one: string, other: string): boolean {
  const isAddress = (text: string) => /^(\d{1,3}\.){3}\d{1,3}$/.test(text) || text.includes(":");
  const isOne = (text: string) => isAddress(text) && text !== "0.0.0.0" && text !== "::";
  return !isOne(one) || !isOne(other) || one === other;
}

function noteAt({ path, read }: ReadFile, modelPath: string, message: string): ManifestNote {
  const place = read.placeOf(modelPath);
  return place === undefined ? asWhole(path, message) : { file: path, ...place, message, expected: "" };
}

function asWhole(file: string, message: string): ManifestNote {
  return { file, line: 0, column: 0, key: "", message, expected: "" };
}
