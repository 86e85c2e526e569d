/** Reads a profile for system calls that somebody wrote: docker's JSON form, checked so that a mistake is named by its key. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { parsePlain } from "../../base/json/plain.ts";
import { SupercargoError, toError } from "../../errors/error.ts";
import type { DockerCondition, DockerProfile, DockerRule, SeccompArgument } from "./seccomp.ts";

/** Docker's own profile has 16 kB. */
const LIMIT_BYTES = 1024 * 1024;
type Json = Readonly<Record<string, unknown>>;

/** @param path absolute. SC_CONTAINER_INVALID that names the file and the key. */
export function readSeccompProfile(path: string): DockerProfile {
  const read = parsePlain(readBounded(path));
  if (read instanceof SyntaxError) throw wrong(path, read.message);
  return parseSeccompProfile(read, path);
}

/** As `readSeccompProfile`, of what the file holds. */
export function parseSeccompProfile(value: unknown, path: string): DockerProfile {
  const top = new Part(value, "", path);
  const architectures = top.texts("architectures");
  const archMap = top.list("archMap")?.map((entry) => ({
    architecture: entry.requiredText("architecture"),
    subArchitectures: entry.texts("subArchitectures") ?? [],
  }));
  if (architectures !== undefined && archMap !== undefined && architectures.length * archMap.length > 0) {
    throw wrong(path, "architectures and archMap cannot be given both");
  }
  return {
    defaultAction: top.requiredText("defaultAction"),
    ...defined("defaultErrnoRet", top.whole("defaultErrnoRet")),
    ...defined("architectures", architectures),
    ...defined("archMap", archMap),
    ...defined("flags", top.texts("flags")),
    syscalls: (top.list("syscalls") ?? []).map(rule),
  };
}

function rule(part: Part): DockerRule {
  const name = part.text("name");
  const names = part.texts("names") ?? [];
  if (name !== undefined && name !== "" && names.length > 0) {
    throw part.wrong("name and names cannot be given both");
  }
  const all = name === undefined || name === "" ? names : [name];
  if (all.length === 0) throw part.wrong("it names no system call");
  return {
    names: all,
    action: part.requiredText("action"),
    ...defined("errnoRet", part.whole("errnoRet")),
    ...defined("args", part.list("args")?.map(argument)),
    ...defined("includes", condition(part.child("includes"))),
    ...defined("excludes", condition(part.child("excludes"))),
  };
}

function argument(part: Part): SeccompArgument {
  return {
    index: part.whole("index") ?? 0,
    value: part.whole("value") ?? 0,
    valueTwo: part.whole("valueTwo") ?? 0,
    op: part.requiredText("op"),
  };
}

function condition(part: Part | undefined): DockerCondition | undefined {
  if (part === undefined) return undefined;
  return {
    ...defined("caps", part.texts("caps")),
    ...defined("arches", part.texts("arches")),
    ...defined("minKernel", part.text("minKernel")),
  };
}

function defined<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

/** One object of the file, read by key; null is the same as absent. */
class Part {
  readonly #values: Json;

  constructor(
    value: unknown,
    private readonly key: string,
    private readonly path: string,
  ) {
    if (!isObject(value)) throw wrong(path, `${key === "" ? "the top level" : key} is no object`);
    this.#values = value;
  }

  wrong(reason: string): SupercargoError {
    return wrong(this.path, `${this.key}: ${reason}`);
  }

  text(key: string): string | undefined {
    return this.#read(key, "text", (value) => typeof value === "string");
  }

  requiredText(key: string): string {
    const text = this.text(key);
    if (text === undefined || text === "") throw wrong(this.path, `${this.#keyOf(key)} is missing`);
    return text;
  }

  /** Up to what JSON keeps exactly. */
  whole(key: string): number | undefined {
    const isWhole = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
    return this.#read(key, "a whole number below 2^53", isWhole);
  }

  texts(key: string): readonly string[] | undefined {
    const isTexts = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === "string");
    return this.#read(key, "a list of texts", isTexts);
  }

  list(key: string): readonly Part[] | undefined {
    const items = this.#read<readonly unknown[]>(key, "a list", Array.isArray);
    return items?.map((item, index) => new Part(item, `${this.#keyOf(key)}[${index}]`, this.path));
  }

  child(key: string): Part | undefined {
    const value = this.#values[key];
    return value === undefined || value === null ? undefined : new Part(value, this.#keyOf(key), this.path);
  }

  #read<T>(key: string, words: string, isRight: (value: unknown) => boolean): T | undefined {
    const value = this.#values[key];
    if (value === undefined || value === null) return undefined;
    if (!isRight(value)) throw wrong(this.path, `${this.#keyOf(key)} is not ${words}`);
    return value as T;
  }

  #keyOf(key: string): string {
    return this.key === "" ? key : `${this.key}.${key}`;
  }
}

function readBounded(path: string): Uint8Array {
  try {
    // O_NONBLOCK: a FIFO put there must not stop us.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = fstatSync(descriptor);
      if (!status.isFile()) throw wrong(path, "it is no file");
      if (status.size > LIMIT_BYTES) throw wrong(path, `it is larger than ${LIMIT_BYTES} bytes`);
      const buffer = Buffer.alloc(status.size);
      return buffer.subarray(0, readSync(descriptor, buffer, 0, status.size, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (thrown) {
    if (thrown instanceof SupercargoError) throw thrown;
    throw wrong(path, toError(thrown).message);
  }
}

function wrong(path: string, reason: string): SupercargoError {
  return new SupercargoError("SC_CONTAINER_INVALID", `seccomp profile ${path} cannot be used: ${reason}`, {
    hint: "a profile in docker's JSON form, or the names default and unconfined",
    fields: { key: "hostConfig.seccompProfile", file: path },
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
