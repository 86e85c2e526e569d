// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/mount_point.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/mount_point.proto";

/** A folder or file of the host inside a container. */

export interface MountPoint {
  /** Path inside. */
  destination: string;
  /** Path on the host. */
  source: string;
  /** rprivate (default), private, rshared, shared, rslave or slave. */
  propagationMode: string;
}

function createBaseMountPoint(): MountPoint {
  return { destination: "", source: "", propagationMode: "" };
}

export const MountPoint: MessageFns<MountPoint> = {
  encode(message: MountPoint, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.destination !== "") {
      writer.uint32(10).string(message.destination);
    }
    if (message.source !== "") {
      writer.uint32(18).string(message.source);
    }
    if (message.propagationMode !== "") {
      writer.uint32(26).string(message.propagationMode);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): MountPoint {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseMountPoint();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.destination = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.source = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.propagationMode = reader.string(true);
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
