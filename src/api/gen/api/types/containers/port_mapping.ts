// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/port_mapping.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/port_mapping.proto";

/** A port of the host that leads into a container. */

export interface PortMapping {
  /** Default tcp. */
  protocol: string;
  /** Default 0.0.0.0. */
  hostIp: string;
  hostPort: bigint;
  /** End of the range; default host_port. */
  hostPortEnd: bigint;
  containerPort: bigint;
}

function createBasePortMapping(): PortMapping {
  return { protocol: "", hostIp: "", hostPort: 0n, hostPortEnd: 0n, containerPort: 0n };
}

export const PortMapping: MessageFns<PortMapping> = {
  encode(message: PortMapping, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.protocol !== "") {
      writer.uint32(10).string(message.protocol);
    }
    if (message.hostIp !== "") {
      writer.uint32(18).string(message.hostIp);
    }
    if (message.hostPort !== 0n) {
      if (BigInt.asIntN(64, message.hostPort) !== message.hostPort) {
        throw new globalThis.Error("value provided for field message.hostPort of type int64 too large");
      }
      writer.uint32(24).int64(message.hostPort);
    }
    if (message.hostPortEnd !== 0n) {
      if (BigInt.asIntN(64, message.hostPortEnd) !== message.hostPortEnd) {
        throw new globalThis.Error("value provided for field message.hostPortEnd of type int64 too large");
      }
      writer.uint32(32).int64(message.hostPortEnd);
    }
    if (message.containerPort !== 0n) {
      if (BigInt.asIntN(64, message.containerPort) !== message.containerPort) {
        throw new globalThis.Error("value provided for field message.containerPort of type int64 too large");
      }
      writer.uint32(40).int64(message.containerPort);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PortMapping {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePortMapping();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.protocol = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.hostIp = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.hostPort = reader.int64() as bigint;
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.hostPortEnd = reader.int64() as bigint;
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.containerPort = reader.int64() as bigint;
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
