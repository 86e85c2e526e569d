/** One pass over a manifest: what was found wrong, and where each value stands. */

import type { Position } from "../base/json/node.ts";
import type { ManifestNote } from "./note.ts";

/** Which keys a manifest uses: Kanto's file form, or the gRPC message spelt as JSON (spec/manifest.md §0). */
export type ManifestFormat = "cm" | "internal";

/** Where we are: the same place in the words of the model and in the spelling of the file. */
export interface Where {
  readonly model: string;
  readonly key: string;
}

/** Place of one value that the manifest gives. */
export interface Place extends Position {
  readonly key: string;
}

/** Notes beyond this are not collected: one bad list of ten thousand must not make ten thousand lines. */
const NOTE_LIMIT = 50;

export class Reading {
  readonly problems: ManifestNote[] = [];
  readonly warnings: ManifestNote[] = [];
  /** Where given values begin; lines and columns are worked out when somebody asks. */
  readonly #offsets = new Map<string, { readonly offset: number; readonly key: string }>();
  /** Paths in the words of the model about which, and below which, enough is said. */
  readonly #scopes = new Set<string>();

  constructor(
    private readonly file: string,
    readonly format: ManifestFormat,
    private readonly at: (offset: number) => Position,
    private readonly isStrict: boolean,
  ) {}

  problem(where: Where, offset: number, message: string, expected = ""): void {
    this.#scopes.add(scopeOf(where.model));
    this.#note(this.problems, () => ({ ...this.at(offset), key: where.key }), message, expected);
  }

  /** A problem with the value of a path in the words of the model. */
  problemAt(
    modelPath: string,
    message: string,
    expected: string,
    place = () => this.placeOf(modelPath),
  ): void {
    this.#scopes.add(scopeOf(modelPath));
    this.#note(this.problems, place, message, expected);
  }

  /**
   * Whether a rule about this path would only repeat what was said: its value, or one beside it in the same small object
   * or list, could not be read, so that a default stands in for it.
   */
  isSaid(modelPath: string): boolean {
    for (let path = modelPath; path !== ""; path = parentOf(path)) if (this.#scopes.has(path)) return true;
    return this.#scopes.has("");
  }

  warning(offset: number, key: string, message: string, expected = ""): void {
    this.#note(this.warnings, () => ({ ...this.at(offset), key }), message, expected);
  }

  warningAt(modelPath: string, message: string, expected: string): void {
    this.#note(this.warnings, () => this.placeOf(modelPath), message, expected);
  }

  /** What strict reading refuses and usual reading only mentions. */
  unknownKey(offset: number, key: string, message: string, expected: string): void {
    const list = this.isStrict ? this.problems : this.warnings;
    this.#note(list, () => ({ ...this.at(offset), key }), message, expected);
  }

  /** The place is worked out only for a note that is kept: on one long line each costs its length. */
  #note(list: ManifestNote[], place: () => Place, message: string, expected: string): void {
    if (list.length >= NOTE_LIMIT) return;
    list.push({ file: this.file, ...place(), message, expected });
  }

  place(where: Where, offset: number): void {
    this.#offsets.set(where.model, { offset, key: where.key });
  }

  /** The place of a value that the manifest gives. */
  given(modelPath: string): Place | undefined {
    const found = this.#offsets.get(modelPath);
    return found === undefined ? undefined : { ...this.at(found.offset), key: found.key };
  }

  /** Whether no further problem will be kept. */
  get hasEnoughProblems(): boolean {
    return this.problems.length >= NOTE_LIMIT;
  }

  /** Whether no further key that nobody knows will be mentioned. */
  get isFull(): boolean {
    return (this.isStrict ? this.problems : this.warnings).length >= NOTE_LIMIT;
  }

  /** The place of a value, or of what it would stand in when it is not given. */
  placeOf(modelPath: string): Place {
    for (let path = modelPath; path !== ""; path = parentOf(path)) {
      const place = this.given(path);
      if (place !== undefined) return place;
    }
    return this.given("") ?? { line: 1, column: 1, key: "" };
  }
}

/** `a.b[0].c` is in `a.b[0]`, that in `a.b`, that in `a`, that in the document. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("."), path.lastIndexOf("[")));
}

/** How far a value that cannot be read makes rules pointless: its list, or its object unless that is one of the large ones. */
function scopeOf(path: string): string {
  const list = path.indexOf("[");
  if (list >= 0) return path.slice(0, list);
  const parent = parentOf(path);
  return parent === "" || parent === "hostConfig" ? path : parent;
}
