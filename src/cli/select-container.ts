/**
 * Which container a command means: by id or by name, never both (spec/cli.md §1.1). Beyond the peer a positional word may also
 * be a name, or the beginning of exactly one id; a whole id goes before a name, a name before a beginning.
 */

import type { ContainersClient } from "../api/containers-client.ts";
import type { Container } from "../model/container.ts";
import { CommandError } from "./command-error.ts";

/** What the command says about several that fit. */
const LISTED_MOST = 5;

function several(name: string): CommandError {
  return new CommandError(`There are more than one containers with name = ${name}. Try using an ID instead.`);
}

/** The container that a word means among all; undefined when it is nobody's. Throws when it fits several. */
export function containerOf(word: string, all: readonly Container[]): Container | undefined {
  const exact = all.find(({ id }) => id === word);
  if (exact !== undefined) return exact;
  const [named, second] = all.filter(({ name }) => name === word);
  if (second !== undefined) throw several(word);
  if (named !== undefined) return named;
  const begun = word === "" ? [] : all.filter(({ id }) => id.startsWith(word));
  if (begun.length > 1) {
    const listed = begun.slice(0, LISTED_MOST).map(({ id, name }) => `${id} (${name})`);
    const more = begun.length > LISTED_MOST ? ` and ${begun.length - LISTED_MOST} more` : "";
    throw new CommandError(`The IDs of several containers begin with ${word}: ${listed.join(", ")}${more}.`);
  }
  return begun[0];
}

function unknownId(word: string): CommandError {
  return new CommandError(`The requested container with ID = ${word} was not found.`);
}

export async function selectContainer(
  client: ContainersClient,
  id: string | undefined,
  name: string,
  signal: AbortSignal,
): Promise<Container> {
  if ((id === undefined || id === "") && name === "") {
    throw new CommandError("You must provide either an ID or a name for the container via --name (-n) ");
  }
  if (id !== undefined && id !== "" && name !== "") {
    throw new CommandError(
      "Container ID and --name (-n) cannot be provided at the same time - use only one of them",
    );
  }
  if (name === "") {
    const word = id ?? "";
    // Nearly always it is a whole id: one quick call instead of all containers.
    const found = (await client.get(word, signal)) ?? containerOf(word, await client.list(signal));
    if (found === undefined) throw unknownId(word);
    return found;
  }
  const [first, second] = (await client.list(signal)).filter((container) => container.name === name);
  if (first === undefined) {
    throw new CommandError(
      `The requested container with name = ${name} was not found. Try using an ID instead.`,
    );
  }
  if (second !== undefined) throw several(name);
  return first;
}

/** The containers that words mean, in their order, each once; all of them for no words. */
export async function selectContainers(
  client: ContainersClient,
  words: readonly string[],
  signal: AbortSignal,
): Promise<readonly Container[]> {
  const all = await client.list(signal);
  if (words.length === 0) return all;
  const found = words.map((word) => {
    const container = containerOf(word, all);
    if (container === undefined) throw unknownId(word);
    return container;
  });
  return [...new Set(found)];
}
