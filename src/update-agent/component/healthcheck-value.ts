/** The pair `healthcheck`, ours: its value is the manifest's object of that name as JSON. */

import { parseJson } from "../../base/json/parse.ts";
import { printJson } from "../../base/json/print.ts";
import { healthcheck } from "../../manifest/extra-shapes.ts";
import { Reading } from "../../manifest/reading.ts";
import { healthcheckJson } from "../../manifest/write.ts";
import type { Healthcheck } from "../../model/extras.ts";

const LIMIT_BYTES = 64 * 1024;
const KEY = "healthcheck";

/** The healthcheck, or what is wrong with it. */
export function readHealthcheck(text: string): Healthcheck | { readonly fault: string } {
  const parsed = parseJson(text, { limitBytes: LIMIT_BYTES });
  if (!parsed.ok) return { fault: parsed.faults[0].message };
  const reading = new Reading(KEY, "cm", parsed.at, true);
  const read =
    parsed.root.kind === "null"
      ? undefined
      : healthcheck.read(parsed.root, reading, { model: KEY, key: KEY });
  const [problem] = reading.problems;
  if (problem !== undefined) return { fault: `${problem.key}: ${problem.message}` };
  return read ?? { fault: "object expected" };
}

export function printHealthcheck(check: Healthcheck): string {
  return printJson(healthcheckJson(check));
}
