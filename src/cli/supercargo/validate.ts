/** `supercargo validate`: looks manifests over, offline. */

import { type CheckReport, checkManifests, isFaultless } from "../../deploy/folder/check.ts";
import { describeNote, type ManifestNote } from "../../manifest/note.ts";
import { JSON_FLAG, type ToolCommand } from "./command.ts";

export const validateCommand: ToolCommand = {
  name: "validate",
  usage: "validate <file or folder>...",
  short: "Checks manifests without a daemon",
  long: "Checks manifests without a daemon: each by itself, and names, ids and ports among all that are given.\nProblems keep a manifest from being deployed; warnings do not.",
  examples: ["validate /data/var/containers/manifests", "validate --json web.json db.json"],
  flags: [
    JSON_FLAG,
    {
      name: "strict",
      kind: "bool",
      fallback: "false",
      usage: "Takes unknown keys and other warnings as problems",
    },
  ],
  leastArgs: 1,
  mostArgs: Number.POSITIVE_INFINITY,
  exitCodes: { 0: "everything can be deployed", 1: "there are problems" },
  async run(context) {
    const isStrict = context.values.bool("strict");
    const report = checkManifests(context.args, isStrict);
    const warningCount = report.files.reduce(
      (sum, file) => sum + file.warnings.length,
      report.warnings.length,
    );
    const isGood = isFaultless(report) && (!isStrict || warningCount === 0);
    if (context.values.bool("json")) context.out(`${JSON.stringify(jsonOf(report, isGood), undefined, 2)}\n`);
    else context.out(textOf(report, isGood));
    return isGood ? 0 : 1;
  },
};

function textOf(report: CheckReport, isGood: boolean): string {
  const lines: string[] = [];
  const add = (word: string, notes: readonly ManifestNote[]) => {
    for (const note of notes) lines.push(`${word}: ${describeNote(note)}`);
  };
  add("problem", report.problems);
  add("warning", report.warnings);
  for (const file of report.files) {
    add("problem", file.problems);
    add("warning", file.warnings);
    if (file.problems.length === 0) lines.push(`ok: ${file.path}: container ${file.container ?? ""}`);
  }
  const bad = report.files.filter((file) => file.problems.length > 0).length;
  const count = `${report.files.length - bad} of ${report.files.length} manifests can be deployed`;
  lines.push(isGood || bad > 0 || report.files.length === 0 ? count : `${count}, but not strictly`);
  return `${lines.join("\n")}\n`;
}

function jsonOf(report: CheckReport, isGood: boolean) {
  const note = ({ file: _, line, column, ...rest }: ManifestNote) =>
    line === 0 ? rest : { line, column, ...rest };
  const located = ({ file, message }: ManifestNote) => ({ path: file, message });
  return {
    valid: isGood,
    problems: report.problems.map(located),
    warnings: report.warnings.map(located),
    files: report.files.map(({ path, container, form, problems, warnings }) => ({
      path,
      valid: problems.length === 0,
      container: container ?? null,
      form: form ?? null,
      problems: problems.map(note),
      warnings: warnings.map(note),
    })),
  };
}
