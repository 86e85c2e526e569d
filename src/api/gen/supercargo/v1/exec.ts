// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/exec.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/exec.proto";

/** Commands in running containers. */

/** First `start`, then any number of the others. */
export interface ExecRequest {
  start?:
    | ExecStart
    | undefined;
  /** Input; only when `start` asked for it. */
  stdin?:
    | Uint8Array
    | undefined;
  /** No more input. */
  stdinEnd?: ExecStdinEnd | undefined;
  resize?:
    | TerminalResize
    | undefined;
  /** Number of a signal for the process. */
  signal?: number | undefined;
}

export interface ExecStart {
  containerId: string;
  /** Program and arguments. */
  command: string[];
  /** NAME=value, beside and over those of the container. */
  env: string[];
  /** user, user:group, uid, uid:gid; empty = that of the container's main process. */
  user: string;
  /** Absolute; empty = that of the container's main process. */
  workingDir: string;
  tty: boolean;
  stdin: boolean;
  /** All capabilities of the daemon. */
  privileged: boolean;
  /** First size of the terminal. */
  size: TerminalResize | undefined;
}

export interface ExecStdinEnd {
}

export interface TerminalResize {
  columns: number;
  rows: number;
}

export interface ExecResponse {
  /** The process runs; always the first answer. */
  started?: ExecStarted | undefined;
  stdout?: Uint8Array | undefined;
  stderr?:
    | Uint8Array
    | undefined;
  /** The process has ended; always the last answer. */
  exitCode?: number | undefined;
}

export interface ExecStarted {
}

function createBaseExecRequest(): ExecRequest {
  return { start: undefined, stdin: undefined, stdinEnd: undefined, resize: undefined, signal: undefined };
}

export const ExecRequest: MessageFns<ExecRequest> = {
  encode(message: ExecRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.start !== undefined) {
      ExecStart.encode(message.start, writer.uint32(10).fork()).join();
    }
    if (message.stdin !== undefined) {
      writer.uint32(18).bytes(message.stdin);
    }
    if (message.stdinEnd !== undefined) {
      ExecStdinEnd.encode(message.stdinEnd, writer.uint32(26).fork()).join();
    }
    if (message.resize !== undefined) {
      TerminalResize.encode(message.resize, writer.uint32(34).fork()).join();
    }
    if (message.signal !== undefined) {
      writer.uint32(40).uint32(message.signal);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ExecRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExecRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.start = ExecStart.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.stdin = reader.bytes();
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.stdinEnd = ExecStdinEnd.decode(reader, reader.uint32());
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.resize = TerminalResize.decode(reader, reader.uint32());
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.signal = reader.uint32();
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

function createBaseExecStart(): ExecStart {
  return {
    containerId: "",
    command: [],
    env: [],
    user: "",
    workingDir: "",
    tty: false,
    stdin: false,
    privileged: false,
    size: undefined,
  };
}

export const ExecStart: MessageFns<ExecStart> = {
  encode(message: ExecStart, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.containerId !== "") {
      writer.uint32(10).string(message.containerId);
    }
    for (const v of message.command) {
      writer.uint32(18).string(v!);
    }
    for (const v of message.env) {
      writer.uint32(26).string(v!);
    }
    if (message.user !== "") {
      writer.uint32(34).string(message.user);
    }
    if (message.workingDir !== "") {
      writer.uint32(42).string(message.workingDir);
    }
    if (message.tty !== false) {
      writer.uint32(48).bool(message.tty);
    }
    if (message.stdin !== false) {
      writer.uint32(56).bool(message.stdin);
    }
    if (message.privileged !== false) {
      writer.uint32(64).bool(message.privileged);
    }
    if (message.size !== undefined) {
      TerminalResize.encode(message.size, writer.uint32(74).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ExecStart {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExecStart();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.containerId = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.command.push(reader.string(true));
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.env.push(reader.string(true));
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.user = reader.string(true);
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.workingDir = reader.string(true);
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.tty = reader.bool();
            continue;
          }
          case 7: {
            if (tag !== 56) {
              break;
            }

            message.stdin = reader.bool();
            continue;
          }
          case 8: {
            if (tag !== 64) {
              break;
            }

            message.privileged = reader.bool();
            continue;
          }
          case 9: {
            if (tag !== 74) {
              break;
            }

            message.size = TerminalResize.decode(reader, reader.uint32());
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

function createBaseExecStdinEnd(): ExecStdinEnd {
  return {};
}

export const ExecStdinEnd: MessageFns<ExecStdinEnd> = {
  encode(_: ExecStdinEnd, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ExecStdinEnd {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExecStdinEnd();
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

function createBaseTerminalResize(): TerminalResize {
  return { columns: 0, rows: 0 };
}

export const TerminalResize: MessageFns<TerminalResize> = {
  encode(message: TerminalResize, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.columns !== 0) {
      writer.uint32(8).uint32(message.columns);
    }
    if (message.rows !== 0) {
      writer.uint32(16).uint32(message.rows);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): TerminalResize {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseTerminalResize();
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

function createBaseExecResponse(): ExecResponse {
  return { started: undefined, stdout: undefined, stderr: undefined, exitCode: undefined };
}

export const ExecResponse: MessageFns<ExecResponse> = {
  encode(message: ExecResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.started !== undefined) {
      ExecStarted.encode(message.started, writer.uint32(10).fork()).join();
    }
    if (message.stdout !== undefined) {
      writer.uint32(18).bytes(message.stdout);
    }
    if (message.stderr !== undefined) {
      writer.uint32(26).bytes(message.stderr);
    }
    if (message.exitCode !== undefined) {
      writer.uint32(32).uint32(message.exitCode);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ExecResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExecResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.started = ExecStarted.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.stdout = reader.bytes();
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.stderr = reader.bytes();
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.exitCode = reader.uint32();
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

function createBaseExecStarted(): ExecStarted {
  return {};
}

export const ExecStarted: MessageFns<ExecStarted> = {
  encode(_: ExecStarted, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ExecStarted {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExecStarted();
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

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
