/** Another program as a link of a chain: bytes in, bytes out, nothing kept in memory but what it says on stderr. */

import { SupercargoError } from "../errors/error.ts";
import { childEnvironment } from "./process.ts";

const ERROR_LIMIT_BYTES = 64 * 1024;

/** Killed when it is disposed before its end. */
export interface PipedProgram extends Disposable {
  /** To be iterated once. */
  readonly stdout: AsyncIterable<Uint8Array>;
  /** Resolves when the program has taken it. Rejects when it reads no more. */
  write(data: Uint8Array): Promise<void>;
  endInput(): Promise<void>;
  /** Exit code and the first part of what it said on stderr. */
  readonly ended: Promise<{ readonly exitCode: number; readonly stderr: string }>;
}

/** Throws SC_IO when it cannot be started. */
export function startPiped(command: readonly string[]): PipedProgram {
  const child = spawn(command);
  const ended = (async () => {
    const [stderr, exitCode] = await Promise.all([boundedText(child.stderr), child.exited]);
    return { exitCode, stderr };
  })();
  return {
    stdout: child.stdout,
    write: async (data) => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new SupercargoError("SC_IO", `${command[0]} reads no more: it has ended`);
      }
      // Both may be promises, and each of them rejects when nobody reads any more.
      await child.stdin.write(data);
      await child.stdin.flush();
    },
    endInput: async () => {
      await child.stdin.end();
    },
    ended,
    [Symbol.dispose]: () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    },
  };
}

function spawn(command: readonly string[]) {
  try {
    return Bun.spawn([...command], {
      ...{ stdin: "pipe", stdout: "pipe", stderr: "pipe" },
      // Ctrl-C is for us: we end it when everything that it belongs to is undone in order.
      detached: true,
      env: childEnvironment(),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new SupercargoError("SC_IO", `cannot run ${command[0]}: ${reason}`, {
      cause,
      hint: `is ${command[0]} installed and in PATH?`,
    });
  }
}

async function boundedText(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    if (size < ERROR_LIMIT_BYTES) parts.push(part);
    size += part.length;
  }
  return Buffer.concat(parts).subarray(0, ERROR_LIMIT_BYTES).toString("utf8");
}
