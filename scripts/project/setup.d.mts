/** Types of setup.mjs for the scripts that bun runs. */
export const ROOT: string;
export const HOME: string;
export const BUN: string;
export function findProgram(name: string): string | undefined;
export function findBusybox(): string | undefined;
