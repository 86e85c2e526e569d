/** The blocks of code in the manual, with who runs them: `run` on a private device, `device` on one with systemd, else nobody. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";

export const MANUAL = join(ROOT, "docs/manual");

export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly isFor: "run" | "device" | "nobody";
  readonly text: string;
}

export const manualPages: readonly string[] = readdirSync(MANUAL, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith(".md"))
  .sort();

export const manualBlocks: readonly Block[] = manualPages.flatMap((page) => {
  const text = readFileSync(join(MANUAL, page), "utf8");
  return [...text.matchAll(/^```(\w*)( run| device)?\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split("\n").length,
    language: match[1] ?? "",
    isFor: match[2] === " run" ? "run" : match[2] === " device" ? "device" : "nobody",
    text: match[3] ?? "",
  }));
});
