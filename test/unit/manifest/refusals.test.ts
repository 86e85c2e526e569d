/** The table of docs/manual/refusals.md: each bad manifest, what was wanted, and what is answered. This test makes it. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";
import { describeNote } from "../../../src/manifest/note.ts";
import { readManifest } from "../../../src/manifest/read.ts";
import { sharedManifests } from "./cases.ts";

const PAGE = join(ROOT, "docs/manual/refusals.md");
const HEAD = `# What broken manifests are answered

Each file has one defect. A problem keeps its file from being deployed, and no other file; a warning does not. The places are line and column. \`supercargo validate\` says the same without a daemon and ends with 1.

| file | defect | Kanto's deployer | wanted | answer |
|---|---|---|---|---|
`;

interface Row {
  readonly file: string;
  readonly defect: string;
  readonly peer: string;
  readonly wanted: string;
}

function rows(): readonly Row[] {
  const text = readFileSync(join(ROOT, "../shared/cases/bad-manifests/README.md"), "utf8");
  return text.split("\n").flatMap((line) => {
    const [, file, defect = "", peer = "", wanted = ""] =
      /^\| `(\d\d-[^`]+)` \| (.*?) \| (.*?) \| (.*) \|$/.exec(line) ?? [];
    return file === undefined ? [] : [{ file, defect, peer, wanted }];
  });
}

function answerOf(file: string): { readonly isAccepted: boolean; readonly notes: readonly string[] } {
  const bytes = sharedManifests("bad-manifests").get(file);
  if (bytes === undefined) throw new Error(`${file} is in the table and not in the folder`);
  const result = readManifest(bytes, { file, source: "folder" });
  const notes = (result.ok ? result.warnings : result.problems).map(describeNote);
  return { isAccepted: result.ok, notes: notes.map((note) => note.slice(file.length + 1)) };
}

/** A pipe would end the cell. */
const cell = (text: string) => text.replaceAll("|", "\\|");

function tableRow({ file, defect, peer, wanted }: Row): string {
  const { isAccepted, notes } = answerOf(file);
  const said = notes.map((note) => `\`${note}\``).join("<br>");
  const verdict = isAccepted ? "accepted" : "refused";
  return `| ${[`\`${file}\``, defect, peer, wanted, said === "" ? verdict : `${verdict}: ${said}`].map(cell).join(" | ")} |\n`;
}

test("the page holds the answers of today, one for each bad manifest (UPDATE_DOCS=1 writes it)", () => {
  const all = rows();
  expect(all.map(({ file }) => file).sort()).toEqual([...sharedManifests("bad-manifests").keys()]);
  const page = HEAD + all.map(tableRow).join("");
  if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, "utf8")).toBe(page);
});

test.each(rows())("$file: refused where an error was wanted, accepted where not", ({ file, wanted }) => {
  const { isAccepted, notes } = answerOf(file);
  const mayBeAccepted = /^(warning|accept|either accept)/.test(wanted);
  expect(isAccepted).toBe(mayBeAccepted);
  // What the wanted answer names by its key is named so here.
  const key = /error at `([a-z_.]+)`/.exec(wanted)?.[1];
  if (key !== undefined) expect(notes.join("\n")).toContain(`${key}: `);
});
