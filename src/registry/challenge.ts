/** Reads `WWW-Authenticate` (RFC 9110 §11.6.1): one header, several challenges, each with parameters. */

import { REGISTRY_LIMITS } from "./limits.ts";

export interface Challenge {
  /** Lower case, such as `basic` or `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/** The challenges of the header in order. What cannot be understood ends the list: the part before it still counts. */
export function parseChallenges(header: string): readonly Challenge[] {
  const scanner = new Scanner(header.slice(0, REGISTRY_LIMITS.challengeChars));
  const challenges: Challenge[] = [];
  for (;;) {
    scanner.skip(/[\s,]*/y);
    const scheme = scanner.take(TOKEN);
    if (scheme === undefined) return challenges;
    challenges.push({ scheme: scheme.toLowerCase(), parameters: readParameters(scanner) });
  }
}

function readParameters(scanner: Scanner): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (;;) {
    const start = scanner.position;
    scanner.skip(/[\s,]*/y);
    const name = scanner.take(TOKEN);
    scanner.skip(/\s*/y);
    if (name === undefined || scanner.take(/=/y) === undefined) {
      scanner.position = start;
      return parameters;
    }
    scanner.skip(/\s*/y);
    const quoted = scanner.take(QUOTED, 1);
    const value = quoted === undefined ? scanner.take(TOKEN) : quoted.replace(/\\(.)/g, "$1");
    if (value === undefined) return parameters;
    parameters.set(name.toLowerCase(), value);
  }
}

class Scanner {
  position = 0;

  constructor(private readonly text: string) {}

  take(pattern: RegExp, group = 0): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.position = pattern.lastIndex;
    return match[group];
  }

  skip(pattern: RegExp): void {
    this.take(pattern);
  }
}
