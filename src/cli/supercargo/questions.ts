/** Questions on the terminal that are answered with yes or no, one after the other. */

import type { LocalInput, Terminal } from "../terminal.ts";

/** Longer lines are an answer too: not yes. */
const ANSWER_LIMIT = 100;

export class Questions implements Disposable {
  #input: LocalInput | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** A read that a void question has left behind; the next one gets its line. */
  #pending: Promise<IteratorResult<Uint8Array>> | undefined;
  #typed = "";

  constructor(private readonly terminal: Terminal) {}

  /** True for `y` or `yes`; false for anything else, the end of the input, and when `signal` aborts. */
  async ask(question: string, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    this.terminal.err(`${question} [y/N] `);
    const aborted = Promise.withResolvers<"">();
    const onAbort = () => aborted.resolve("");
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const answer = await Promise.race([this.#line(signal), aborted.promise]);
      if (signal.aborted) this.terminal.err("\n");
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  async #line(signal: AbortSignal): Promise<string> {
    this.#input ??= this.terminal.openInput(false);
    this.#chunks ??= this.#input.chunks[Symbol.asyncIterator]();
    while (!this.#typed.includes("\n") && this.#typed.length <= ANSWER_LIMIT) {
      this.#pending ??= this.#chunks.next();
      const { done, value } = await this.#pending;
      if (signal.aborted) return "";
      this.#pending = undefined;
      if (done === true) break;
      this.#typed += Buffer.from(value).toString("utf8");
    }
    const end = this.#typed.indexOf("\n");
    const line = end === -1 ? this.#typed : this.#typed.slice(0, end);
    this.#typed = end === -1 ? "" : this.#typed.slice(end + 1);
    return line;
  }

  [Symbol.dispose](): void {
    this.#input?.close();
  }
}
