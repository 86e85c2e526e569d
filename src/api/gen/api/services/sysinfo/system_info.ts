// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/services/sysinfo/system_info.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Empty } from "../../../google/protobuf/empty.ts";
import { ProjectInfo } from "../../types/sysinfo/project_info.ts";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.services.sysinfo";

export const protobufFileName = "api/services/sysinfo/system_info.proto";

/** Information about the daemon. */

export interface ProjectInfoResponse {
  projectInfo: ProjectInfo | undefined;
}

function createBaseProjectInfoResponse(): ProjectInfoResponse {
  return { projectInfo: undefined };
}

export const ProjectInfoResponse: MessageFns<ProjectInfoResponse> = {
  encode(message: ProjectInfoResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.projectInfo !== undefined) {
      ProjectInfo.encode(message.projectInfo, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ProjectInfoResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseProjectInfoResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.projectInfo = ProjectInfo.decode(reader, reader.uint32());
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

export type SystemInfoDefinition = typeof SystemInfoDefinition;
export const SystemInfoDefinition = {
  name: "SystemInfo",
  fullName: "github.com.eclipse_kanto.container_management.containerm.api.services.sysinfo.SystemInfo",
  methods: {
    projectInfo: {
      name: "ProjectInfo",
      requestType: Empty as typeof Empty,
      requestStream: false,
      responseType: ProjectInfoResponse as typeof ProjectInfoResponse,
      responseStream: false,
      options: {},
    },
  },
} as const;

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
