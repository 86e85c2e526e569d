// Made by scripts/generate.mjs from proto/; do not edit.
// source: containerd/types/task.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Timestamp } from "../../google/protobuf/timestamp.ts";

export const protobufPackage = "containerd.v1.types";

export const protobufFileName = "containerd/types/task.proto";

/**
 * A process of a task.
 * The part that we use; packages, names and numbers are those of containerd 1.6.
 */

export enum Status {
  UNKNOWN = 0,
  CREATED = 1,
  RUNNING = 2,
  STOPPED = 3,
  PAUSED = 4,
  PAUSING = 5,
}

/** In the answers of Get and List container_id is empty and id is set. */
export interface Process {
  containerId: string;
  id: string;
  pid: number;
  status: Status;
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
  exitStatus: number;
  exitedAt: Timestamp | undefined;
}

function createBaseProcess(): Process {
  return {
    containerId: "",
    id: "",
    pid: 0,
    status: 0,
    stdin: "",
    stdout: "",
    stderr: "",
    terminal: false,
    exitStatus: 0,
    exitedAt: undefined,
  };
}

export const Process: MessageFns<Process> = {
  encode(message: Process, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.containerId !== "") {
      writer.uint32(10).string(message.containerId);
    }
    if (message.id !== "") {
      writer.uint32(18).string(message.id);
    }
    if (message.pid !== 0) {
      writer.uint32(24).uint32(message.pid);
    }
    if (message.status !== 0) {
      writer.uint32(32).int32(message.status);
    }
    if (message.stdin !== "") {
      writer.uint32(42).string(message.stdin);
    }
    if (message.stdout !== "") {
      writer.uint32(50).string(message.stdout);
    }
    if (message.stderr !== "") {
      writer.uint32(58).string(message.stderr);
    }
    if (message.terminal !== false) {
      writer.uint32(64).bool(message.terminal);
    }
    if (message.exitStatus !== 0) {
      writer.uint32(72).uint32(message.exitStatus);
    }
    if (message.exitedAt !== undefined) {
      Timestamp.encode(message.exitedAt, writer.uint32(82).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Process {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseProcess();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.containerId = reader.string();
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.id = reader.string();
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.pid = reader.uint32();
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.status = reader.int32() as any;
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.stdin = reader.string();
            continue;
          }
          case 6: {
            if (tag !== 50) {
              break;
            }

            message.stdout = reader.string();
            continue;
          }
          case 7: {
            if (tag !== 58) {
              break;
            }

            message.stderr = reader.string();
            continue;
          }
          case 8: {
            if (tag !== 64) {
              break;
            }

            message.terminal = reader.bool();
            continue;
          }
          case 9: {
            if (tag !== 72) {
              break;
            }

            message.exitStatus = reader.uint32();
            continue;
          }
          case 10: {
            if (tag !== 82) {
              break;
            }

            message.exitedAt = Timestamp.decode(reader, reader.uint32());
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
