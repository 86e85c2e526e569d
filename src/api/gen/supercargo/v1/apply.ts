// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/apply.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Container } from "../../api/types/containers/container.ts";
import { StopOptions } from "../../api/types/containers/stop_options.ts";
import { Extras } from "./extras.ts";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/apply.proto";

/** One wish of a deployer, made true. */

export interface ApplyRequest {
  /** What shall be there and run. With an id it means that container, else the one of its name; left-out values mean their defaults. */
  desired: Container | undefined;
  extras:
    | Extras
    | undefined;
  /** How the old one is stopped when it is replaced; always forced after the timeout. */
  stopOptions:
    | StopOptions
    | undefined;
  /** How long a successor is watched, in ms; 0 = only that it starts. */
  probationMs: number;
  /** Manifest, desired state or person that asks. */
  originator: string;
}

/** A wish that could not be made true is an error; what ran before runs again then. */
export interface ApplyResponse {
  action: ApplyResponse_Action;
  container:
    | Container
    | undefined;
  /** Keys that differed, as in a manifest. */
  reasons: string[];
}

export enum ApplyResponse_Action {
  ACTION_UNSPECIFIED = 0,
  /** CREATED - It was not there. */
  CREATED = 1,
  /** RECREATED - It differed in something that a living container cannot change, and was replaced. */
  RECREATED = 2,
  /** UPDATED - Policy or limits were changed in the living container. */
  UPDATED = 3,
  /** CHECKED - It was as wished; started if it was down. */
  CHECKED = 4,
}

function createBaseApplyRequest(): ApplyRequest {
  return { desired: undefined, extras: undefined, stopOptions: undefined, probationMs: 0, originator: "" };
}

export const ApplyRequest: MessageFns<ApplyRequest> = {
  encode(message: ApplyRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.desired !== undefined) {
      Container.encode(message.desired, writer.uint32(10).fork()).join();
    }
    if (message.extras !== undefined) {
      Extras.encode(message.extras, writer.uint32(18).fork()).join();
    }
    if (message.stopOptions !== undefined) {
      StopOptions.encode(message.stopOptions, writer.uint32(26).fork()).join();
    }
    if (message.probationMs !== 0) {
      writer.uint32(32).uint32(message.probationMs);
    }
    if (message.originator !== "") {
      writer.uint32(42).string(message.originator);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ApplyRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseApplyRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.desired = Container.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.extras = Extras.decode(reader, reader.uint32());
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.stopOptions = StopOptions.decode(reader, reader.uint32());
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.probationMs = reader.uint32();
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.originator = reader.string(true);
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

function createBaseApplyResponse(): ApplyResponse {
  return { action: 0, container: undefined, reasons: [] };
}

export const ApplyResponse: MessageFns<ApplyResponse> = {
  encode(message: ApplyResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.action !== 0) {
      writer.uint32(8).int32(message.action);
    }
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(18).fork()).join();
    }
    for (const v of message.reasons) {
      writer.uint32(26).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ApplyResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseApplyResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.action = reader.int32() as any;
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.container = Container.decode(reader, reader.uint32());
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.reasons.push(reader.string(true));
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
