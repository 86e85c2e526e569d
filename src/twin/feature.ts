/** What a feature of the thing is to those who publish it and those who bring it commands. */

/** Runs an operation: its result, or undefined for 204. Throws a Refusal; any other error is a 500 with its text. */
export type Operation = (value: unknown, signal: AbortSignal) => Promise<unknown>;

export interface Feature {
  readonly id: string;
  /** undefined: there is none of that name. */
  operation(name: string): Operation | undefined;
  /** Words of the 404 for an operation that is not there. */
  unsupported(name: string): string;
}

/** The peer's words, of all features but one. */
export function unsupportedOperation(name: string): string {
  return `unsupported operation ${name}`;
}
