/** Types of build.mjs for the tests. */
export const TARGETS: readonly string[];
export function build(options?: {
  readonly target?: string;
  readonly folder?: string;
  readonly force?: boolean;
}): boolean;
