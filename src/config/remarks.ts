/** What is said about a configuration file: faults, for which it is refused, and warnings; each with its place. */

import { describeKind, type JsonNode, type Position } from "../base/json/node.ts";

/** Something to say about a place of the file. */
export interface ConfigRemark {
  /** `section.key`; empty = the whole file. */
  readonly path: string;
  readonly position: Position;
  readonly message: string;
}

export class Remarks {
  readonly faults: ConfigRemark[] = [];
  readonly warnings: ConfigRemark[] = [];

  constructor(private readonly at: (offset: number) => Position) {}

  position(offset: number): Position {
    return this.at(offset);
  }

  fault(path: string, node: JsonNode, message: string): void {
    this.faults.push({ path, position: this.at(node.offset), message });
  }

  /** The value is of another kind than the key wants. */
  wrongKind(path: string, node: JsonNode, expected: string): undefined {
    this.fault(path, node, `${expected} is expected, ${describeKind(node)} found`);
    return undefined;
  }

  warn(path: string, offset: number, message: string): void {
    this.warnings.push({ path, position: this.at(offset), message });
  }
}
