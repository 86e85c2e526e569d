/**
 * Command-line flags as the peer's tools take them (pflag's rules and texts, spec/cli.md §1): `--name value`,
 * `--name=value`, `-n value`, `-nvalue`, grouped switches, `--` ends flags, lists by comma and by repetition.
 */

export type FlagKind = "string" | "bool" | "int" | "int32" | "int64" | "strings" | "stringArray";

export interface Flag {
  readonly name: string;
  readonly shorthand?: string;
  readonly kind: FlagKind;
  /** Shown in help; text form of the default. */
  readonly fallback: string;
  readonly usage: string;
  /** What shells offer as its value. */
  readonly choices?: readonly string[];
  /** The peer's command has no such flag; it stands behind the peer's in the help. */
  readonly isOurs?: true;
}

/** A flag that cannot be read; the message is what follows `Error: `. */
export class FlagError extends Error {}

const INT_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int: [-(2n ** 63n), 2n ** 63n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
};

/** Values that were given; absent ones fall back. */
export class FlagValues {
  readonly #given = new Map<string, readonly string[]>();

  constructor(private readonly flags: readonly Flag[]) {}

  set(flag: Flag, value: string): void {
    if (flag.kind === "stringArray") this.#given.set(flag.name, [...this.list(flag.name), value]);
    else if (flag.kind === "strings")
      this.#given.set(flag.name, [...this.list(flag.name), ...splitList(value)]);
    else this.#given.set(flag.name, [value]);
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  /** Names of the flags that were given. */
  get given(): readonly string[] {
    return [...this.#given.keys()];
  }

  text(name: string): string {
    return this.#given.get(name)?.[0] ?? this.#flag(name).fallback;
  }

  bool(name: string): boolean {
    return this.text(name) === "true";
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  bigint(name: string): bigint {
    return BigInt(this.text(name));
  }

  list(name: string): readonly string[] {
    return this.#given.get(name) ?? [];
  }

  #flag(name: string): Flag {
    const flag = this.flags.find((other) => other.name === name);
    if (flag === undefined) throw new FlagError(`no flag ${name}`);
    return flag;
  }
}

/** Entries of a list flag: comma separated, an entry in double quotes may hold commas, `""` is one quote. */
function splitList(value: string): string[] {
  if (value === "") return [];
  const entries: string[] = [];
  let entry = "";
  let isQuoted = false;
  for (let index = 0; index < value.length; index++) {
    const letter = value[index];
    if (letter === '"' && isQuoted && value[index + 1] === '"') {
      entry += '"';
      index++;
    } else if (letter === '"') isQuoted = !isQuoted;
    else if (letter === "," && !isQuoted) {
      entries.push(entry);
      entry = "";
    } else entry += letter;
  }
  return [...entries, entry];
}

function label(flag: Flag): string {
  return flag.shorthand === undefined ? `--${flag.name}` : `-${flag.shorthand}, --${flag.name}`;
}

const TRUE_TEXTS = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE_TEXTS = ["0", "f", "F", "false", "FALSE", "False"];

/** The value in its plain form; throws with the words of Go's strconv. */
function checked(flag: Flag, value: string): string {
  const refuse = (call: string, reason: string): never => {
    throw new FlagError(
      `invalid argument ${JSON.stringify(value)} for "${label(flag)}" flag: strconv.${call}: parsing ${JSON.stringify(value)}: ${reason}`,
    );
  };
  if (flag.kind === "bool") {
    if (TRUE_TEXTS.includes(value)) return "true";
    if (FALSE_TEXTS.includes(value)) return "false";
    return refuse("ParseBool", "invalid syntax");
  }
  const range = INT_RANGES[flag.kind];
  if (range === undefined) return value;
  if (!/^[+-]?\d+$/.test(value)) return refuse("ParseInt", "invalid syntax");
  const number = BigInt(value.replace(/^\+/, ""));
  if (number < range[0] || number > range[1]) return refuse("ParseInt", "value out of range");
  return number.toString();
}

export interface ParsedArguments {
  readonly values: FlagValues;
  readonly rest: readonly string[];
}

/** `interspersed` false: the first positional argument ends the flags (the peer's `create`). */
export function parseFlags(
  flags: readonly Flag[],
  words: readonly string[],
  interspersed: boolean,
): ParsedArguments {
  const values = new FlagValues(flags);
  const rest: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--") {
      rest.push(...words.slice(index + 1));
      break;
    }
    if (!word.startsWith("-") || word === "-") {
      if (!interspersed) {
        rest.push(...words.slice(index));
        break;
      }
      rest.push(word);
    } else if (word.startsWith("--")) {
      index += takeLong(flags, values, word, words[index + 1]);
    } else {
      index += takeShort(flags, values, word, words[index + 1]);
    }
  }
  return { values, rest };
}

/** Answers how many further words were used. */
function takeLong(
  flags: readonly Flag[],
  values: FlagValues,
  word: string,
  next: string | undefined,
): number {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals < 0 ? undefined : equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  if (name === "" || name.startsWith("-")) throw new FlagError(`bad flag syntax: ${word}`);
  const flag = flags.find((other) => other.name === name);
  if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
  if (value !== undefined) values.set(flag, checked(flag, value));
  else if (flag.kind === "bool") values.set(flag, "true");
  else if (next === undefined) throw new FlagError(`flag needs an argument: --${name}`);
  else {
    values.set(flag, checked(flag, next));
    return 1;
  }
  return 0;
}

function takeShort(
  flags: readonly Flag[],
  values: FlagValues,
  word: string,
  next: string | undefined,
): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] ?? "";
    const flag = flags.find((other) => other.shorthand === letter);
    if (flag === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in ${word}`);
    const tail = word.slice(at + 1);
    if (tail.startsWith("=")) {
      values.set(flag, checked(flag, tail.slice(1)));
      return 0;
    }
    if (flag.kind === "bool") {
      values.set(flag, "true");
      continue;
    }
    if (tail !== "") {
      values.set(flag, checked(flag, tail));
      return 0;
    }
    if (next === undefined) throw new FlagError(`flag needs an argument: '${letter}' in ${word}`);
    values.set(flag, checked(flag, next));
    return 1;
  }
  return 0;
}
