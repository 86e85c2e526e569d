// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/network_settings.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { EndpointSettings } from "./endpoint_settings.ts";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/network_settings.proto";

/** The networks that a started container is connected to. */

export interface NetworkSettings {
  /** By name: bridge or host. */
  networks: { [key: string]: EndpointSettings };
  sandboxId: string;
  /** Path of the network namespace. */
  sandboxKey: string;
  networkControllerId: string;
}

export interface NetworkSettings_NetworksEntry {
  key: string;
  value: EndpointSettings | undefined;
}

function createBaseNetworkSettings(): NetworkSettings {
  return { networks: {}, sandboxId: "", sandboxKey: "", networkControllerId: "" };
}

export const NetworkSettings: MessageFns<NetworkSettings> = {
  encode(message: NetworkSettings, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    globalThis.Object.entries(message.networks).forEach(([key, value]: [string, EndpointSettings]) => {
      NetworkSettings_NetworksEntry.encode({ key: key as any, value }, writer.uint32(10).fork()).join();
    });
    if (message.sandboxId !== "") {
      writer.uint32(18).string(message.sandboxId);
    }
    if (message.sandboxKey !== "") {
      writer.uint32(26).string(message.sandboxKey);
    }
    if (message.networkControllerId !== "") {
      writer.uint32(34).string(message.networkControllerId);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): NetworkSettings {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseNetworkSettings();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            const entry1 = NetworkSettings_NetworksEntry.decode(reader, reader.uint32());
            if (entry1.value !== undefined) {
              message.networks[entry1.key] = entry1.value;
            }
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.sandboxId = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.sandboxKey = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.networkControllerId = reader.string(true);
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

function createBaseNetworkSettings_NetworksEntry(): NetworkSettings_NetworksEntry {
  return { key: "", value: undefined };
}

export const NetworkSettings_NetworksEntry: MessageFns<NetworkSettings_NetworksEntry> = {
  encode(message: NetworkSettings_NetworksEntry, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.key !== "") {
      writer.uint32(10).string(message.key);
    }
    if (message.value !== undefined) {
      EndpointSettings.encode(message.value, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): NetworkSettings_NetworksEntry {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseNetworkSettings_NetworksEntry();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.key = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.value = EndpointSettings.decode(reader, reader.uint32());
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
