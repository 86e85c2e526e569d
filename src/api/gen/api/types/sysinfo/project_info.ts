// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/sysinfo/project_info.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.sysinfo";

export const protobufFileName = "api/types/sysinfo/project_info.proto";

/** What the daemon is. */

export interface ProjectInfo {
  projectVersion: string;
  buildTime: string;
  apiVersion: string;
  gitCommit: string;
}

function createBaseProjectInfo(): ProjectInfo {
  return { projectVersion: "", buildTime: "", apiVersion: "", gitCommit: "" };
}

export const ProjectInfo: MessageFns<ProjectInfo> = {
  encode(message: ProjectInfo, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.projectVersion !== "") {
      writer.uint32(10).string(message.projectVersion);
    }
    if (message.buildTime !== "") {
      writer.uint32(18).string(message.buildTime);
    }
    if (message.apiVersion !== "") {
      writer.uint32(26).string(message.apiVersion);
    }
    if (message.gitCommit !== "") {
      writer.uint32(34).string(message.gitCommit);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ProjectInfo {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseProjectInfo();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.projectVersion = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.buildTime = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.apiVersion = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.gitCommit = reader.string(true);
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
