/** The image of a container that is about to be made, fetched under a person's eyes. */

import type { DaemonConnection } from "../../api/daemon-connection.ts";
import { ImagesClient } from "../../api/images-client.ts";
import { systemClock } from "../../base/clock.ts";
import { hasCode } from "../../errors/error.ts";
import type { Terminal } from "../terminal.ts";
import { PullBars } from "./pull-progress.ts";

/** Nothing with Kanto's daemon, which pulls out of sight when it makes the container. */
export async function pullInSight(
  connection: DaemonConnection,
  image: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const client = new ImagesClient(connection);
  let view: PullBars | undefined;
  try {
    await client.pull(
      image,
      "missing",
      (progress) => {
        view ??= new PullBars({ write: (text) => terminal.err(text), size: () => terminal.size() }, () =>
          systemClock.nowMs(),
        );
        view.show(progress);
      },
      signal,
    );
  } catch (thrown) {
    if (!hasCode(thrown, "SC_UNSUPPORTED")) throw thrown;
  } finally {
    view?.[Symbol.dispose]();
  }
}
