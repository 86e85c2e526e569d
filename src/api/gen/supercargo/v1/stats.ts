// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/stats.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/stats.proto";

/** What running containers use. */

export interface StatsRequest {
  /** Only these containers; empty = all that run. */
  ids: string[];
  /** Milliseconds between two answers, at least 100; 0 = one answer. */
  intervalMs: number;
}

/** One look at all containers asked for that run at this moment. */
export interface StatsResponse {
  /** RFC 3339, UTC. */
  time: string;
  containers: ContainerStats[];
}

export interface ContainerStats {
  id: string;
  /** 100 = all CPUs of the machine busy. */
  cpuPercent?: number | undefined;
  memoryUsedBytes?:
    | bigint
    | undefined;
  /** The limit, or the machine's memory when that is less. */
  memoryTotalBytes?: bigint | undefined;
  memoryPercent?:
    | number
    | undefined;
  /** Since the start of the container; unset when the kernel has seen none. */
  ioReadBytes?: bigint | undefined;
  ioWriteBytes?: bigint | undefined;
  networkReadBytes?: bigint | undefined;
  networkWriteBytes?: bigint | undefined;
  pids?:
    | bigint
    | undefined;
  /** Why a part is missing. */
  warnings: string[];
}

function createBaseStatsRequest(): StatsRequest {
  return { ids: [], intervalMs: 0 };
}

export const StatsRequest: MessageFns<StatsRequest> = {
  encode(message: StatsRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.ids) {
      writer.uint32(10).string(v!);
    }
    if (message.intervalMs !== 0) {
      writer.uint32(16).uint32(message.intervalMs);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): StatsRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseStatsRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.ids.push(reader.string(true));
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.intervalMs = reader.uint32();
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

function createBaseStatsResponse(): StatsResponse {
  return { time: "", containers: [] };
}

export const StatsResponse: MessageFns<StatsResponse> = {
  encode(message: StatsResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.time !== "") {
      writer.uint32(10).string(message.time);
    }
    for (const v of message.containers) {
      ContainerStats.encode(v!, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): StatsResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseStatsResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.time = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.containers.push(ContainerStats.decode(reader, reader.uint32()));
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

function createBaseContainerStats(): ContainerStats {
  return {
    id: "",
    cpuPercent: undefined,
    memoryUsedBytes: undefined,
    memoryTotalBytes: undefined,
    memoryPercent: undefined,
    ioReadBytes: undefined,
    ioWriteBytes: undefined,
    networkReadBytes: undefined,
    networkWriteBytes: undefined,
    pids: undefined,
    warnings: [],
  };
}

export const ContainerStats: MessageFns<ContainerStats> = {
  encode(message: ContainerStats, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.cpuPercent !== undefined) {
      writer.uint32(17).double(message.cpuPercent);
    }
    if (message.memoryUsedBytes !== undefined) {
      if (BigInt.asUintN(64, message.memoryUsedBytes) !== message.memoryUsedBytes) {
        throw new globalThis.Error("value provided for field message.memoryUsedBytes of type uint64 too large");
      }
      writer.uint32(24).uint64(message.memoryUsedBytes);
    }
    if (message.memoryTotalBytes !== undefined) {
      if (BigInt.asUintN(64, message.memoryTotalBytes) !== message.memoryTotalBytes) {
        throw new globalThis.Error("value provided for field message.memoryTotalBytes of type uint64 too large");
      }
      writer.uint32(32).uint64(message.memoryTotalBytes);
    }
    if (message.memoryPercent !== undefined) {
      writer.uint32(41).double(message.memoryPercent);
    }
    if (message.ioReadBytes !== undefined) {
      if (BigInt.asUintN(64, message.ioReadBytes) !== message.ioReadBytes) {
        throw new globalThis.Error("value provided for field message.ioReadBytes of type uint64 too large");
      }
      writer.uint32(48).uint64(message.ioReadBytes);
    }
    if (message.ioWriteBytes !== undefined) {
      if (BigInt.asUintN(64, message.ioWriteBytes) !== message.ioWriteBytes) {
        throw new globalThis.Error("value provided for field message.ioWriteBytes of type uint64 too large");
      }
      writer.uint32(56).uint64(message.ioWriteBytes);
    }
    if (message.networkReadBytes !== undefined) {
      if (BigInt.asUintN(64, message.networkReadBytes) !== message.networkReadBytes) {
        throw new globalThis.Error("value provided for field message.networkReadBytes of type uint64 too large");
      }
      writer.uint32(64).uint64(message.networkReadBytes);
    }
    if (message.networkWriteBytes !== undefined) {
      if (BigInt.asUintN(64, message.networkWriteBytes) !== message.networkWriteBytes) {
        throw new globalThis.Error("value provided for field message.networkWriteBytes of type uint64 too large");
      }
      writer.uint32(72).uint64(message.networkWriteBytes);
    }
    if (message.pids !== undefined) {
      if (BigInt.asUintN(64, message.pids) !== message.pids) {
        throw new globalThis.Error("value provided for field message.pids of type uint64 too large");
      }
      writer.uint32(80).uint64(message.pids);
    }
    for (const v of message.warnings) {
      writer.uint32(90).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ContainerStats {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseContainerStats();
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
            if (tag !== 17) {
              break;
            }

            message.cpuPercent = reader.double();
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.memoryUsedBytes = reader.uint64() as bigint;
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.memoryTotalBytes = reader.uint64() as bigint;
            continue;
          }
          case 5: {
            if (tag !== 41) {
              break;
            }

            message.memoryPercent = reader.double();
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.ioReadBytes = reader.uint64() as bigint;
            continue;
          }
          case 7: {
            if (tag !== 56) {
              break;
            }

            message.ioWriteBytes = reader.uint64() as bigint;
            continue;
          }
          case 8: {
            if (tag !== 64) {
              break;
            }

            message.networkReadBytes = reader.uint64() as bigint;
            continue;
          }
          case 9: {
            if (tag !== 72) {
              break;
            }

            message.networkWriteBytes = reader.uint64() as bigint;
            continue;
          }
          case 10: {
            if (tag !== 80) {
              break;
            }

            message.pids = reader.uint64() as bigint;
            continue;
          }
          case 11: {
            if (tag !== 90) {
              break;
            }

            message.warnings.push(reader.string(true));
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
