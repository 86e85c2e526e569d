/** Types of test-runs.mjs for the tests. */
export function failuresIn(output: string): string;
export interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
}
export function readCounts(path: string): Counts | undefined;
