/** Types of test-runs.mjs for the tests. */
export function failuresIn(output: string): string;
