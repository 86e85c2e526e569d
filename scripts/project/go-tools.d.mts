/** Types of go-tools.mjs for the tests that bun runs. */
export function installH2spec(): string;
export function installGoClient(): string;
