/** Running other programs: no shell, output bounded, a limit and a signal. */

import { SupercargoError } from "../errors/error.ts";

export interface CommandResult {
  readonly command: readonly string[];
  readonly exitCode: number;
  /** Name of the signal that ended it, if one did. */
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024;

/** Runs a program to its end. Does not throw for a non-zero exit code; throws SC_TIMEOUT, the signal's reason, or SC_IO when it cannot be started. */
export async function runCommand(
  command: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let child: ReturnType<typeof spawnPiped>;
  try {
    child = spawnPiped(command, options);
  } catch (cause) {
    throw new SupercargoError(
      "SC_IO",
      `cannot run ${command[0]}: ${cause instanceof Error ? cause.message : cause}`,
      {
        cause,
        hint: `is ${command[0]} installed and in PATH?`,
      },
    );
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  const onAbort = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const [stdout, stderr, exitCode] = await Promise.all([
      readBounded(child.stdout),
      readBounded(child.stderr),
      child.exited,
    ]);
    options.signal?.throwIfAborted();
    if (timedOut) throw new SupercargoError("SC_TIMEOUT", `${command[0]} did not end within ${timeoutMs} ms`);
    return {
      command,
      exitCode,
      signal: child.signalCode === null ? undefined : String(child.signalCode),
      stdout,
      stderr,
    };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

function spawnPiped(command: readonly string[], options: CommandOptions) {
  const input = options.input;
  return Bun.spawn([...command], {
    stdin: input === undefined ? "ignore" : typeof input === "string" ? Buffer.from(input, "utf8") : input,
    stdout: "pipe",
    stderr: "pipe",
    env: { ...childEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
}

/** Our environment without the variables by which the runtime itself can be steered (pitfalls §9). */
export function childEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith("BUN_")) environment[name] = value;
  }
  return environment;
}

async function readBounded(stream: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (size < OUTPUT_LIMIT_BYTES) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).toString("utf8");
}
