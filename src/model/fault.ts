/** One thing that is wrong with a wish: where, in words, and what would be right. */

export interface Fault {
  /** Path in the words of the model, such as `hostConfig.portMappings[0].hostPort`; empty = the whole. */
  readonly path: string;
  /** What is wrong; for rules of the peer its text, letter for letter (spec/grpc-api.md §7). */
  readonly message: string;
  /** What is allowed there. */
  readonly expected: string;
}

const SHOWN_CHARACTERS = 300;

/** A foreign text as it may appear in a message: bounded, so that a value of a megabyte does not fill the log. */
export function clip(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
}
