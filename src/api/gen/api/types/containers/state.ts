// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/state.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/state.proto";

/** Where a container stands. */

export interface State {
  /** -1 when not running. */
  pid: bigint;
  startedAt: string;
  error: string;
  exitCode: bigint;
  finishedAt: string;
  exited: boolean;
  dead: boolean;
  restarting: boolean;
  paused: boolean;
  /** False while paused. */
  running: boolean;
  /** Creating, Created, Running, Stopped, Paused, Exited, Dead or Unknown. */
  status: string;
  oomKilled: boolean;
}

function createBaseState(): State {
  return {
    pid: 0n,
    startedAt: "",
    error: "",
    exitCode: 0n,
    finishedAt: "",
    exited: false,
    dead: false,
    restarting: false,
    paused: false,
    running: false,
    status: "",
    oomKilled: false,
  };
}

export const State: MessageFns<State> = {
  encode(message: State, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.pid !== 0n) {
      if (BigInt.asIntN(64, message.pid) !== message.pid) {
        throw new globalThis.Error("value provided for field message.pid of type int64 too large");
      }
      writer.uint32(8).int64(message.pid);
    }
    if (message.startedAt !== "") {
      writer.uint32(18).string(message.startedAt);
    }
    if (message.error !== "") {
      writer.uint32(26).string(message.error);
    }
    if (message.exitCode !== 0n) {
      if (BigInt.asIntN(64, message.exitCode) !== message.exitCode) {
        throw new globalThis.Error("value provided for field message.exitCode of type int64 too large");
      }
      writer.uint32(32).int64(message.exitCode);
    }
    if (message.finishedAt !== "") {
      writer.uint32(42).string(message.finishedAt);
    }
    if (message.exited !== false) {
      writer.uint32(48).bool(message.exited);
    }
    if (message.dead !== false) {
      writer.uint32(56).bool(message.dead);
    }
    if (message.restarting !== false) {
      writer.uint32(64).bool(message.restarting);
    }
    if (message.paused !== false) {
      writer.uint32(72).bool(message.paused);
    }
    if (message.running !== false) {
      writer.uint32(80).bool(message.running);
    }
    if (message.status !== "") {
      writer.uint32(90).string(message.status);
    }
    if (message.oomKilled !== false) {
      writer.uint32(96).bool(message.oomKilled);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): State {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseState();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.pid = reader.int64() as bigint;
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.startedAt = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.error = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.exitCode = reader.int64() as bigint;
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.finishedAt = reader.string(true);
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.exited = reader.bool();
            continue;
          }
          case 7: {
            if (tag !== 56) {
              break;
            }

            message.dead = reader.bool();
            continue;
          }
          case 8: {
            if (tag !== 64) {
              break;
            }

            message.restarting = reader.bool();
            continue;
          }
          case 9: {
            if (tag !== 72) {
              break;
            }

            message.paused = reader.bool();
            continue;
          }
          case 10: {
            if (tag !== 80) {
              break;
            }

            message.running = reader.bool();
            continue;
          }
          case 11: {
            if (tag !== 90) {
              break;
            }

            message.status = reader.string(true);
            continue;
          }
          case 12: {
            if (tag !== 96) {
              break;
            }

            message.oomKilled = reader.bool();
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
