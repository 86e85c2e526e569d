/** The Exec rpc: a command in a container, its output and exit code; input, size and signals on the way. */

import { delay, systemClock } from "../base/clock.ts";
import { SupercargoError, toError } from "../errors/error.ts";
import type { HandlersOf } from "../grpc/handlers.ts";
import type { ExecWish } from "../model/exec.ts";
import type { ExecRequest, ExecResponse, ExecStart } from "./gen/supercargo/v1/exec.ts";
import type { SupercargoDefinition } from "./gen/supercargo/v1/supercargo.ts";
import type { ContainerKeeper, ExecutedProcess } from "./keeper.ts";
import type { ServiceParts } from "./service-parts.ts";
import { ownStatus } from "./status.ts";

const LARGEST_SIGNAL = 64;
/** A client that cancels can end its side first and takes the call back at once: no end of the input is meant. */
const CANCEL_FOLLOWS_MS = 50;

function wishOf(start: ExecStart): ExecWish {
  return {
    command: start.command,
    env: start.env,
    user: start.user,
    workingDir: start.workingDir,
    tty: start.tty,
    openStdin: start.stdin,
    privileged: start.privileged,
  };
}

function invalid(text: string): SupercargoError {
  return new SupercargoError("SC_CONTAINER_INVALID", text);
}

/** Does what one message after the first asks for. */
async function obey(process: ExecutedProcess, request: ExecRequest, signal: AbortSignal): Promise<void> {
  if (request.start !== undefined) throw invalid("a command was started in this call already");
  if (request.stdin !== undefined && request.stdin.length > 0) await process.write(request.stdin, signal);
  if (request.stdinEnd !== undefined) await process.endInput(signal);
  if (request.resize !== undefined) await process.resize(request.resize, signal);
  if (request.signal !== undefined) {
    if (request.signal < 1 || request.signal > LARGEST_SIGNAL)
      throw invalid(`${request.signal} is no number of a signal`);
    await process.kill(request.signal, signal);
  }
}

/** Until the client sends no more; that ends the input, too. */
async function obeyAll(
  process: ExecutedProcess,
  requests: AsyncIterator<ExecRequest>,
  hasInput: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (let next = await requests.next(); next.done !== true; next = await requests.next()) {
    await obey(process, next.value, signal);
  }
  if (!hasInput) return;
  await delay(systemClock, CANCEL_FOLLOWS_MS, signal);
  await process.endInput(signal);
}

async function* exec(
  keeper: ContainerKeeper,
  messages: AsyncIterable<ExecRequest>,
  signal: AbortSignal,
): AsyncIterable<ExecResponse> {
  const requests = messages[Symbol.asyncIterator]();
  const first = await requests.next();
  const start = first.done === true ? undefined : first.value.start;
  if (start === undefined) throw invalid("the first message must say what is to be executed");
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    const process = await keeper.exec(start.containerId, wishOf(start), either);
    if (start.size !== undefined && start.tty) await process.resize(start.size, either);
    yield { started: {} };
    // Not waited for: the client may never send again; it ends with the call.
    obeyAll(process, requests, start.stdin, either).catch((thrown) => {
      if (!either.aborted) over.abort(toError(thrown));
    });
    for await (const { stream, data } of process.output) {
      yield stream === "stdout" ? { stdout: data } : { stderr: data };
    }
    yield { exitCode: await process.exitCode };
  } finally {
    over.abort(new SupercargoError("SC_CANCELLED", "the call has ended"));
  }
}

export function execHandlers({
  keeper,
}: ServiceParts): Pick<HandlersOf<typeof SupercargoDefinition>, "exec"> {
  return {
    exec: async function* (messages, { signal }) {
      try {
        yield* exec(keeper, messages, signal);
      } catch (thrown) {
        throw ownStatus(thrown);
      }
    },
  };
}
