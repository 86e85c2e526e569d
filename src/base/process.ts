/** Running other programs: no shell, output bounded, a limit and a signal. */

import type { ReadableStreamDefaultReader } from "node:stream/web";
import { SupercargoError } from "../errors/error.ts";
import { errnoName } from "./libc.ts";
import { PARENT_MARK } from "./orphaned-commands.ts";

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
  const outputs = [new BoundedReader(child.stdout), new BoundedReader(child.stderr)] as const;
  const cut = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => cut.reject(new SupercargoError("SC_TIMEOUT", `${command[0]} did not end within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const onAbort = () => cut.reject(options.signal?.reason);
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const [stdout, stderr, exitCode] = await Promise.race([
      Promise.all([outputs[0].text(), outputs[1].text(), child.exited]),
      cut.promise,
    ]);
    return {
      command,
      exitCode,
      signal: child.signalCode === null ? undefined : String(child.signalCode),
      stdout,
      stderr,
    };
  } catch (thrown) {
    killGroup(child.pid);
    for (const output of outputs) output.cancel();
    throw thrown;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

/** The program and what it has started; all of them may be gone already. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (thrown) {
    if (errnoName(thrown) !== "ESRCH") throw thrown;
  }
}

function spawnPiped(command: readonly string[], options: CommandOptions) {
  const input = options.input;
  return Bun.spawn([...command], {
    stdin: input === undefined ? "ignore" : typeof input === "string" ? Buffer.from(input, "utf8") : input,
    stdout: "pipe",
    stderr: "pipe",
    // A group of its own, so that at the limit its children go with it; they could hold the pipes open for ever.
    detached: true,
    env: { ...childEnvironment(), ...options.env, [PARENT_MARK]: String(process.pid) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
}

/** What is between the supervisor and this process alone (sd_notify(3), sd_listen_fds(3)). */
const OWN_TO_US = [
  "NOTIFY_SOCKET",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
  "LISTEN_PID",
  "LISTEN_FDS",
  "JOURNAL_STREAM",
];

/** Our environment without the variables by which the runtime itself can be steered (pitfalls §9), and without the supervisor's. */
export function childEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !name.startsWith("BUN_") && !OWN_TO_US.includes(name))
      environment[name] = value;
  }
  return environment;
}

/** Reads all and keeps what the limit allows. */
class BoundedReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return Buffer.concat(chunks).toString("utf8");
      // A piece holds all that came while this process was busy, so it can be of any size.
      const room = OUTPUT_LIMIT_BYTES - size;
      if (room > 0) chunks.push(value.length > room ? value.slice(0, room) : value);
      size += value.length;
    }
  }

  /** Ends `text` with what there is. */
  cancel(): void {
    void this.#reader.cancel();
  }
}
