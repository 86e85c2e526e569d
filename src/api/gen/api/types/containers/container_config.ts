// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/container_config.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/container_config.proto";

/** What runs inside a container. */

export interface ContainerConfiguration {
  /** NAME=value, NAME= (empty value) or NAME (removes the variable). */
  env: string[];
  /** Replaces the CMD of the image; its ENTRYPOINT stays. */
  cmd: string[];
}

function createBaseContainerConfiguration(): ContainerConfiguration {
  return { env: [], cmd: [] };
}

export const ContainerConfiguration: MessageFns<ContainerConfiguration> = {
  encode(message: ContainerConfiguration, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.env) {
      writer.uint32(10).string(v!);
    }
    for (const v of message.cmd) {
      writer.uint32(18).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ContainerConfiguration {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseContainerConfiguration();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.env.push(reader.string(true));
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.cmd.push(reader.string(true));
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
