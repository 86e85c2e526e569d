// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/update_options.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Resources } from "./resources.ts";
import { RestartPolicy } from "./restart_policy.ts";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/update_options.proto";

/** What can be changed of a container that exists; an absent part stays as it is. */

export interface UpdateOptions {
  restartPolicy: RestartPolicy | undefined;
  resources: Resources | undefined;
}

function createBaseUpdateOptions(): UpdateOptions {
  return { restartPolicy: undefined, resources: undefined };
}

export const UpdateOptions: MessageFns<UpdateOptions> = {
  encode(message: UpdateOptions, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.restartPolicy !== undefined) {
      RestartPolicy.encode(message.restartPolicy, writer.uint32(10).fork()).join();
    }
    if (message.resources !== undefined) {
      Resources.encode(message.resources, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): UpdateOptions {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseUpdateOptions();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.restartPolicy = RestartPolicy.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.resources = Resources.decode(reader, reader.uint32());
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
