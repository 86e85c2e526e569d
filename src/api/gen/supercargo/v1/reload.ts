// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/reload.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/reload.proto";

/** Reading the daemon's configuration again while it runs. */

export interface ReloadRequest {
}

/** A file that is refused is INVALID_ARGUMENT with its faults; what was in force stays. */
export interface ReloadResponse {
  /** With file, line and column. */
  warnings: string[];
  /** Keys that differ from what the daemon started with and take effect at its next start. */
  needsRestart: string[];
}

function createBaseReloadRequest(): ReloadRequest {
  return {};
}

export const ReloadRequest: MessageFns<ReloadRequest> = {
  encode(_: ReloadRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ReloadRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseReloadRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
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

function createBaseReloadResponse(): ReloadResponse {
  return { warnings: [], needsRestart: [] };
}

export const ReloadResponse: MessageFns<ReloadResponse> = {
  encode(message: ReloadResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.warnings) {
      writer.uint32(10).string(v!);
    }
    for (const v of message.needsRestart) {
      writer.uint32(18).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ReloadResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseReloadResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.warnings.push(reader.string(true));
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.needsRestart.push(reader.string(true));
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
