/** The output of one task in memory: what it writes is said by the test, what is written to it is kept. */

import type { Output } from "../../../../src/logs/logs.ts";

type Listener = Parameters<Output["listen"]>[0];

export class FakeOutput implements Output {
  readonly stdio: Output["stdio"];
  readonly ended: Promise<void>;
  /** Resolves with the first `endInput`. */
  readonly inputEnded: Promise<void>;
  readonly written: string[] = [];
  readonly #listeners = new Set<Listener>();
  /** What the next writes fail with. */
  refusal: Error | undefined;
  #end: () => void = () => {};
  #endInput: () => void = () => {};

  constructor(
    folder: string,
    private readonly lossesNow: () => Output["losses"],
    private readonly onClose: (keepFifos: boolean) => void,
  ) {
    this.stdio = { stdin: "", stdout: `${folder}/stdout`, stderr: `${folder}/stderr`, terminal: false };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.inputEnded = new Promise((resolve) => {
      this.#endInput = resolve;
    });
  }

  get losses(): Output["losses"] {
    return this.lossesNow();
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** As if the container wrote it. */
  say(stream: "stdout" | "stderr", data: Uint8Array | string): void {
    for (const listener of [...this.#listeners]) listener(stream, Buffer.from(data));
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async write(data: Uint8Array): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal;
    this.written.push(Buffer.from(data).toString("utf8"));
  }

  endInput(): void {
    this.#endInput();
  }

  async close(keepFifos: boolean): Promise<void> {
    this.onClose(keepFifos);
    this.#end();
  }
}
