/** The sentence for what Kanto's daemon cannot do. */

import { hasCode } from "../errors/error.ts";
import { CommandError } from "./command.ts";

/** Runs what only our daemon offers; with Kanto's it ends with a sentence that says so. @param what "following logs" */
export async function onlyOurs<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!hasCode(thrown, "SC_UNSUPPORTED") || thrown.fields["grpcStatus"] === undefined) throw thrown;
    throw new CommandError(
      `${what} needs Supercargo's container-management; the daemon that answers is Kanto's and does not offer it`,
      { cause: thrown },
    );
  }
}
