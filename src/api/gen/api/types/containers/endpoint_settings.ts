// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/endpoint_settings.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/endpoint_settings.proto";

/** The connection of a container to one network. */

export interface EndpointSettings {
  id: string;
  gateway: string;
  /** Address alone, without prefix length. */
  ipAddress: string;
  macAddress: string;
  networkId: string;
}

function createBaseEndpointSettings(): EndpointSettings {
  return { id: "", gateway: "", ipAddress: "", macAddress: "", networkId: "" };
}

export const EndpointSettings: MessageFns<EndpointSettings> = {
  encode(message: EndpointSettings, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.gateway !== "") {
      writer.uint32(18).string(message.gateway);
    }
    if (message.ipAddress !== "") {
      writer.uint32(26).string(message.ipAddress);
    }
    if (message.macAddress !== "") {
      writer.uint32(34).string(message.macAddress);
    }
    if (message.networkId !== "") {
      writer.uint32(42).string(message.networkId);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): EndpointSettings {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseEndpointSettings();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.id = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.gateway = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.ipAddress = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.macAddress = reader.string(true);
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.networkId = reader.string(true);
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
