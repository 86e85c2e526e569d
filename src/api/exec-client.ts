/** A command in a container from a client's side. Only our daemon offers it. */

import { SupercargoError } from "../errors/error.ts";
import type { ExecWish } from "../model/exec.ts";
import type { DaemonConnection } from "./daemon-connection.ts";
import type { ExecRequest, ExecResponse } from "./gen/supercargo/v1/exec.ts";
import { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";

export interface ExecOutput {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

export interface TerminalCells {
  readonly columns: number;
  readonly rows: number;
}

/** A command that runs. Breaking out of `output`, or an abort of the signal it was started with, kills it. */
export interface RemoteExec {
  /** To be iterated once, to its end; then `exitCode` is known. */
  readonly output: AsyncIterable<ExecOutput>;
  /** Resolves at the end of `output`; rejects as it does. */
  readonly exitCode: Promise<number>;
  /** Resolves when flow control took it. */
  write(data: Uint8Array): Promise<void>;
  endInput(): Promise<void>;
  resize(size: TerminalCells): Promise<void>;
  sendSignal(signalNumber: number): Promise<void>;
}

/** Resolves when the process runs. SC_CONTAINER_NOT_FOUND, SC_CONTAINER_STATE; SC_UNSUPPORTED with Kanto's daemon. */
export async function execRemotely(
  connection: DaemonConnection,
  id: string,
  wish: ExecWish,
  size: TerminalCells | undefined,
  signal: AbortSignal,
): Promise<RemoteExec> {
  const call = await connection.call(
    async (client, options) => client.duplex(SupercargoDefinition, "exec", options),
    { signal },
  );
  const translated = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (thrown) {
      throw connection.translate(thrown);
    }
  };
  const send = (request: ExecRequest) => translated(call.send(request));
  const { openStdin, ...rest } = wish;
  const start = {
    ...rest,
    command: [...wish.command],
    env: [...wish.env],
    containerId: id,
    stdin: openStdin,
    size,
  };
  const responses = call.responses[Symbol.asyncIterator]();
  const first = await translated(sendAndNext(() => call.send({ start }), responses));
  if (first.done === true || first.value.started === undefined) {
    call.cancel();
    throw new SupercargoError("SC_CALL_FAILED", `${connection.addressText} did not start the command`);
  }
  const exit = Promise.withResolvers<number>();
  exit.promise.catch(() => undefined);
  return {
    output: outputOf(responses, exit, connection, () => call.cancel()),
    exitCode: exit.promise,
    write: (stdin) => send({ stdin }),
    endInput: () => send({ stdinEnd: {} }),
    resize: (resize) => send({ resize }),
    sendSignal: (signalNumber) => send({ signal: signalNumber }),
  };
}

/** The status of a call that failed comes with the answers, whatever the sending says. */
async function sendAndNext(
  send: () => Promise<void>,
  responses: AsyncIterator<ExecResponse>,
): Promise<IteratorResult<ExecResponse>> {
  const sent = send();
  sent.catch(() => undefined);
  return await responses.next();
}

async function* outputOf(
  responses: AsyncIterator<ExecResponse>,
  exit: PromiseWithResolvers<number>,
  connection: DaemonConnection,
  cancel: () => void,
): AsyncGenerator<ExecOutput, void, undefined> {
  let isOver = false;
  try {
    for (let next = await responses.next(); next.done !== true; next = await responses.next()) {
      const { stdout, stderr, exitCode } = next.value;
      if (stdout !== undefined) yield { stream: "stdout", data: stdout };
      if (stderr !== undefined) yield { stream: "stderr", data: stderr };
      if (exitCode !== undefined) exit.resolve(exitCode);
    }
    isOver = true;
    exit.reject(new SupercargoError("SC_CALL_FAILED", "the command ended without an exit code"));
  } catch (thrown) {
    isOver = true;
    const translated = connection.translate(thrown);
    exit.reject(translated);
    throw translated;
  } finally {
    if (!isOver) {
      exit.reject(new SupercargoError("SC_CANCELLED", "the command was given up"));
      cancel();
    }
  }
}
