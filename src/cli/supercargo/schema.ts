/** `supercargo schema`: prints the JSON Schema of manifests. */

import { manifestSchema } from "../../manifest/schema.ts";
import type { ToolCommand } from "./command.ts";

export const schemaCommand: ToolCommand = {
  name: "schema",
  usage: "schema",
  short: "Prints the JSON Schema of manifests",
  long: 'Prints the JSON Schema of manifests in both forms, for editors and checkers. A manifest can name its\nplace with the key "$schema".',
  examples: ["schema > manifest.schema.json"],
  flags: [{ name: "strict", kind: "bool", fallback: "false", usage: "Refuses keys that nobody knows" }],
  leastArgs: 0,
  mostArgs: 0,
  exitCodes: { 0: "printed" },
  async run({ values, out }) {
    out(`${JSON.stringify(manifestSchema(values.bool("strict")), undefined, 2)}\n`);
    return 0;
  },
};
