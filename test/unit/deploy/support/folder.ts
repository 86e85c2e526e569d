/** A private temporary folder for one test, and waiting for a condition by events of the file system. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends Disposable {
  readonly path: string;
}

export function temporaryFolder(): TemporaryFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "supercargo-deploy-")));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A manifest in Container Management's form. */
export function manifestText(name: string, image = "host/web:1", more: Record<string, unknown> = {}): string {
  return JSON.stringify({ container_name: name, image: { name: image }, ...more });
}
