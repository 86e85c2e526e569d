/** A mistake or a refusal of a command, in words for who called it. */

/** Ends the command with `Error: <message>` and exit code 1. */
export class CommandError extends Error {}
