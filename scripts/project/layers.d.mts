/** Types of layers.mjs for the tests. */
export const ROOMS: readonly string[];
export function checkLayers(source: string): { findings: string[]; files: number };
