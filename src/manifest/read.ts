/**
 * A manifest from text to a typed wish: everything that is wrong with it is named with line, column and key, what is only
 * odd is a warning. Pure: knows neither files nor the daemon.
 */

import { describeKind } from "../base/json/node.ts";
import { type JsonResult, parseJson } from "../base/json/parse.ts";
import type { DesiredContainer } from "../model/container.ts";
import type { Fault } from "../model/fault.ts";
import { faultsOf } from "../model/validate.ts";
import { detectFormat } from "./detect.ts";
import { MANIFEST, type ManifestValues } from "./fields.ts";
import { addManifestRules } from "./manifest-rules.ts";
import type { ManifestNote } from "./note.ts";
import { type ManifestFormat, type Place, Reading } from "./reading.ts";
import { type ManifestSource, wishOf } from "./wish.ts";

/** Real manifests have two kilobytes. A larger file is refused unread; callers need not read more than one byte beyond it. */
export const MANIFEST_LIMIT_BYTES = 1024 * 1024;

/** Broken rules that are looked for before it is enough. */
const FAULT_LIMIT = 50;

export interface Manifest {
  /** Defaults filled in but for the swap rule, which is the daemon's at creation (model/defaults.ts). */
  readonly desired: DesiredContainer;
  readonly format: ManifestFormat;
  /** Place of a value by its path in the words of the model; undefined when the manifest leaves it out. */
  readonly placeOf: (modelPath: string) => Place | undefined;
}

export type ManifestResult =
  | { readonly ok: true; readonly manifest: Manifest; readonly warnings: readonly ManifestNote[] }
  | {
      readonly ok: false;
      readonly problems: readonly [ManifestNote, ...ManifestNote[]];
      readonly warnings: readonly ManifestNote[];
      /** The text is empty or ends too early: whoever writes it may not be done yet. */
      readonly mayBeUnfinished: boolean;
    };

export interface ReadOptions {
  /** Stands in every note. */
  readonly file: string;
  readonly source: ManifestSource;
  /** Unknown keys are problems, not warnings. */
  readonly isStrict?: boolean;
  /** Name for a manifest of the deployment folder that gives neither name nor id: the same at each start. */
  readonly fallbackName?: string;
}

/** Never throws for what is in the text. */
export function readManifest(input: Uint8Array | string, options: ReadOptions): ManifestResult {
  const parsed = parseJson(input, { limitBytes: MANIFEST_LIMIT_BYTES });
  if (!parsed.ok) return refused(parsed, options.file);
  const { root } = parsed;
  const format = root.kind === "object" ? detectFormat(root) : "cm";
  const reading = new Reading(options.file, format, parsed.at, options.isStrict === true);
  reading.place({ model: "", key: "" }, root.offset);
  if (root.kind !== "object") {
    const message = `object expected at top level, ${describeKind(root)} found`;
    reading.problem({ model: "", key: "" }, root.offset, message, "one manifest, an object");
    return finish(reading, undefined);
  }
  const values = MANIFEST.read(root, reading, { model: "", key: "" }) ?? {};
  requireName(values, reading, options.source);
  const smallLogs = options.source === "folder" && format === "cm";
  const desired = wishOf(values, options.fallbackName ?? "", smallLogs);
  addFaults(desired, reading);
  addManifestRules(desired, reading);
  return finish(reading, { desired, format, placeOf: (path) => reading.given(path) });
}

function refused(parsed: JsonResult & { ok: false }, file: string): ManifestResult {
  const note = ({ position, key, message, expected }: (typeof parsed.faults)[number]): ManifestNote => ({
    file,
    ...position,
    key,
    message,
    expected,
  });
  const [first, ...others] = parsed.faults;
  const mayBeUnfinished = parsed.faults.some(({ kind }) => kind === "end" || kind === "empty");
  return { ok: false, problems: [note(first), ...others.map(note)], warnings: [], mayBeUnfinished };
}

function finish(reading: Reading, manifest: Manifest | undefined): ManifestResult {
  const [first, ...others] = [...reading.problems].sort((a, b) => a.line - b.line || a.column - b.column);
  const { warnings } = reading;
  if (first !== undefined) {
    return { ok: false, problems: [first, ...others], warnings, mayBeUnfinished: false };
  }
  if (manifest === undefined) throw new Error("a manifest was refused without a reason");
  return { ok: true, manifest, warnings };
}

/** A deployer finds containers again by name, so a manifest in a watched folder needs one. */
function requireName(values: ManifestValues, reading: Reading, source: ManifestSource): void {
  if (source !== "folder" || (values.name !== undefined && values.name !== "")) return;
  // A name of a wrong type is a problem already.
  if (reading.given("name") !== undefined && values.name === undefined) return;
  const key = reading.format === "cm" ? "container_name" : "name";
  const message = values.name === "" ? "required, but empty" : "required, but missing";
  const expected = "a name, by which the container is found again";
  reading.problemAt("name", message, expected, () => ({ ...reading.placeOf("name"), key }));
}

/** The model's rules, at the place of what breaks them; silent about what was refused while reading. */
function addFaults(desired: DesiredContainer, reading: Reading): void {
  // What was refused while reading is taken before the rules add their own.
  const faults = new Map<string, Fault>();
  for (const fault of faultsOf(desired)) {
    if (reading.hasEnoughProblems || faults.size > FAULT_LIMIT) break;
    const path = originOf(fault.path, reading);
    if (!reading.isSaid(path)) faults.set(`${path} ${fault.message}`, { ...fault, path });
  }
  for (const fault of faults.values()) reading.problemAt(fault.path, fault.message, fault.expected);
}

/** What a value was made of that the manifest leaves out: names of the host are made of the name, and that of the id. */
function originOf(path: string, reading: Reading): string {
  const isMade = (path === "hostName" || path === "domainName") && reading.given(path) === undefined;
  const origin = isMade ? "name" : path;
  const isId = origin === "name" && reading.given("name") === undefined && reading.given("id") !== undefined;
  return isId ? "id" : origin;
}
