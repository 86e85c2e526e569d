// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/hook.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/hook.proto";

/** A program of the host that is run at a moment of the life of a container. */

export interface Hook {
  path: string;
  args: string[];
  env: string[];
  /** Seconds. */
  timeout: number;
  /** Prestart, Poststart or Poststop. */
  type: string;
}

function createBaseHook(): Hook {
  return { path: "", args: [], env: [], timeout: 0, type: "" };
}

export const Hook: MessageFns<Hook> = {
  encode(message: Hook, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.path !== "") {
      writer.uint32(10).string(message.path);
    }
    for (const v of message.args) {
      writer.uint32(18).string(v!);
    }
    for (const v of message.env) {
      writer.uint32(26).string(v!);
    }
    if (message.timeout !== 0) {
      writer.uint32(32).int32(message.timeout);
    }
    if (message.type !== "") {
      writer.uint32(42).string(message.type);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Hook {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHook();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.path = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.args.push(reader.string(true));
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.env.push(reader.string(true));
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.timeout = reader.int32();
            continue;
          }
          case 5: {
            if (tag !== 42) {
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
