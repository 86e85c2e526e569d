/** The Attach rpc: output of a container from now on, and input into it (spec/grpc-api.md §9). */

import { delay, systemClock } from "../base/clock.ts";
import { hasCode, SupercargoError, toError } from "../errors/error.ts";
import { GrpcError, Status } from "../grpc/grpc-error.ts";
import { attach as attachTo } from "../logs/attachment.ts";
import type {
  AttachContainerRequest,
  AttachContainerResponse,
  TerminalSize,
} from "./gen/api/services/containers/containers.ts";
import type { AttachedContainer, ContainerKeeper } from "./keeper.ts";
import { peerStatus } from "./status.ts";

/** What the peer's client shows when there is nothing to attach to; the status follows. */
function refusal(id: string): AttachContainerResponse {
  const text = `no such container with id = ${id} exists\r\n`;
  return { id, stdIn: false, writeCommittedSize: 0n, readData: Buffer.from(text, "utf8") };
}

/** A client that cancels can end its side first (node's does) and takes the call back at once: no end of the input is meant. */
const CANCEL_FOLLOWS_MS = 50;
/** The kernel's limit. */
const TERMINAL_SIDE_LIMIT = 65_535;

/** One call of a client that is attached to a run. */
class AttachCall {
  constructor(private readonly attached: AttachedContainer) {}

  /** Passes input and sizes on until the client ends its side; then its part of the container's input ends, too. */
  async takeRequests(
    first: AttachContainerRequest,
    others: AsyncIterator<AttachContainerRequest>,
    signal: AbortSignal,
  ): Promise<void> {
    // Data in the first message is dropped, as by the peer.
    await this.#resize(first.terminalSize);
    for (let next = await others.next(); next.done !== true; next = await others.next()) {
      const { dataToWrite, terminalSize } = next.value;
      await this.#resize(terminalSize);
      if (dataToWrite.length > 0) await this.#write(dataToWrite, signal);
    }
    // Rejects, and leaves the container its input, when the call goes meanwhile.
    await delay(systemClock, CANCEL_FOLLOWS_MS, signal);
    await this.attached.input?.end();
  }

  /** What the container takes no more is thrown away: its output goes on. */
  async #write(data: Uint8Array, signal: AbortSignal): Promise<void> {
    if (this.attached.input === undefined) return;
    try {
      await this.attached.output.write(data, signal);
    } catch (thrown) {
      if (!hasCode(thrown, "SC_INPUT_CLOSED")) throw thrown;
    }
  }

  async #resize(size: TerminalSize | undefined): Promise<void> {
    if (size === undefined || size.columns === 0 || size.rows === 0) return;
    const columns = Math.min(size.columns, TERMINAL_SIDE_LIMIT);
    await this.attached.resize({ columns, rows: Math.min(size.rows, TERMINAL_SIDE_LIMIT) });
  }
}

/** Whether the client itself ended the call, not the end of the daemon. */
function hasClientGone({ aborted, reason }: AbortSignal): boolean {
  if (!aborted || !(reason instanceof GrpcError)) return false;
  return reason.status === Status.CANCELLED || reason.status === Status.DEADLINE_EXCEEDED;
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
  if (keeper.get(id) === undefined) {
    yield refusal(id);
    throw peerStatus(
      new SupercargoError("SC_CONTAINER_NOT_FOUND", `no such container with id = ${id} exists`),
    );
  }
  const attached = await keeper.attach(id, stdIn, signal).catch((thrown) => {
    throw peerStatus(thrown);
  });
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    // Before anything is waited for: from here on nothing of the output is missed.
    const chunks = attachTo(attached.output, either);
    let fault: Error | undefined;
    // Not waited for: the client may never send again; it ends with the call.
    new AttachCall(attached).takeRequests(first.value, requests, either).catch((thrown) => {
      if (either.aborted) return;
      fault = toError(thrown);
      over.abort(fault);
    });
    let isFirst = true;
    for await (const { data } of chunks) {
      const head = isFirst ? { id, stdIn } : { id: "", stdIn: false };
      isFirst = false;
      yield { ...head, writeCommittedSize: 0n, readData: data };
    }
    if (fault !== undefined) throw peerStatus(fault);
  } finally {
    over.abort(new SupercargoError("SC_CANCELLED", "the attachment has ended"));
    if (hasClientGone(signal)) await attached.input?.leave();
  }
}
