/** The open output and input of a container's run, or of its next one, for those who attach. */

import type { TerminalSize } from "../engine/exec.ts";
import { SupercargoError } from "../errors/error.ts";
import { type InputClient, InputShare } from "../logs/input-share.ts";
import type { Output } from "../logs/logs.ts";
import type { Context } from "./context.ts";
import type { Entry } from "./entry.ts";
import { applyTerminalSize } from "./terminal.ts";

/** Who may wait for the next start of one container. */
const MAX_WAITERS = 100;
/** For ending a container's input: no caller's own signal may cut it. */
const END_INPUT_MS = 10_000;

/** What an attached client has of a container; good for one run. */
export interface Attached {
  readonly output: Output;
  /** Only for a client that wants to write, of a container that reads (`open_stdin`). */
  readonly input: InputClient | undefined;
  /** For this run and the next ones; nothing for a container without a terminal. */
  resize(size: TerminalSize): Promise<void>;
}

export class Attachments {
  readonly #inputs = new WeakMap<Output, InputShare>();

  constructor(private readonly ctx: Context) {}

  /**
   * Of a container that does not run: of its next run, from its first byte on. Rejects with the signal's reason, and with the
   * peer's text when the container is removed meanwhile.
   */
  async attach(id: string, wantsInput: boolean, signal: AbortSignal): Promise<Attached> {
    signal.throwIfAborted();
    const entry = this.ctx.roster.require(id);
    const output = entry.run?.output ?? entry.nextOutput ?? (await this.#nextOutput(entry, signal));
    const { openStdin } = entry.container.ioConfig;
    return {
      output,
      input: wantsInput && openStdin ? this.#inputOf(entry, output).join() : undefined,
      resize: async (size) => {
        entry.terminalSize = size;
        await applyTerminalSize(this.ctx, entry);
      },
    };
  }

  #inputOf(entry: Entry, output: Output): InputShare {
    const known = this.#inputs.get(output);
    if (known !== undefined) return known;
    const { stdinOnce } = entry.container.ioConfig;
    const share = new InputShare(stdinOnce, () => this.#endInput(entry, output));
    this.#inputs.set(output, share);
    return share;
  }

  /** Our side first, then the shim's: only that reaches the container (spec/pitfalls.md §2). */
  async #endInput(entry: Entry, output: Output): Promise<void> {
    output.endInput();
    if (entry.run?.output !== output) return;
    await this.ctx.parts.engine.closeStdin(entry.id, AbortSignal.timeout(END_INPUT_MS));
  }

  #nextOutput(entry: Entry, signal: AbortSignal): Promise<Output> {
    const { id, outputWaiters } = entry;
    if (outputWaiters.size >= MAX_WAITERS) {
      throw new SupercargoError("SC_OUTPUT_LIMIT", `too many clients wait for the start of container ${id}`, {
        fields: { container: id, limit: MAX_WAITERS },
      });
    }
    return new Promise((resolve, reject) => {
      const settle = () => {
        outputWaiters.delete(onOutput);
        signal.removeEventListener("abort", onAbort);
        forget();
      };
      const onOutput = (output: Output) => {
        settle();
        resolve(output);
      };
      const onAbort = () => {
        settle();
        reject(signal.reason);
      };
      const forget = this.ctx.hub.subscribe(() => {
        if (this.ctx.roster.get(id) === entry) return;
        settle();
        const text = `no such container with id = ${id} exists`;
        reject(new SupercargoError("SC_CONTAINER_NOT_FOUND", text, { fields: { container: id } }));
      });
      outputWaiters.add(onOutput);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
