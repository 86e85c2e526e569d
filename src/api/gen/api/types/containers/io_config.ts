// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/io_config.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/io_config.proto";

/** The standard streams of a container. */

export interface IOConfig {
  attachStderr: boolean;
  attachStdin: boolean;
  attachStdout: boolean;
  openStdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
}

function createBaseIOConfig(): IOConfig {
  return {
    attachStderr: false,
    attachStdin: false,
    attachStdout: false,
    openStdin: false,
    stdinOnce: false,
    tty: false,
  };
}

export const IOConfig: MessageFns<IOConfig> = {
  encode(message: IOConfig, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.attachStderr !== false) {
      writer.uint32(8).bool(message.attachStderr);
    }
    if (message.attachStdin !== false) {
      writer.uint32(16).bool(message.attachStdin);
    }
    if (message.attachStdout !== false) {
      writer.uint32(24).bool(message.attachStdout);
    }
    if (message.openStdin !== false) {
      writer.uint32(32).bool(message.openStdin);
    }
    if (message.stdinOnce !== false) {
      writer.uint32(40).bool(message.stdinOnce);
    }
    if (message.tty !== false) {
      writer.uint32(48).bool(message.tty);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): IOConfig {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseIOConfig();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.attachStderr = reader.bool();
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.attachStdin = reader.bool();
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.attachStdout = reader.bool();
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.openStdin = reader.bool();
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.stdinOnce = reader.bool();
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.tty = reader.bool();
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
