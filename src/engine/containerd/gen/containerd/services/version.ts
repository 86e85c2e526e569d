// Made by scripts/generate.mjs from proto/; do not edit.
// source: containerd/services/version.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Empty } from "../../google/protobuf/empty.ts";

export const protobufPackage = "containerd.services.version.v1";

export const protobufFileName = "containerd/services/version.proto";

/**
 * Which containerd this is.
 * The part that we use; packages, names and numbers are those of containerd 1.6.
 */

export interface VersionResponse {
  version: string;
  revision: string;
}

function createBaseVersionResponse(): VersionResponse {
  return { version: "", revision: "" };
}

export const VersionResponse: MessageFns<VersionResponse> = {
  encode(message: VersionResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.version !== "") {
      writer.uint32(10).string(message.version);
    }
    if (message.revision !== "") {
      writer.uint32(18).string(message.revision);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): VersionResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseVersionResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.version = reader.string();
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.revision = reader.string();
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

export type VersionDefinition = typeof VersionDefinition;
export const VersionDefinition = {
  name: "Version",
  fullName: "containerd.services.version.v1.Version",
  methods: {
    version: {
      name: "Version",
      requestType: Empty as typeof Empty,
      requestStream: false,
      responseType: VersionResponse as typeof VersionResponse,
      responseStream: false,
      options: {},
    },
  },
} as const;

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
