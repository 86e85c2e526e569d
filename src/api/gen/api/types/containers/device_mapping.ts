// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/device_mapping.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/device_mapping.proto";

/** A device of the host inside a container. */

export interface DeviceMapping {
  pathOnHost: string;
  /** Default: path_on_host. */
  pathInContainer: string;
  /** Letters of r, w, m. Default rwm. */
  cgroupPermissions: string;
}

function createBaseDeviceMapping(): DeviceMapping {
  return { pathOnHost: "", pathInContainer: "", cgroupPermissions: "" };
}

export const DeviceMapping: MessageFns<DeviceMapping> = {
  encode(message: DeviceMapping, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.pathOnHost !== "") {
      writer.uint32(10).string(message.pathOnHost);
    }
    if (message.pathInContainer !== "") {
      writer.uint32(18).string(message.pathInContainer);
    }
    if (message.cgroupPermissions !== "") {
      writer.uint32(26).string(message.cgroupPermissions);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): DeviceMapping {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseDeviceMapping();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.pathOnHost = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.pathInContainer = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.cgroupPermissions = reader.string(true);
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
