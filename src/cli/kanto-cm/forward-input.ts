/** What is typed here goes to a program there, until one of the two ends. */

import type { LocalInput } from "../terminal.ts";

export interface RemoteInput {
  write(data: Uint8Array): Promise<void>;
  /** No more input. */
  end(): void | Promise<void>;
}

/** Ctrl-P, then Ctrl-Q: leaves a terminal and what runs in it alone. */
const DETACH_FIRST = 0x10;
const DETACH_SECOND = 0x11;

/** Finds the keys that detach in what is typed; a first one that is not followed by the second is passed on. */
export class DetachKeys {
  #isHalf = false;

  /** What to pass on of a chunk, and whether the keys were in it; nothing behind them counts. */
  take(chunk: Uint8Array): { readonly data: Uint8Array; readonly isDetached: boolean } {
    const data: number[] = [];
    for (const byte of chunk) {
      if (this.#isHalf && byte === DETACH_SECOND) return { data: Uint8Array.from(data), isDetached: true };
      if (this.#isHalf) data.push(DETACH_FIRST);
      this.#isHalf = byte === DETACH_FIRST;
      if (!this.#isHalf) data.push(byte);
    }
    return { data: Uint8Array.from(data), isDetached: false };
  }
}

/** Resolves at the end of the input, which is passed on; answers "detached" when the keys for it were typed. */
export async function forwardInput(
  input: LocalInput,
  remote: RemoteInput,
  keys: DetachKeys | undefined,
): Promise<"ended" | "detached"> {
  for await (const chunk of input.chunks) {
    const { data, isDetached } = keys?.take(chunk) ?? { data: chunk, isDetached: false };
    if (data.length > 0) await remote.write(data);
    if (isDetached) return "detached";
  }
  await remote.end();
  return "ended";
}
