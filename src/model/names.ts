/** Which ids and names are allowed. An id becomes a folder name and an engine id, so it is held to the engine's rule. */

const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/;
const ID = /^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$/;

/** The engine refuses longer ids (spec/pitfalls.md §11). */
export const ID_LIMIT = 76;
/** A name never becomes a path; the bound only keeps lists and logs readable. */
export const NAME_LIMIT = 255;
/** What the kernel takes as host name, in bytes. */
export const HOST_NAME_LIMIT = 64;

export const ID_RULE = `letters and digits, single . _ or - between them, at most ${ID_LIMIT} characters`;
export const NAME_RULE = `[a-zA-Z0-9_][a-zA-Z0-9_.-]*, at most ${NAME_LIMIT} characters`;

/** Safe as a folder name and accepted by the engine. */
export function isContainerId(text: string): boolean {
  return text.length <= ID_LIMIT && ID.test(text);
}

/** The rule of spec/grpc-api.md §7, bounded in length. Names need not be unique. */
export function isContainerName(text: string): boolean {
  return text.length <= NAME_LIMIT && NAME.test(text);
}

/**
 * Host name for a container that gives none: `<name>-host`. A long name is cut so that the kernel takes the result;
 * the peer's containers of such a name never started.
 */
export function defaultHostName(name: string): string {
  return `${name.slice(0, HOST_NAME_LIMIT - "-host".length)}-host`;
}
