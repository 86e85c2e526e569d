/** A question to the engine that has to be answered before anything else makes sense: asked again while the engine is away. */

import { retry } from "../base/retry.ts";
import { describeError, isKind } from "../errors/error.ts";
import type { Context } from "./context.ts";

/** Tries until it succeeds or the signal aborts; only a question that is wrong in itself is given up at once. */
export function persist<T>(ctx: Context, ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return retry(ask, {
    clock: ctx.parts.clock,
    signal,
    firstMs: 100,
    capMs: 2_000,
    jitter: 0.2,
    attempts: Number.POSITIVE_INFINITY,
    shouldRetry: (thrown) => !isKind(thrown, "invalid", "cancelled", "unsupported"),
    onRetry: (thrown, attempt) =>
      ctx.parts.log.warn("the engine does not answer, it is asked again", {
        reason: describeError(thrown),
        attempt,
      }),
  });
}
