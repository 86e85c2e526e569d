// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/stop_options.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/stop_options.proto";

/** How a container is stopped. */

export interface StopOptions {
  /** Seconds; 0 = the default of the daemon. */
  timeout: bigint;
  /** SIGKILL after the timeout. */
  force: boolean;
  /** Name such as SIGINT, or a number; empty = SIGTERM. */
  signal: string;
}

function createBaseStopOptions(): StopOptions {
  return { timeout: 0n, force: false, signal: "" };
}

export const StopOptions: MessageFns<StopOptions> = {
  encode(message: StopOptions, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.timeout !== 0n) {
      if (BigInt.asIntN(64, message.timeout) !== message.timeout) {
        throw new globalThis.Error("value provided for field message.timeout of type int64 too large");
      }
      writer.uint32(8).int64(message.timeout);
    }
    if (message.force !== false) {
      writer.uint32(16).bool(message.force);
    }
    if (message.signal !== "") {
      writer.uint32(26).string(message.signal);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): StopOptions {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseStopOptions();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.timeout = reader.int64() as bigint;
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.force = reader.bool();
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.signal = reader.string(true);
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
