// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/resources.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/resources.proto";

/** Limits of a container; size texts such as 64M. */

export interface Resources {
  memory: string;
  memoryReservation: string;
  /** Memory and swap together, or -1. */
  memorySwap: string;
}

function createBaseResources(): Resources {
  return { memory: "", memoryReservation: "", memorySwap: "" };
}

export const Resources: MessageFns<Resources> = {
  encode(message: Resources, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.memory !== "") {
      writer.uint32(10).string(message.memory);
    }
    if (message.memoryReservation !== "") {
      writer.uint32(18).string(message.memoryReservation);
    }
    if (message.memorySwap !== "") {
      writer.uint32(26).string(message.memorySwap);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Resources {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseResources();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.memory = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.memoryReservation = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.memorySwap = reader.string(true);
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
