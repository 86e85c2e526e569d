/** What is said about a manifest: a problem that keeps it from being used, or a warning. */

import type { Position } from "../base/json/node.ts";
import { printable } from "../base/json/show.ts";

export interface ManifestNote extends Position {
  /** As the caller named it. `line` 0: the file as a whole, which was not read. */
  readonly file: string;
  /** Path in the spelling of the file, such as `host_config.port_mappings[0].host_port`; empty = the whole document. */
  readonly key: string;
  readonly message: string;
  /** What is allowed there; empty when the message says it. */
  readonly expected: string;
}

/** A line for people, whatever the file holds: `web.json:7:5: host_config.network_mode: unsupported network mode none (expected: bridge or host)`. */
export function describeNote(note: ManifestNote): string {
  const key = note.key === "" ? "" : `${note.key}: `;
  const expected = note.expected === "" ? "" : ` (expected: ${note.expected})`;
  const place = note.line === 0 ? note.file : `${note.file}:${note.line}:${note.column}`;
  return printable(`${place}: ${key}${note.message}${expected}`);
}
