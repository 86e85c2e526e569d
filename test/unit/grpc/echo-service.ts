/** A service with one method of each kind, whose messages are plain bytes; used by all tests of the gRPC room. */

import { GrpcError, Status } from "../../../src/grpc/grpc-error.ts";
import type { HandlersOf } from "../../../src/grpc/handlers.ts";
import type { Codec } from "../../../src/grpc/method.ts";

export const TEXT: Codec<string> = {
  encode: (message) => ({ finish: () => Buffer.from(message, "utf8") }),
  decode: (input) => Buffer.from(input).toString("utf8"),
};

export const Echo = {
  name: "Echo",
  fullName: "test.Echo",
  methods: {
    say: { name: "Say", requestType: TEXT, requestStream: false, responseType: TEXT, responseStream: false },
    repeat: {
      name: "Repeat",
      requestType: TEXT,
      requestStream: false,
      responseType: TEXT,
      responseStream: true,
    },
    join: { name: "Join", requestType: TEXT, requestStream: true, responseType: TEXT, responseStream: false },
    chat: { name: "Chat", requestType: TEXT, requestStream: true, responseType: TEXT, responseStream: true },
    missing: {
      name: "Missing",
      requestType: TEXT,
      requestStream: false,
      responseType: TEXT,
      responseStream: false,
    },
  },
} as const;

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What the handlers saw. */
export interface EchoRecord {
  /** Reasons with which calls of `say("wait")`, `repeat("forever")` and `chat` were aborted. */
  readonly aborts: unknown[];
  readonly contexts: Record<string, string | undefined>[];
}

/**
 * `say` answers its request; `fail:<status>:<message>` fails, `throw:<message>` throws a plain error, `size:<n>` answers
 * n bytes, `wait` waits for its signal. `repeat` answers `<n>:<text>` n times, or for ever. `join` concatenates. `chat`
 * answers each request.
 */
export function echoHandlers(record: EchoRecord = { aborts: [], contexts: [] }): HandlersOf<typeof Echo> {
  return {
    say: async (request, context) => {
      const [verb, first, ...rest] = request.split(":");
      if (verb === "fail") throw new GrpcError(Number(first), rest.join(":"));
      if (verb === "throw") throw new Error(first);
      if (verb === "size") return "x".repeat(Number(first));
      if (verb === "metadata") {
        record.contexts.push({ peer: context.peer, key: context.metadata.get("x-key") });
        for (const value of context.metadata.getAll("x-bytes-bin"))
          context.responseTrailers.add("x-bytes-bin", value);
        context.responseHeaders.add("x-head", "1");
        context.responseTrailers.add("x-tail", context.metadata.get("x-key") ?? "");
      }
      if (verb === "deadline") return String(context.deadline !== undefined);
      if (verb === "wait") {
        await aborted(context.signal);
        record.aborts.push(context.signal.reason);
        throw new GrpcError(Status.ABORTED, "nobody hears this");
      }
      return request;
    },
    repeat: async function* (request, context) {
      const [count, ...text] = request.split(":");
      if (count === "forever") {
        try {
          for (;;) {
            if (context.signal.aborted) return;
            yield text.join(":");
          }
        } finally {
          await aborted(context.signal);
          record.aborts.push(context.signal.reason);
        }
      }
      for (let at = 0; at < Number(count); at++) yield text.join(":");
      if (text[0] === "fail") throw new GrpcError(Status.DATA_LOSS, "after the messages");
    },
    join: async (requests) => {
      let joined = "";
      for await (const request of requests) joined += request;
      return joined;
    },
    chat: async function* (requests, context) {
      try {
        for await (const request of requests) yield `<${request}>`;
      } finally {
        if (context.signal.aborted) record.aborts.push(context.signal.reason);
      }
    },
  };
}
