// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/images.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/images.proto";

/** Images on the device: what the rpcs of supercargo.proto take and answer. */

export enum PullPolicy {
  /** PULL_POLICY_MISSING - Only when it is not here. */
  PULL_POLICY_MISSING = 0,
  /** PULL_POLICY_NEWER - The registry is asked for another digest; what is here does when it has none or cannot be asked. */
  PULL_POLICY_NEWER = 1,
  /** PULL_POLICY_ALWAYS - Pulled each time; what is here does only when the registry is away. */
  PULL_POLICY_ALWAYS = 2,
}

export interface Image {
  name: string;
  /** Digest of the manifest or index that the name stands for. */
  digest: string;
  /** Sum of the compressed blobs in bytes; 0 when the image cannot be read. */
  sizeBytes: bigint;
  /** Who needs it, for people, such as "container web (4711)"; empty: nobody. */
  neededBy: string;
  /** Running time of the device since it was last needed, in ms. */
  unusedMs: bigint;
  /** Complete, for this machine, and unpacked. */
  usable: boolean;
}

export interface ImportImageRequest {
  /** Absolute path on the device, readable by the daemon: an OCI or docker archive (tar, optionally gzip or zstd). */
  path: string;
  /** Name for the image; empty = the names that the archive carries. */
  name: string;
}

export interface ImportImageResponse {
  images: Image[];
}

export interface ListImagesRequest {
}

export interface ListImagesResponse {
  images: Image[];
}

export interface PullImageRequest {
  name: string;
  policy: PullPolicy;
}

export interface PullImageResponse {
  progress:
    | PullImageResponse_Progress
    | undefined;
  /** Set in the last message. */
  image: Image | undefined;
}

export interface PullImageResponse_Progress {
  layerDigest: string;
  receivedBytes: bigint;
  totalBytes: bigint;
  phase: PullImageResponse_Progress_Phase;
}

export enum PullImageResponse_Progress_Phase {
  PHASE_UNSPECIFIED = 0,
  WAITING = 1,
  FETCHING = 2,
  UNPACKING = 3,
  DONE = 4,
}

export interface RemoveImageRequest {
  name: string;
  /** Also when a container needs it. */
  force: boolean;
}

export interface RemoveImageResponse {
  /** What content and layers gave back. */
  freedBytes: bigint;
}

export interface ExportImageRequest {
  name: string;
  /** Absolute path on the device; its folder must be there. A file that is there is replaced when the archive is whole. */
  path: string;
}

export interface ExportImageResponse {
  sizeBytes: bigint;
}

export interface PruneImagesRequest {
  /** Only what has not been needed for so long, in ms of the device's running time; 0 = everything that nobody needs. */
  unusedForMs: bigint;
  /** Nothing is removed; the answer says what would be. */
  dryRun: boolean;
}

export interface PruneImagesResponse {
  names: string[];
  freedBytes: bigint;
}

function createBaseImage(): Image {
  return { name: "", digest: "", sizeBytes: 0n, neededBy: "", unusedMs: 0n, usable: false };
}

export const Image: MessageFns<Image> = {
  encode(message: Image, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.name !== "") {
      writer.uint32(10).string(message.name);
    }
    if (message.digest !== "") {
      writer.uint32(18).string(message.digest);
    }
    if (message.sizeBytes !== 0n) {
      if (BigInt.asUintN(64, message.sizeBytes) !== message.sizeBytes) {
        throw new globalThis.Error("value provided for field message.sizeBytes of type uint64 too large");
      }
      writer.uint32(24).uint64(message.sizeBytes);
    }
    if (message.neededBy !== "") {
      writer.uint32(34).string(message.neededBy);
    }
    if (message.unusedMs !== 0n) {
      if (BigInt.asUintN(64, message.unusedMs) !== message.unusedMs) {
        throw new globalThis.Error("value provided for field message.unusedMs of type uint64 too large");
      }
      writer.uint32(40).uint64(message.unusedMs);
    }
    if (message.usable !== false) {
      writer.uint32(48).bool(message.usable);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Image {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseImage();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.name = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.digest = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.sizeBytes = reader.uint64() as bigint;
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.neededBy = reader.string(true);
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.unusedMs = reader.uint64() as bigint;
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.usable = reader.bool();
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

function createBaseImportImageRequest(): ImportImageRequest {
  return { path: "", name: "" };
}

export const ImportImageRequest: MessageFns<ImportImageRequest> = {
  encode(message: ImportImageRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.path !== "") {
      writer.uint32(10).string(message.path);
    }
    if (message.name !== "") {
      writer.uint32(18).string(message.name);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ImportImageRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseImportImageRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.path = reader.string(true);
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

function createBaseImportImageResponse(): ImportImageResponse {
  return { images: [] };
}

export const ImportImageResponse: MessageFns<ImportImageResponse> = {
  encode(message: ImportImageResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.images) {
      Image.encode(v!, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ImportImageResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseImportImageResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.images.push(Image.decode(reader, reader.uint32()));
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

function createBaseListImagesRequest(): ListImagesRequest {
  return {};
}

export const ListImagesRequest: MessageFns<ListImagesRequest> = {
  encode(_: ListImagesRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListImagesRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListImagesRequest();
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

function createBaseListImagesResponse(): ListImagesResponse {
  return { images: [] };
}

export const ListImagesResponse: MessageFns<ListImagesResponse> = {
  encode(message: ListImagesResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.images) {
      Image.encode(v!, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListImagesResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListImagesResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.images.push(Image.decode(reader, reader.uint32()));
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

function createBasePullImageRequest(): PullImageRequest {
  return { name: "", policy: 0 };
}

export const PullImageRequest: MessageFns<PullImageRequest> = {
  encode(message: PullImageRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.name !== "") {
      writer.uint32(10).string(message.name);
    }
    if (message.policy !== 0) {
      writer.uint32(16).int32(message.policy);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PullImageRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePullImageRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.name = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.policy = reader.int32() as any;
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

function createBasePullImageResponse(): PullImageResponse {
  return { progress: undefined, image: undefined };
}

export const PullImageResponse: MessageFns<PullImageResponse> = {
  encode(message: PullImageResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.progress !== undefined) {
      PullImageResponse_Progress.encode(message.progress, writer.uint32(10).fork()).join();
    }
    if (message.image !== undefined) {
      Image.encode(message.image, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PullImageResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePullImageResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.progress = PullImageResponse_Progress.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.image = Image.decode(reader, reader.uint32());
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

function createBasePullImageResponse_Progress(): PullImageResponse_Progress {
  return { layerDigest: "", receivedBytes: 0n, totalBytes: 0n, phase: 0 };
}

export const PullImageResponse_Progress: MessageFns<PullImageResponse_Progress> = {
  encode(message: PullImageResponse_Progress, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.layerDigest !== "") {
      writer.uint32(10).string(message.layerDigest);
    }
    if (message.receivedBytes !== 0n) {
      if (BigInt.asUintN(64, message.receivedBytes) !== message.receivedBytes) {
        throw new globalThis.Error("value provided for field message.receivedBytes of type uint64 too large");
      }
      writer.uint32(16).uint64(message.receivedBytes);
    }
    if (message.totalBytes !== 0n) {
      if (BigInt.asUintN(64, message.totalBytes) !== message.totalBytes) {
        throw new globalThis.Error("value provided for field message.totalBytes of type uint64 too large");
      }
      writer.uint32(24).uint64(message.totalBytes);
    }
    if (message.phase !== 0) {
      writer.uint32(32).int32(message.phase);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PullImageResponse_Progress {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePullImageResponse_Progress();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.layerDigest = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.receivedBytes = reader.uint64() as bigint;
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.totalBytes = reader.uint64() as bigint;
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.phase = reader.int32() as any;
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

function createBaseRemoveImageRequest(): RemoveImageRequest {
  return { name: "", force: false };
}

export const RemoveImageRequest: MessageFns<RemoveImageRequest> = {
  encode(message: RemoveImageRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.name !== "") {
      writer.uint32(10).string(message.name);
    }
    if (message.force !== false) {
      writer.uint32(16).bool(message.force);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): RemoveImageRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseRemoveImageRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.name = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.force = reader.bool();
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

function createBaseRemoveImageResponse(): RemoveImageResponse {
  return { freedBytes: 0n };
}

export const RemoveImageResponse: MessageFns<RemoveImageResponse> = {
  encode(message: RemoveImageResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.freedBytes !== 0n) {
      if (BigInt.asUintN(64, message.freedBytes) !== message.freedBytes) {
        throw new globalThis.Error("value provided for field message.freedBytes of type uint64 too large");
      }
      writer.uint32(8).uint64(message.freedBytes);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): RemoveImageResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseRemoveImageResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.freedBytes = reader.uint64() as bigint;
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

function createBaseExportImageRequest(): ExportImageRequest {
  return { name: "", path: "" };
}

export const ExportImageRequest: MessageFns<ExportImageRequest> = {
  encode(message: ExportImageRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.name !== "") {
      writer.uint32(10).string(message.name);
    }
    if (message.path !== "") {
      writer.uint32(18).string(message.path);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ExportImageRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExportImageRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.name = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.path = reader.string(true);
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

function createBaseExportImageResponse(): ExportImageResponse {
  return { sizeBytes: 0n };
}

export const ExportImageResponse: MessageFns<ExportImageResponse> = {
  encode(message: ExportImageResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.sizeBytes !== 0n) {
      if (BigInt.asUintN(64, message.sizeBytes) !== message.sizeBytes) {
        throw new globalThis.Error("value provided for field message.sizeBytes of type uint64 too large");
      }
      writer.uint32(8).uint64(message.sizeBytes);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ExportImageResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExportImageResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.sizeBytes = reader.uint64() as bigint;
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

function createBasePruneImagesRequest(): PruneImagesRequest {
  return { unusedForMs: 0n, dryRun: false };
}

export const PruneImagesRequest: MessageFns<PruneImagesRequest> = {
  encode(message: PruneImagesRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.unusedForMs !== 0n) {
      if (BigInt.asUintN(64, message.unusedForMs) !== message.unusedForMs) {
        throw new globalThis.Error("value provided for field message.unusedForMs of type uint64 too large");
      }
      writer.uint32(8).uint64(message.unusedForMs);
    }
    if (message.dryRun !== false) {
      writer.uint32(16).bool(message.dryRun);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PruneImagesRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePruneImagesRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.unusedForMs = reader.uint64() as bigint;
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.dryRun = reader.bool();
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

function createBasePruneImagesResponse(): PruneImagesResponse {
  return { names: [], freedBytes: 0n };
}

export const PruneImagesResponse: MessageFns<PruneImagesResponse> = {
  encode(message: PruneImagesResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.names) {
      writer.uint32(10).string(v!);
    }
    if (message.freedBytes !== 0n) {
      if (BigInt.asUintN(64, message.freedBytes) !== message.freedBytes) {
        throw new globalThis.Error("value provided for field message.freedBytes of type uint64 too large");
      }
      writer.uint32(16).uint64(message.freedBytes);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PruneImagesResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePruneImagesResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.names.push(reader.string(true));
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.freedBytes = reader.uint64() as bigint;
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
