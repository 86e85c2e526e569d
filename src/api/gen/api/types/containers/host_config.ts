// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/host_config.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { DeviceMapping } from "./device_mapping.ts";
import { LogConfiguration } from "./log_config.ts";
import { PortMapping } from "./port_mapping.ts";
import { Resources } from "./resources.ts";
import { RestartPolicy } from "./restart_policy.ts";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/host_config.proto";

/** How a container is tied to its host. */

export interface HostConfig {
  devices: DeviceMapping[];
  /** bridge (default) or host. */
  networkMode: string;
  privileged: boolean;
  /** Unset: unless-stopped. */
  restartPolicy:
    | RestartPolicy
    | undefined;
  /** Default io.containerd.runc.v2. */
  runtime: string;
  /** <name>:<value> */
  extraHosts: string[];
  portMappings: PortMapping[];
  logConfig:
    | LogConfiguration
    | undefined;
  /** Unset: no limits. */
  resources:
    | Resources
    | undefined;
  /** CAP_... names. */
  extraCapabilities: string[];
}

function createBaseHostConfig(): HostConfig {
  return {
    devices: [],
    networkMode: "",
    privileged: false,
    restartPolicy: undefined,
    runtime: "",
    extraHosts: [],
    portMappings: [],
    logConfig: undefined,
    resources: undefined,
    extraCapabilities: [],
  };
}

export const HostConfig: MessageFns<HostConfig> = {
  encode(message: HostConfig, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.devices) {
      DeviceMapping.encode(v!, writer.uint32(10).fork()).join();
    }
    if (message.networkMode !== "") {
      writer.uint32(18).string(message.networkMode);
    }
    if (message.privileged !== false) {
      writer.uint32(24).bool(message.privileged);
    }
    if (message.restartPolicy !== undefined) {
      RestartPolicy.encode(message.restartPolicy, writer.uint32(34).fork()).join();
    }
    if (message.runtime !== "") {
      writer.uint32(42).string(message.runtime);
    }
    for (const v of message.extraHosts) {
      writer.uint32(50).string(v!);
    }
    for (const v of message.portMappings) {
      PortMapping.encode(v!, writer.uint32(58).fork()).join();
    }
    if (message.logConfig !== undefined) {
      LogConfiguration.encode(message.logConfig, writer.uint32(66).fork()).join();
    }
    if (message.resources !== undefined) {
      Resources.encode(message.resources, writer.uint32(74).fork()).join();
    }
    for (const v of message.extraCapabilities) {
      writer.uint32(82).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): HostConfig {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHostConfig();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.devices.push(DeviceMapping.decode(reader, reader.uint32()));
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.networkMode = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.privileged = reader.bool();
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.restartPolicy = RestartPolicy.decode(reader, reader.uint32());
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.runtime = reader.string(true);
            continue;
          }
          case 6: {
            if (tag !== 50) {
              break;
            }

            message.extraHosts.push(reader.string(true));
            continue;
          }
          case 7: {
            if (tag !== 58) {
              break;
            }

            message.portMappings.push(PortMapping.decode(reader, reader.uint32()));
            continue;
          }
          case 8: {
            if (tag !== 66) {
              break;
            }

            message.logConfig = LogConfiguration.decode(reader, reader.uint32());
            continue;
          }
          case 9: {
            if (tag !== 74) {
              break;
            }

            message.resources = Resources.decode(reader, reader.uint32());
            continue;
          }
          case 10: {
            if (tag !== 82) {
              break;
            }

            message.extraCapabilities.push(reader.string(true));
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
