/** What the programs on the command line may use of their surroundings, and when a screen may be painted on. */

export type Descriptor = "stdin" | "stdout" | "stderr";

/** In characters. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What is typed or piped in; to be iterated once. `close` gives the terminal back as it was. */
export interface LocalInput {
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): void;
}

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Bytes as they are. */
  write(where: "stdout" | "stderr", data: Uint8Array): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  isTerminal(descriptor: Descriptor): boolean;
  /** Of the terminal on standard output. */
  size(): ScreenSize;
  onResize(callback: () => void): Disposable;
  /** @param isRaw every key reaches us at once and unchanged; only on a terminal. Throws when that cannot be set. */
  openInput(isRaw: boolean): LocalInput;
}

/** Whether colours and redraws are welcome there: a real terminal, and nobody has asked for plain text. */
export function isLively(terminal: Terminal, descriptor: Descriptor): boolean {
  const { TERM = "", NO_COLOR = "" } = terminal.env;
  return NO_COLOR === "" && TERM !== "" && TERM !== "dumb" && terminal.isTerminal(descriptor);
}
