// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/restart_policy.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/restart_policy.proto";

/** When a container that has ended is started again. */

export interface RestartPolicy {
  maximumRetryCount: bigint;
  /** Seconds on the wire; the cap of the back-off. */
  retryTimeout: bigint;
  /** always, no, on-failure or unless-stopped. */
  type: string;
}

function createBaseRestartPolicy(): RestartPolicy {
  return { maximumRetryCount: 0n, retryTimeout: 0n, type: "" };
}

export const RestartPolicy: MessageFns<RestartPolicy> = {
  encode(message: RestartPolicy, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.maximumRetryCount !== 0n) {
      if (BigInt.asIntN(64, message.maximumRetryCount) !== message.maximumRetryCount) {
        throw new globalThis.Error("value provided for field message.maximumRetryCount of type int64 too large");
      }
      writer.uint32(8).int64(message.maximumRetryCount);
    }
    if (message.retryTimeout !== 0n) {
      if (BigInt.asIntN(64, message.retryTimeout) !== message.retryTimeout) {
        throw new globalThis.Error("value provided for field message.retryTimeout of type int64 too large");
      }
      writer.uint32(16).int64(message.retryTimeout);
    }
    if (message.type !== "") {
      writer.uint32(26).string(message.type);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): RestartPolicy {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseRestartPolicy();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.maximumRetryCount = reader.int64() as bigint;
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.retryTimeout = reader.int64() as bigint;
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.type = reader.string(true);
            continue;
          }
        }
        if ((tag & 7) === 4 || tag === 0) {
          break;
        }
        reader.skip(tag & 7);
      }
      return message;
    } finally {
      (reader as any).__tsProtoDecodeDepth = previousRecursionDepth;
    }
  },
};

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
