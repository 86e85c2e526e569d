/** Finds a program on which trust depends: in PATH, or where its absolute path says. */

import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { childEnvironment } from "../base/process.ts";

/** Its path, or undefined when no such file may be run. */
export async function findProgram(program: string): Promise<string | undefined> {
  const folders = (childEnvironment()["PATH"] ?? "").split(delimiter);
  const paths = isAbsolute(program) ? [program] : folders.map((folder) => join(folder, program));
  for (const path of paths) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // The next folder; when none has it the caller says so.
    }
  }
  return undefined;
}
