// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/log_config.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/log_config.proto";

/** Where the output of a container goes. */

export interface LogConfiguration {
  driverConfig: LogDriverConfiguration | undefined;
  modeConfig: LogModeConfiguration | undefined;
}

export interface LogDriverConfiguration {
  /** json-file or none. */
  type: string;
  maxFiles: bigint;
  /** Size text such as 100M. */
  maxSize: string;
  /** Absolute folder. */
  rootDir: string;
}

export interface LogModeConfiguration {
  /** blocking or non-blocking. */
  mode: string;
  /** Size text such as 1M. */
  maxBufferSize: string;
}

function createBaseLogConfiguration(): LogConfiguration {
  return { driverConfig: undefined, modeConfig: undefined };
}

export const LogConfiguration: MessageFns<LogConfiguration> = {
  encode(message: LogConfiguration, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.driverConfig !== undefined) {
      LogDriverConfiguration.encode(message.driverConfig, writer.uint32(10).fork()).join();
    }
    if (message.modeConfig !== undefined) {
      LogModeConfiguration.encode(message.modeConfig, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): LogConfiguration {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseLogConfiguration();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.driverConfig = LogDriverConfiguration.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.modeConfig = LogModeConfiguration.decode(reader, reader.uint32());
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

function createBaseLogDriverConfiguration(): LogDriverConfiguration {
  return { type: "", maxFiles: 0n, maxSize: "", rootDir: "" };
}

export const LogDriverConfiguration: MessageFns<LogDriverConfiguration> = {
  encode(message: LogDriverConfiguration, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.type !== "") {
      writer.uint32(10).string(message.type);
    }
    if (message.maxFiles !== 0n) {
      if (BigInt.asIntN(64, message.maxFiles) !== message.maxFiles) {
        throw new globalThis.Error("value provided for field message.maxFiles of type int64 too large");
      }
      writer.uint32(16).int64(message.maxFiles);
    }
    if (message.maxSize !== "") {
      writer.uint32(26).string(message.maxSize);
    }
    if (message.rootDir !== "") {
      writer.uint32(34).string(message.rootDir);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): LogDriverConfiguration {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseLogDriverConfiguration();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.type = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.maxFiles = reader.int64() as bigint;
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.maxSize = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.rootDir = reader.string(true);
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

function createBaseLogModeConfiguration(): LogModeConfiguration {
  return { mode: "", maxBufferSize: "" };
}

export const LogModeConfiguration: MessageFns<LogModeConfiguration> = {
  encode(message: LogModeConfiguration, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.mode !== "") {
      writer.uint32(10).string(message.mode);
    }
    if (message.maxBufferSize !== "") {
      writer.uint32(18).string(message.maxBufferSize);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): LogModeConfiguration {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseLogModeConfiguration();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.mode = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.maxBufferSize = reader.string(true);
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
