// Made by scripts/generate.mjs from proto/; do not edit.
// source: api/types/containers/decrypt_config.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "github.com.eclipse_kanto.container_management.containerm.api.types.containers";

export const protobufFileName = "api/types/containers/decrypt_config.proto";

/** Keys for an encrypted image. */

/** When present, even empty, it replaces the decryption settings of the daemon for this container. */
export interface DecryptConfig {
  /** <private key file>[:<password spec>] */
  keys: string[];
  /** pkcs7:<x509 certificate file> */
  recipients: string[];
}

function createBaseDecryptConfig(): DecryptConfig {
  return { keys: [], recipients: [] };
}

export const DecryptConfig: MessageFns<DecryptConfig> = {
  encode(message: DecryptConfig, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.keys) {
      writer.uint32(10).string(v!);
    }
    for (const v of message.recipients) {
      writer.uint32(18).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): DecryptConfig {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseDecryptConfig();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.keys.push(reader.string(true));
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.recipients.push(reader.string(true));
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
