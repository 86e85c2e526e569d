/** How our own service's handlers fail: with the gRPC status that fits the kind of the error. */

import { ownStatus } from "./status.ts";

export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw ownStatus(thrown);
  }
}
