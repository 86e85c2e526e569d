// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/container.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { ContainerConfiguration } from "./container_config.ts";
import { Hook } from "./hook.ts";
import { HostConfig } from "./host_config.ts";
import { Image } from "./image.ts";
import { IOConfig } from "./io_config.ts";
import { MountPoint } from "./mount_point.ts";
import { NetworkSettings } from "./network_settings.ts";
import { State } from "./state.ts";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/container.proto";

/** A container: what was asked for, where it stands, what the daemon added. */

export interface Container {
  /** Identifier; made by the daemon (uuid v4) when a client gives none. */
  id: string;
  /** Name for people; not unique. Default: the id. */
  name: string;
  image:
    | Image
    | undefined;
  /** Default <name>-host; in host network mode the name of the machine. */
  hostName: string;
  /** Default <name>-domain. */
  domainName: string;
  /** Path on the host of the file seen as /etc/resolv.conf. Set by the daemon. */
  resolvConfPath: string;
  /** Path on the host of the file seen as /etc/hosts. Set by the daemon. */
  hostsPath: string;
  /** Path on the host of the file seen as /etc/hostname. Set by the daemon. */
  hostnamePath: string;
  mounts: MountPoint[];
  hooks: Hook[];
  hostConfig: HostConfig | undefined;
  ioConfig: IOConfig | undefined;
  config:
    | ContainerConfiguration
    | undefined;
  /** Present only while started. */
  networkSettings:
    | NetworkSettings
    | undefined;
  /** What a client sends here is not used. */
  state:
    | State
    | undefined;
  /** RFC 3339 with nanoseconds, UTC, trailing zeros cut. */
  created: string;
  /** The last stop came from a Stop call. */
  manuallyStopped: boolean;
  /** Automatic restarts since the last explicit start. */
  restartCount: bigint;
}

function createBaseContainer(): Container {
  return {
    id: "",
    name: "",
    image: undefined,
    hostName: "",
    domainName: "",
    resolvConfPath: "",
    hostsPath: "",
    hostnamePath: "",
    mounts: [],
    hooks: [],
    hostConfig: undefined,
    ioConfig: undefined,
    config: undefined,
    networkSettings: undefined,
    state: undefined,
    created: "",
    manuallyStopped: false,
    restartCount: 0n,
  };
}

export const Container: MessageFns<Container> = {
  encode(message: Container, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.name !== "") {
      writer.uint32(18).string(message.name);
    }
    if (message.image !== undefined) {
      Image.encode(message.image, writer.uint32(26).fork()).join();
    }
    if (message.hostName !== "") {
      writer.uint32(34).string(message.hostName);
    }
    if (message.domainName !== "") {
      writer.uint32(42).string(message.domainName);
    }
    if (message.resolvConfPath !== "") {
      writer.uint32(50).string(message.resolvConfPath);
    }
    if (message.hostsPath !== "") {
      writer.uint32(58).string(message.hostsPath);
    }
    if (message.hostnamePath !== "") {
      writer.uint32(66).string(message.hostnamePath);
    }
    for (const v of message.mounts) {
      MountPoint.encode(v!, writer.uint32(74).fork()).join();
    }
    for (const v of message.hooks) {
      Hook.encode(v!, writer.uint32(82).fork()).join();
    }
    if (message.hostConfig !== undefined) {
      HostConfig.encode(message.hostConfig, writer.uint32(90).fork()).join();
    }
    if (message.ioConfig !== undefined) {
      IOConfig.encode(message.ioConfig, writer.uint32(98).fork()).join();
    }
    if (message.config !== undefined) {
      ContainerConfiguration.encode(message.config, writer.uint32(106).fork()).join();
    }
    if (message.networkSettings !== undefined) {
      NetworkSettings.encode(message.networkSettings, writer.uint32(114).fork()).join();
    }
    if (message.state !== undefined) {
      State.encode(message.state, writer.uint32(122).fork()).join();
    }
    if (message.created !== "") {
      writer.uint32(130).string(message.created);
    }
    if (message.manuallyStopped !== false) {
      writer.uint32(136).bool(message.manuallyStopped);
    }
    if (message.restartCount !== 0n) {
      if (BigInt.asIntN(64, message.restartCount) !== message.restartCount) {
        throw new globalThis.Error("value provided for field message.restartCount of type int64 too large");
      }
      writer.uint32(144).int64(message.restartCount);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Container {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseContainer();
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

            message.name = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.image = Image.decode(reader, reader.uint32());
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.hostName = reader.string(true);
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.domainName = reader.string(true);
            continue;
          }
          case 6: {
            if (tag !== 50) {
              break;
            }

            message.resolvConfPath = reader.string(true);
            continue;
          }
          case 7: {
            if (tag !== 58) {
              break;
            }

            message.hostsPath = reader.string(true);
            continue;
          }
          case 8: {
            if (tag !== 66) {
              break;
            }

            message.hostnamePath = reader.string(true);
            continue;
          }
          case 9: {
            if (tag !== 74) {
              break;
            }

            message.mounts.push(MountPoint.decode(reader, reader.uint32()));
            continue;
          }
          case 10: {
            if (tag !== 82) {
              break;
            }

            message.hooks.push(Hook.decode(reader, reader.uint32()));
            continue;
          }
          case 11: {
            if (tag !== 90) {
              break;
            }

            message.hostConfig = HostConfig.decode(reader, reader.uint32());
            continue;
          }
          case 12: {
            if (tag !== 98) {
              break;
            }

            message.ioConfig = IOConfig.decode(reader, reader.uint32());
            continue;
          }
          case 13: {
            if (tag !== 106) {
              break;
            }

            message.config = ContainerConfiguration.decode(reader, reader.uint32());
            continue;
          }
          case 14: {
            if (tag !== 114) {
              break;
            }

            message.networkSettings = NetworkSettings.decode(reader, reader.uint32());
            continue;
          }
          case 15: {
            if (tag !== 122) {
              break;
            }

            message.state = State.decode(reader, reader.uint32());
            continue;
          }
          case 16: {
            if (tag !== 130) {
              break;
            }

            message.created = reader.string(true);
            continue;
          }
          case 17: {
            if (tag !== 136) {
              break;
            }

            message.manuallyStopped = reader.bool();
            continue;
          }
          case 18: {
            if (tag !== 144) {
              break;
            }

            message.restartCount = reader.int64() as bigint;
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
