/** A terminal that keeps what is written, and gives what a test types. */

import type { Descriptor, LocalInput, Terminal } from "../../../../src/cli/terminal.ts";

export class MemoryTerminal implements Terminal {
  text = { out: "", err: "" };
  env: Readonly<Record<string, string | undefined>> = {};
  /** Descriptors that are terminals. */
  readonly terminals = new Set<Descriptor>();
  rawModes: boolean[] = [];
  typed: readonly string[] = [];

  out(text: string): void {
    this.text.out += text;
  }

  err(text: string): void {
    this.text.err += text;
  }

  write(where: "stdout" | "stderr", data: Uint8Array): void {
    this[where === "stdout" ? "out" : "err"](Buffer.from(data).toString("utf8"));
  }

  isTerminal(descriptor: Descriptor): boolean {
    return this.terminals.has(descriptor);
  }

  size() {
    return { columns: 80, rows: 24 };
  }

  onResize(): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  openInput(isRaw: boolean): LocalInput {
    this.rawModes.push(isRaw);
    const texts = this.typed;
    async function* chunks() {
      for (const text of texts) yield Buffer.from(text, "utf8");
    }
    return { chunks: chunks(), close: () => {} };
  }
}
