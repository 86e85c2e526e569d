/** How long a client waits for an answer, in ms. */

/** Limit of calls that only look or note. */
export const QUICK_CALL_MS = 30_000;
