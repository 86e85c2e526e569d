/** The Attach rpc from a client's side: what a container writes from now on, and input into it (spec/grpc-api.md §9). */

import type { DaemonConnection } from "./daemon-connection.ts";
import type { TerminalCells } from "./exec-client.ts";
import { ContainersDefinition } from "./gen/api/services/containers/containers.ts";

/** The peer's own client cuts at this size. */
const CHUNK_BYTES = 2 * 1024 * 1024;

/** Breaking out of `output`, or an abort of the signal it was opened with, detaches; the container goes on. */
export interface RemoteAttachment {
  /** To be iterated once. It ends with the container's run. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when flow control took it. */
  write(data: Uint8Array): Promise<void>;
  /** No more input; the container sees the end of it. */
  endInput(): void;
  /** Kanto's daemon does not know it and does nothing. */
  resize(size: TerminalCells): Promise<void>;
}

/** Resolves when the call has been made: output that comes after the daemon took it is not missed. */
export async function attachRemotely(
  connection: DaemonConnection,
  id: string,
  withInput: boolean,
  size: TerminalCells | undefined,
  signal: AbortSignal,
): Promise<RemoteAttachment> {
  const call = await connection.call(
    async (client, options) => client.duplex(ContainersDefinition, "attach", options),
    { signal },
  );
  const request = (dataToWrite: Uint8Array, terminalSize: TerminalCells | undefined) => ({
    id,
    stdIn: withInput,
    writeOffset: 0n,
    finishWrite: false,
    readOffset: 0n,
    readLimit: 0n,
    dataToWrite,
    terminalSize,
  });
  const send = async (data: Uint8Array, cells?: TerminalCells) => {
    try {
      await call.send(request(data, cells));
    } catch (thrown) {
      throw connection.translate(thrown);
    }
  };
  await send(new Uint8Array(0), size);
  return {
    output: translated(call.responses, connection),
    write: async (data) => {
      for (let at = 0; at < data.length; at += CHUNK_BYTES) await send(data.subarray(at, at + CHUNK_BYTES));
    },
    endInput: () => call.end(),
    resize: (cells) => send(new Uint8Array(0), cells),
  };
}

async function* translated(
  responses: AsyncIterable<{ readonly readData: Uint8Array }>,
  connection: DaemonConnection,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const { readData } of responses) if (readData.length > 0) yield readData;
  } catch (thrown) {
    throw connection.translate(thrown);
  }
}
