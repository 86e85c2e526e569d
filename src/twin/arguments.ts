/**
 * Arguments of operations as the peer reads them (spec/digital-twin.md §4.4): unknown members are ignored, names match in
 * any case, what is missing or null is empty. Anything of a wrong kind is refused with 400.
 */

import { clip } from "../model/fault.ts";
import { invalid } from "./refusal.ts";

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

function wrong(place: string, value: unknown, wanted: string): Error {
  return invalid(`json: ${wanted} expected for ${clip(place)}, ${kindOf(value)} found`);
}

export function textOf(value: unknown, place: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") throw wrong(place, value, "string");
  return value;
}

export function flagOf(value: unknown, place: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw wrong(place, value, "bool");
  return value;
}

/** An object's members. */
export class Arguments {
  readonly #members = new Map<string, unknown>();

  private constructor(
    members: object,
    private readonly place: string,
  ) {
    for (const [key, value] of Object.entries(members)) this.#members.set(key.toLowerCase(), value);
  }

  /** Of null or nothing: no members. */
  static of(value: unknown, place = "value"): Arguments {
    if (value === undefined || value === null) return new Arguments({}, place);
    if (typeof value !== "object" || Array.isArray(value)) throw wrong(place, value, "object");
    return new Arguments(value, place);
  }

  /** As it was sent; undefined when missing. */
  raw(name: string): unknown {
    return this.#members.get(name.toLowerCase());
  }

  text(name: string): string {
    return textOf(this.raw(name), this.#at(name));
  }

  flag(name: string): boolean {
    return flagOf(this.raw(name), this.#at(name));
  }

  number(name: string): number {
    const value = this.raw(name);
    if (value === undefined || value === null) return 0;
    if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(this.#at(name), value, "number");
    return value;
  }

  /** A whole number from `least` to `most`. */
  whole(name: string, least = -(2 ** 31), most = 2 ** 31 - 1): number {
    const value = this.number(name);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw invalid(
      `json: a whole number from ${least} to ${most} expected for ${this.#at(name)}, ${value} found`,
    );
  }

  /** null stands for an empty text. */
  texts(name: string): readonly string[] {
    return this.#list(name).map((item, index) => textOf(item, `${this.#at(name)}[${index}]`));
  }

  /** undefined when missing or null. */
  object(name: string): Arguments | undefined {
    const value = this.raw(name);
    return value === undefined || value === null ? undefined : Arguments.of(value, this.#at(name));
  }

  /** A null among them is refused: the peer ends over it (spec/digital-twin.md §7a). */
  objects(name: string): readonly Arguments[] {
    return this.#list(name).map((item, index) => {
      const place = `${this.#at(name)}[${index}]`;
      if (item === null) throw wrong(place, item, "object");
      return Arguments.of(item, place);
    });
  }

  /** Where a null is harmless and means an empty one. */
  objectsOrNull(name: string): readonly (Arguments | undefined)[] {
    return this.#list(name).map((item, index) =>
      item === null ? undefined : Arguments.of(item, `${this.#at(name)}[${index}]`),
    );
  }

  #list(name: string): readonly unknown[] {
    const value = this.raw(name);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw wrong(this.#at(name), value, "array");
    return value;
  }

  #at(name: string): string {
    return `${this.place}.${name}`;
  }
}
