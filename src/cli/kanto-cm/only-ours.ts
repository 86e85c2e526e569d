/** The sentence for what Kanto's daemon cannot do. */

import { hasCode } from "../../errors/error.ts";
import { CommandError } from "../command-error.ts";

/** Ends the command with a sentence that says what is missing. @param what "following logs" */
export function refuseKantos(what: string, cause?: unknown): never {
  throw new CommandError(
    `${what} needs Supercargo's container-management; the daemon that answers is Kanto's and does not offer it`,
    { cause },
  );
}

/** Runs what only our daemon offers. */
export async function onlyOurs<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!hasCode(thrown, "SC_UNSUPPORTED") || thrown.fields["grpcStatus"] === undefined) throw thrown;
    return refuseKantos(what, thrown);
  }
}
