// Made by scripts/generate.mjs from proto/; do not edit.
// source: containerd/runc/options.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "containerd.runc.v1";

export const protobufFileName = "containerd/runc/options.proto";

/**
 * Options of the shim io.containerd.runc.v2.
 * The part that we use; packages, names and numbers are those of containerd 1.6.
 */

export interface Options {
  noPivotRoot: boolean;
  noNewKeyring: boolean;
  shimCgroup: string;
  ioUid: number;
  ioGid: number;
  binaryName: string;
  root: string;
  systemdCgroup: boolean;
}

function createBaseOptions(): Options {
  return {
    noPivotRoot: false,
    noNewKeyring: false,
    shimCgroup: "",
    ioUid: 0,
    ioGid: 0,
    binaryName: "",
    root: "",
    systemdCgroup: false,
  };
}

export const Options: MessageFns<Options> = {
  encode(message: Options, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.noPivotRoot !== false) {
      writer.uint32(8).bool(message.noPivotRoot);
    }
    if (message.noNewKeyring !== false) {
      writer.uint32(16).bool(message.noNewKeyring);
    }
    if (message.shimCgroup !== "") {
      writer.uint32(26).string(message.shimCgroup);
    }
    if (message.ioUid !== 0) {
      writer.uint32(32).uint32(message.ioUid);
    }
    if (message.ioGid !== 0) {
      writer.uint32(40).uint32(message.ioGid);
    }
    if (message.binaryName !== "") {
      writer.uint32(50).string(message.binaryName);
    }
    if (message.root !== "") {
      writer.uint32(58).string(message.root);
    }
    if (message.systemdCgroup !== false) {
      writer.uint32(72).bool(message.systemdCgroup);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Options {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseOptions();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.noPivotRoot = reader.bool();
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.noNewKeyring = reader.bool();
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.shimCgroup = reader.string();
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.ioUid = reader.uint32();
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.ioGid = reader.uint32();
            continue;
          }
          case 6: {
            if (tag !== 50) {
              break;
            }

            message.binaryName = reader.string();
            continue;
          }
          case 7: {
            if (tag !== 58) {
              break;
            }

            message.root = reader.string();
            continue;
          }
          case 9: {
            if (tag !== 72) {
              break;
            }

            message.systemdCgroup = reader.bool();
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
