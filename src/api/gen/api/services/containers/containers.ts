// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/services/containers/containers.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Empty } from "../../../google/protobuf/empty.ts";
import { Container } from "../../types/containers/container.ts";
import { StopOptions } from "../../types/containers/stop_options.ts";
import { UpdateOptions } from "../../types/containers/update_options.ts";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.services.containers";

export const protobufFileName = "api/services/containers/containers.proto";

/** The main service of the daemon. */

export interface ListContainersRequest {
}

export interface CreateContainerRequest {
  container: Container | undefined;
}

export interface CreateContainerResponse {
  container: Container | undefined;
}

export interface GetContainerRequest {
  id: string;
}

export interface GetContainerResponse {
  container: Container | undefined;
}

export interface ListContainersResponse {
  containers: Container[];
}

export interface ListContainerMessage {
  container: Container | undefined;
}

export interface StartContainerRequest {
  id: string;
}

/** id and std_in are read from the first message of a stream, data from the others. */
export interface AttachContainerRequest {
  id: string;
  stdIn: boolean;
  writeOffset: bigint;
  finishWrite: boolean;
  readOffset: bigint;
  readLimit: bigint;
  dataToWrite: Uint8Array;
  /** Supercargo: the client's terminal has this size; for containers with one. In any message. Kanto's daemon does not know it. */
  terminalSize: TerminalSize | undefined;
}

/** In characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

export interface AttachContainerResponse {
  id: string;
  stdIn: boolean;
  writeCommittedSize: bigint;
  readData: Uint8Array;
}

export interface StopContainerRequest {
  id: string;
  stopOptions: StopOptions | undefined;
}

export interface UpdateContainerRequest {
  id: string;
  updateOptions: UpdateOptions | undefined;
}

export interface RestartContainerRequest {
  id: string;
}

export interface PauseContainerRequest {
  id: string;
}

export interface UnpauseContainerRequest {
  id: string;
}

export interface RenameContainerRequest {
  id: string;
  name: string;
}

export interface RemoveContainerRequest {
  id: string;
  force: boolean;
  stopOptions: StopOptions | undefined;
}

export interface GetLogsRequest {
  id: string;
  /** Below 0 the whole file, 0 nothing, n the last n lines. */
  tail: number;
  /**
   * Supercargo: the stream goes on with what comes, over rotations and restarts, until the container is removed or the call
   * is cancelled. Each message then holds whole lines, each with its end. Kanto's daemon does not know it.
   */
  follow: boolean;
  /** Supercargo: only lines from this moment on, RFC 3339; empty = all. */
  since: string;
}

export interface GetLogsResponse {
  log: string;
}

function createBaseListContainersRequest(): ListContainersRequest {
  return {};
}

export const ListContainersRequest: MessageFns<ListContainersRequest> = {
  encode(_: ListContainersRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListContainersRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListContainersRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
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

function createBaseCreateContainerRequest(): CreateContainerRequest {
  return { container: undefined };
}

export const CreateContainerRequest: MessageFns<CreateContainerRequest> = {
  encode(message: CreateContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): CreateContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseCreateContainerRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.container = Container.decode(reader, reader.uint32());
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

function createBaseCreateContainerResponse(): CreateContainerResponse {
  return { container: undefined };
}

export const CreateContainerResponse: MessageFns<CreateContainerResponse> = {
  encode(message: CreateContainerResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): CreateContainerResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseCreateContainerResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.container = Container.decode(reader, reader.uint32());
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

function createBaseGetContainerRequest(): GetContainerRequest {
  return { id: "" };
}

export const GetContainerRequest: MessageFns<GetContainerRequest> = {
  encode(message: GetContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): GetContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseGetContainerRequest();
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

function createBaseGetContainerResponse(): GetContainerResponse {
  return { container: undefined };
}

export const GetContainerResponse: MessageFns<GetContainerResponse> = {
  encode(message: GetContainerResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): GetContainerResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseGetContainerResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.container = Container.decode(reader, reader.uint32());
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

function createBaseListContainersResponse(): ListContainersResponse {
  return { containers: [] };
}

export const ListContainersResponse: MessageFns<ListContainersResponse> = {
  encode(message: ListContainersResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.containers) {
      Container.encode(v!, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListContainersResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListContainersResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.containers.push(Container.decode(reader, reader.uint32()));
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

function createBaseListContainerMessage(): ListContainerMessage {
  return { container: undefined };
}

export const ListContainerMessage: MessageFns<ListContainerMessage> = {
  encode(message: ListContainerMessage, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListContainerMessage {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListContainerMessage();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.container = Container.decode(reader, reader.uint32());
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

function createBaseStartContainerRequest(): StartContainerRequest {
  return { id: "" };
}

export const StartContainerRequest: MessageFns<StartContainerRequest> = {
  encode(message: StartContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): StartContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseStartContainerRequest();
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

function createBaseAttachContainerRequest(): AttachContainerRequest {
  return {
    id: "",
    stdIn: false,
    writeOffset: 0n,
    finishWrite: false,
    readOffset: 0n,
    readLimit: 0n,
    dataToWrite: new Uint8Array(0),
    terminalSize: undefined,
  };
}

export const AttachContainerRequest: MessageFns<AttachContainerRequest> = {
  encode(message: AttachContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.stdIn !== false) {
      writer.uint32(16).bool(message.stdIn);
    }
    if (message.writeOffset !== 0n) {
      if (BigInt.asIntN(64, message.writeOffset) !== message.writeOffset) {
        throw new globalThis.Error("value provided for field message.writeOffset of type int64 too large");
      }
      writer.uint32(24).int64(message.writeOffset);
    }
    if (message.finishWrite !== false) {
      writer.uint32(32).bool(message.finishWrite);
    }
    if (message.readOffset !== 0n) {
      if (BigInt.asIntN(64, message.readOffset) !== message.readOffset) {
        throw new globalThis.Error("value provided for field message.readOffset of type int64 too large");
      }
      writer.uint32(40).int64(message.readOffset);
    }
    if (message.readLimit !== 0n) {
      if (BigInt.asIntN(64, message.readLimit) !== message.readLimit) {
        throw new globalThis.Error("value provided for field message.readLimit of type int64 too large");
      }
      writer.uint32(48).int64(message.readLimit);
    }
    if (message.dataToWrite.length !== 0) {
      writer.uint32(82).bytes(message.dataToWrite);
    }
    if (message.terminalSize !== undefined) {
      TerminalSize.encode(message.terminalSize, writer.uint32(802).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): AttachContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseAttachContainerRequest();
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
            if (tag !== 16) {
              break;
            }

            message.stdIn = reader.bool();
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.writeOffset = reader.int64() as bigint;
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.finishWrite = reader.bool();
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.readOffset = reader.int64() as bigint;
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.readLimit = reader.int64() as bigint;
            continue;
          }
          case 10: {
            if (tag !== 82) {
              break;
            }

            message.dataToWrite = reader.bytes();
            continue;
          }
          case 100: {
            if (tag !== 802) {
              break;
            }

            message.terminalSize = TerminalSize.decode(reader, reader.uint32());
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

function createBaseTerminalSize(): TerminalSize {
  return { columns: 0, rows: 0 };
}

export const TerminalSize: MessageFns<TerminalSize> = {
  encode(message: TerminalSize, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.columns !== 0) {
      writer.uint32(8).uint32(message.columns);
    }
    if (message.rows !== 0) {
      writer.uint32(16).uint32(message.rows);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): TerminalSize {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseTerminalSize();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.columns = reader.uint32();
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.rows = reader.uint32();
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

function createBaseAttachContainerResponse(): AttachContainerResponse {
  return { id: "", stdIn: false, writeCommittedSize: 0n, readData: new Uint8Array(0) };
}

export const AttachContainerResponse: MessageFns<AttachContainerResponse> = {
  encode(message: AttachContainerResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.stdIn !== false) {
      writer.uint32(16).bool(message.stdIn);
    }
    if (message.writeCommittedSize !== 0n) {
      if (BigInt.asIntN(64, message.writeCommittedSize) !== message.writeCommittedSize) {
        throw new globalThis.Error("value provided for field message.writeCommittedSize of type int64 too large");
      }
      writer.uint32(24).int64(message.writeCommittedSize);
    }
    if (message.readData.length !== 0) {
      writer.uint32(82).bytes(message.readData);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): AttachContainerResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseAttachContainerResponse();
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
            if (tag !== 16) {
              break;
            }

            message.stdIn = reader.bool();
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.writeCommittedSize = reader.int64() as bigint;
            continue;
          }
          case 10: {
            if (tag !== 82) {
              break;
            }

            message.readData = reader.bytes();
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

function createBaseStopContainerRequest(): StopContainerRequest {
  return { id: "", stopOptions: undefined };
}

export const StopContainerRequest: MessageFns<StopContainerRequest> = {
  encode(message: StopContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.stopOptions !== undefined) {
      StopOptions.encode(message.stopOptions, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): StopContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseStopContainerRequest();
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

            message.stopOptions = StopOptions.decode(reader, reader.uint32());
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

function createBaseUpdateContainerRequest(): UpdateContainerRequest {
  return { id: "", updateOptions: undefined };
}

export const UpdateContainerRequest: MessageFns<UpdateContainerRequest> = {
  encode(message: UpdateContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.updateOptions !== undefined) {
      UpdateOptions.encode(message.updateOptions, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): UpdateContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseUpdateContainerRequest();
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

            message.updateOptions = UpdateOptions.decode(reader, reader.uint32());
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

function createBaseRestartContainerRequest(): RestartContainerRequest {
  return { id: "" };
}

export const RestartContainerRequest: MessageFns<RestartContainerRequest> = {
  encode(message: RestartContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): RestartContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseRestartContainerRequest();
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

function createBasePauseContainerRequest(): PauseContainerRequest {
  return { id: "" };
}

export const PauseContainerRequest: MessageFns<PauseContainerRequest> = {
  encode(message: PauseContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PauseContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePauseContainerRequest();
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

function createBaseUnpauseContainerRequest(): UnpauseContainerRequest {
  return { id: "" };
}

export const UnpauseContainerRequest: MessageFns<UnpauseContainerRequest> = {
  encode(message: UnpauseContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): UnpauseContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseUnpauseContainerRequest();
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

function createBaseRenameContainerRequest(): RenameContainerRequest {
  return { id: "", name: "" };
}

export const RenameContainerRequest: MessageFns<RenameContainerRequest> = {
  encode(message: RenameContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.name !== "") {
      writer.uint32(18).string(message.name);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): RenameContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseRenameContainerRequest();
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

function createBaseRemoveContainerRequest(): RemoveContainerRequest {
  return { id: "", force: false, stopOptions: undefined };
}

export const RemoveContainerRequest: MessageFns<RemoveContainerRequest> = {
  encode(message: RemoveContainerRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.force !== false) {
      writer.uint32(16).bool(message.force);
    }
    if (message.stopOptions !== undefined) {
      StopOptions.encode(message.stopOptions, writer.uint32(26).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): RemoveContainerRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseRemoveContainerRequest();
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
            if (tag !== 16) {
              break;
            }

            message.force = reader.bool();
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.stopOptions = StopOptions.decode(reader, reader.uint32());
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

function createBaseGetLogsRequest(): GetLogsRequest {
  return { id: "", tail: 0, follow: false, since: "" };
}

export const GetLogsRequest: MessageFns<GetLogsRequest> = {
  encode(message: GetLogsRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.tail !== 0) {
      writer.uint32(16).int32(message.tail);
    }
    if (message.follow !== false) {
      writer.uint32(800).bool(message.follow);
    }
    if (message.since !== "") {
      writer.uint32(810).string(message.since);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): GetLogsRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseGetLogsRequest();
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
            if (tag !== 16) {
              break;
            }

            message.tail = reader.int32();
            continue;
          }
          case 100: {
            if (tag !== 800) {
              break;
            }

            message.follow = reader.bool();
            continue;
          }
          case 101: {
            if (tag !== 810) {
              break;
            }

            message.since = reader.string(true);
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

function createBaseGetLogsResponse(): GetLogsResponse {
  return { log: "" };
}

export const GetLogsResponse: MessageFns<GetLogsResponse> = {
  encode(message: GetLogsResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.log !== "") {
      writer.uint32(10).string(message.log);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): GetLogsResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseGetLogsResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.log = reader.string(true);
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

/** The 14 calls by which containers are kept, in the form of Eclipse Kanto Container Management. */
export type ContainersDefinition = typeof ContainersDefinition;
export const ContainersDefinition = {
  name: "Containers",
  fullName: "github.com.eclipse_kanto.container_management.containerm.api.services.containers.Containers",
  methods: {
    create: {
      name: "Create",
      requestType: CreateContainerRequest as typeof CreateContainerRequest,
      requestStream: false,
      responseType: CreateContainerResponse as typeof CreateContainerResponse,
      responseStream: false,
      options: {},
    },
    /** An unknown id is answered with an unset container. */
    get: {
      name: "Get",
      requestType: GetContainerRequest as typeof GetContainerRequest,
      requestStream: false,
      responseType: GetContainerResponse as typeof GetContainerResponse,
      responseStream: false,
      options: {},
    },
    list: {
      name: "List",
      requestType: ListContainersRequest as typeof ListContainersRequest,
      requestStream: false,
      responseType: ListContainersResponse as typeof ListContainersResponse,
      responseStream: false,
      options: {},
    },
    listStream: {
      name: "ListStream",
      requestType: ListContainersRequest as typeof ListContainersRequest,
      requestStream: false,
      responseType: ListContainerMessage as typeof ListContainerMessage,
      responseStream: true,
      options: {},
    },
    start: {
      name: "Start",
      requestType: StartContainerRequest as typeof StartContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    attach: {
      name: "Attach",
      requestType: AttachContainerRequest as typeof AttachContainerRequest,
      requestStream: true,
      responseType: AttachContainerResponse as typeof AttachContainerResponse,
      responseStream: true,
      options: {},
    },
    stop: {
      name: "Stop",
      requestType: StopContainerRequest as typeof StopContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    update: {
      name: "Update",
      requestType: UpdateContainerRequest as typeof UpdateContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    restart: {
      name: "Restart",
      requestType: RestartContainerRequest as typeof RestartContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    pause: {
      name: "Pause",
      requestType: PauseContainerRequest as typeof PauseContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    unpause: {
      name: "Unpause",
      requestType: UnpauseContainerRequest as typeof UnpauseContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    rename: {
      name: "Rename",
      requestType: RenameContainerRequest as typeof RenameContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    remove: {
      name: "Remove",
      requestType: RemoveContainerRequest as typeof RemoveContainerRequest,
      requestStream: false,
      responseType: Empty as typeof Empty,
      responseStream: false,
      options: {},
    },
    logs: {
      name: "Logs",
      requestType: GetLogsRequest as typeof GetLogsRequest,
      requestStream: false,
      responseType: GetLogsResponse as typeof GetLogsResponse,
      responseStream: true,
      options: {},
    },
  },
} as const;

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
