/** The table of docs/better-than-the-peer.md: all 35 points, each with tests that are there. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";

const ROW = /^\| (\d+) \| .* \| .* \| (.*) \|$/;

test("each of the 35 points names tests that are there", () => {
  const rows = readFileSync(join(ROOT, "docs/better-than-the-peer.md"), "utf8")
    .split("\n")
    .flatMap((line) => {
      const match = ROW.exec(line);
      return match === null ? [] : [{ point: Number(match[1]), proofs: match[2] ?? "" }];
    });
  expect(rows.map(({ point }) => point)).toEqual(Array.from({ length: 35 }, (_, index) => index + 1));
  const missing: string[] = [];
  for (const { point, proofs } of rows) {
    const named = [...proofs.matchAll(/`([^`]+)`: (.*?)(?=; `|$)/g)];
    if (named.length === 0) missing.push(`${point} names no test`);
    for (const [, file = "", name = ""] of named) {
      if (!readFileSync(join(ROOT, file), "utf8").includes(name))
        missing.push(`${point}: ${file} has no "${name}"`);
    }
  }
  expect(missing).toEqual([]);
});
