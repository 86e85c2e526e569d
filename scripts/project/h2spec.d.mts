/** Types of h2spec.mjs for the tests that bun runs. */
export function installH2spec(): string;
