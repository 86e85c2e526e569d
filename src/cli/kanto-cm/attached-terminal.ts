/** A terminal, or a pipe, that shows a container's output and passes input on: for `start --a --i` and `attach`. */

import { attachRemotely, type RemoteAttachment } from "../../api/attach-client.ts";
import type { DaemonConnection } from "../../api/daemon-connection.ts";
import { toError } from "../../errors/error.ts";
import type { Container } from "../../model/container.ts";
import { CommandError } from "../command-error.ts";
import type { LocalInput, Terminal } from "../terminal.ts";
import { DetachKeys, forwardInput } from "./forward-input.ts";

export interface AttachWish {
  readonly container: Container;
  readonly withInput: boolean;
  /** Ctrl-P Ctrl-Q leaves it alone. */
  readonly canDetach: boolean;
}

/** Raw where the container has a terminal of its own and we have one. */
export function openLocalInput(terminal: Terminal, hasTty: boolean): LocalInput {
  try {
    return terminal.openInput(hasTty && terminal.isTerminal("stdin"));
  } catch (cause) {
    throw new CommandError(`failed to set raw mode: ${toError(cause).message}`, { cause });
  }
}

/**
 * @param onAttached called when the stream is open, before anything is shown: starts the container.
 * @returns at the end of the container's output; "detached" when the keys for it were typed.
 */
export async function runAttached(
  connection: DaemonConnection,
  terminal: Terminal,
  wish: AttachWish,
  onAttached: () => Promise<void>,
  signal: AbortSignal,
): Promise<"ended" | "detached"> {
  const { container, withInput } = wish;
  const hasTty = container.ioConfig.tty;
  const isOnScreen = hasTty && terminal.isTerminal("stdout");
  const over = new AbortController();
  const remote = await attachRemotely(
    connection,
    container.id,
    withInput,
    isOnScreen ? terminal.size() : undefined,
    AbortSignal.any([signal, over.signal]),
  );
  using stack = new DisposableStack();
  stack.defer(() => over.abort(new Error("detached")));
  // Raw before anything is shown: a program that asks the terminal something must get the answer, and nobody else see it.
  const input = withInput ? openLocalInput(terminal, hasTty) : undefined;
  stack.defer(() => input?.close());
  const work: Promise<"ended" | "detached">[] = [showOutput(remote, terminal)];
  try {
    await onAttached();
    if (isOnScreen) {
      // Best effort: a stream that has ended has no size.
      const resize = () => void remote.resize(terminal.size()).catch(() => undefined);
      stack.use(terminal.onResize(resize));
    }
    if (input !== undefined) work.push(passOn(input, remote, wish.canDetach && hasTty));
  } catch (thrown) {
    work[0]?.catch(() => undefined);
    throw thrown;
  }
  return await Promise.race(work);
}

async function showOutput(remote: RemoteAttachment, terminal: Terminal): Promise<"ended"> {
  for await (const data of remote.output) terminal.write("stdout", data);
  return "ended";
}

/** The end of the input ends nothing here: the container's output goes on. */
async function passOn(input: LocalInput, remote: RemoteAttachment, canDetach: boolean): Promise<"detached"> {
  const target = { write: (data: Uint8Array) => remote.write(data), end: () => remote.endInput() };
  const outcome = await forwardInput(input, target, canDetach ? new DetachKeys() : undefined);
  if (outcome === "detached") return outcome;
  return await new Promise<never>(() => {});
}
