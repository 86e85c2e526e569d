/** The Attach rpc: output of a container from now on, and input into it (spec/grpc-api.md §9). */

import { delay, systemClock } from "../base/clock.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import { attach as attachTo } from "../logs/attachment.ts";
import type { Output } from "../logs/logs.ts";
import type {
  AttachContainerRequest,
  AttachContainerResponse,
} from "./gen/api/services/containers/containers.ts";
import type { ContainerKeeper } from "./keeper.ts";
import { peerStatus } from "./status.ts";

/** What the peer's client shows when there is nothing to attach to; the status follows. */
function refusal(id: string): AttachContainerResponse {
  const text = `no such container with id = ${id} exists\r\n`;
  return { id, stdIn: false, writeCommittedSize: 0n, readData: Buffer.from(text, "utf8") };
}

/** A client that cancels can end its side first (node's does) and takes the call back at once: no end of the input is meant. */
const CANCEL_FOLLOWS_MS = 50;

/** Passes input on until the client ends it; then the container's input ends, too. */
async function passInput(
  keeper: ContainerKeeper,
  id: string,
  output: Output,
  requests: AsyncIterator<AttachContainerRequest>,
  signal: AbortSignal,
): Promise<void> {
  for (let next = await requests.next(); next.done !== true; next = await requests.next()) {
    if (next.value.dataToWrite.length > 0) await output.write(next.value.dataToWrite, signal);
  }
  // Rejects, and leaves the container its input, when the call goes meanwhile.
  await delay(systemClock, CANCEL_FOLLOWS_MS, signal);
  await keeper.closeInput(id, signal);
}

/** Chunks of the output; the first carries id and mode, as the peer's does. A failure of the input ends the stream with it. */
export async function* attach(
  keeper: ContainerKeeper,
  messages: AsyncIterable<AttachContainerRequest>,
  signal: AbortSignal,
): AsyncIterable<AttachContainerResponse> {
  const requests = messages[Symbol.asyncIterator]();
  const first = await requests.next();
  if (first.done === true) return;
  const { id, stdIn } = first.value;
  const container = keeper.get(id);
  if (container === undefined) {
    yield refusal(id);
    throw peerStatus(
      new SupercargoError("SC_CONTAINER_NOT_FOUND", `no such container with id = ${id} exists`),
    );
  }
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    const output = await keeper.attach(id, signal);
    let fault: Error | undefined;
    if (stdIn && container.ioConfig.openStdin) {
      // Not waited for: the client may never send again; it ends with the call.
      passInput(keeper, id, output, requests, either).catch((thrown) => {
        if (either.aborted) return;
        fault = toError(thrown);
        over.abort(fault);
      });
    }
    let isFirst = true;
    for await (const { data } of attachTo(output, either)) {
      const head = isFirst ? { id, stdIn } : { id: "", stdIn: false };
      isFirst = false;
      yield { ...head, writeCommittedSize: 0n, readData: data };
    }
    if (fault !== undefined) throw peerStatus(fault);
  } finally {
    over.abort(new SupercargoError("SC_CANCELLED", "the attachment has ended"));
  }
}
