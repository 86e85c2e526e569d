// Made by scripts/generate.mjs from proto/; do not edit.
// source: containerd/types/descriptor.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "containerd.types";

export const protobufFileName = "containerd/types/descriptor.proto";

/**
 * A blob by its digest.
 * The part that we use; packages, names and numbers are those of containerd 1.6.
 */

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations: { [key: string]: string };
}

export interface Descriptor_AnnotationsEntry {
  key: string;
  value: string;
}

function createBaseDescriptor(): Descriptor {
  return { mediaType: "", digest: "", size: 0, annotations: {} };
}

export const Descriptor: MessageFns<Descriptor> = {
  encode(message: Descriptor, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.mediaType !== "") {
      writer.uint32(10).string(message.mediaType);
    }
    if (message.digest !== "") {
      writer.uint32(18).string(message.digest);
    }
    if (message.size !== 0) {
      writer.uint32(24).int64(message.size);
    }
    globalThis.Object.entries(message.annotations).forEach(([key, value]: [string, string]) => {
      Descriptor_AnnotationsEntry.encode({ key: key as any, value }, writer.uint32(42).fork()).join();
    });
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Descriptor {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseDescriptor();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.mediaType = reader.string();
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.digest = reader.string();
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.size = longToNumber(reader.int64());
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            const entry5 = Descriptor_AnnotationsEntry.decode(reader, reader.uint32());
            if (entry5.value !== undefined) {
              message.annotations[entry5.key] = entry5.value;
            }
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

function createBaseDescriptor_AnnotationsEntry(): Descriptor_AnnotationsEntry {
  return { key: "", value: "" };
}

export const Descriptor_AnnotationsEntry: MessageFns<Descriptor_AnnotationsEntry> = {
  encode(message: Descriptor_AnnotationsEntry, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.key !== "") {
      writer.uint32(10).string(message.key);
    }
    if (message.value !== "") {
      writer.uint32(18).string(message.value);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Descriptor_AnnotationsEntry {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseDescriptor_AnnotationsEntry();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.key = reader.string();
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.value = reader.string();
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

function longToNumber(int64: { toString(): string }): number {
  const num = globalThis.Number(int64.toString());
  if (num > globalThis.Number.MAX_SAFE_INTEGER) {
    throw new globalThis.Error("Value is larger than Number.MAX_SAFE_INTEGER");
  }
  if (num < globalThis.Number.MIN_SAFE_INTEGER) {
    throw new globalThis.Error("Value is smaller than Number.MIN_SAFE_INTEGER");
  }
  return num;
}

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
