// Made by scripts/generate.mjs from proto/; do not edit.
// source: containerd/services/diff.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Descriptor } from "../types/descriptor.ts";
import { Mount } from "../types/mount.ts";

export const protobufPackage = "containerd.services.diff.v1";

export const protobufFileName = "containerd/services/diff.proto";

/**
 * Unpacking layers.
 * The part that we use; packages, names and numbers are those of containerd 1.6.
 */

export interface ApplyRequest {
  diff: Descriptor | undefined;
  mounts: Mount[];
}

export interface ApplyResponse {
  applied: Descriptor | undefined;
}

function createBaseApplyRequest(): ApplyRequest {
  return { diff: undefined, mounts: [] };
}

export const ApplyRequest: MessageFns<ApplyRequest> = {
  encode(message: ApplyRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.diff !== undefined) {
      Descriptor.encode(message.diff, writer.uint32(10).fork()).join();
    }
    for (const v of message.mounts) {
      Mount.encode(v!, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ApplyRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseApplyRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.diff = Descriptor.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.mounts.push(Mount.decode(reader, reader.uint32()));
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

function createBaseApplyResponse(): ApplyResponse {
  return { applied: undefined };
}

export const ApplyResponse: MessageFns<ApplyResponse> = {
  encode(message: ApplyResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.applied !== undefined) {
      Descriptor.encode(message.applied, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ApplyResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseApplyResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.applied = Descriptor.decode(reader, reader.uint32());
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

export type DiffDefinition = typeof DiffDefinition;
export const DiffDefinition = {
  name: "Diff",
  fullName: "containerd.services.diff.v1.Diff",
  methods: {
    apply: {
      name: "Apply",
      requestType: ApplyRequest as typeof ApplyRequest,
      requestStream: false,
      responseType: ApplyResponse as typeof ApplyResponse,
      responseStream: false,
      options: {},
    },
  },
} as const;

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
