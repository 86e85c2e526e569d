/** The tables of what is better than the peers: each point with tests that are there. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../../scripts/project/setup.mjs";

const ROW = /^\| (\d+) \| .* \| .* \| (.*) \|$/;

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const TABLES: Readonly<Record<string, readonly number[]>> = {
  "docs/better-than-the-peer.md": upTo(35),
  "docs/better-than-the-deployer.md": upTo(19),
  "docs/better-than-the-agent.md": upTo(20),
};

test.each(Object.entries(TABLES))("each point of %s names tests that are there", (page, points) => {
  const rows = readFileSync(join(ROOT, page), "utf8")
    .split("\n")
    .flatMap((line) => {
      const match = ROW.exec(line);
      return match === null ? [] : [{ point: Number(match[1]), proofs: match[2] ?? "" }];
    });
  expect(rows.map(({ point }) => point)).toEqual([...points]);
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
