/** What comes out of containers: stored logs, and the open output of a run for those who attach. */

import { SupercargoError } from "../errors/error.ts";
import type { Output } from "../logs/logs.ts";
import type { Context } from "./context.ts";

/** Who may wait for the next start of one container. */
const MAX_WAITERS = 100;

/** Texts of spec/grpc-api.md §8 (Logs). */
export function readLogs(ctx: Context, id: string, tail: number, signal: AbortSignal): AsyncIterable<string> {
  const { container } = ctx.roster.require(id);
  if (container.state.status === "Created") {
    throw new SupercargoError("SC_CONTAINER_STATE", `there are no logs for container with status "Created"`, {
      fields: { container: id },
    });
  }
  const { logs, store } = ctx.parts;
  return logs.read(id, container.hostConfig.logConfig, store.containerDir(id), tail, signal);
}

/** Of a container that does not run: the output of its next run. */
export function attachOutput(ctx: Context, id: string, signal: AbortSignal): Promise<Output> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const entry = ctx.roster.require(id);
    if (entry.run !== undefined) {
      resolve(entry.run.output);
      return;
    }
    if (entry.outputWaiters.size >= MAX_WAITERS) {
      reject(
        new SupercargoError("SC_INTERNAL", `too many clients wait for the start of container ${id}`, {
          fields: { container: id, limit: MAX_WAITERS },
        }),
      );
      return;
    }
    const onAbort = () => {
      entry.outputWaiters.delete(onOutput);
      reject(signal.reason);
    };
    const onOutput = (output: Output) => {
      signal.removeEventListener("abort", onAbort);
      resolve(output);
    };
    entry.outputWaiters.add(onOutput);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** Our side first, then the shim's: only that reaches the container (spec/pitfalls.md §2). */
export async function closeInput(ctx: Context, id: string, signal: AbortSignal): Promise<void> {
  const { run } = ctx.roster.require(id);
  if (run === undefined) return;
  run.output.endInput();
  await ctx.parts.engine.closeStdin(id, signal);
}
