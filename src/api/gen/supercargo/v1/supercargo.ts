// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/supercargo.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Container } from "../../api/types/containers/container.ts";
import { StopOptions } from "../../api/types/containers/stop_options.ts";
import { ApplyRequest, ApplyResponse } from "./apply.ts";
import { DetailsRequest, DetailsResponse } from "./details.ts";
import { ExecRequest, ExecResponse } from "./exec.ts";
import {
  CreateRequest,
  CreateResponse,
  Extras,
  ListExtrasRequest,
  ListExtrasResponse,
  UpdateRequest,
  UpdateResponse,
} from "./extras.ts";
import {
  ExportImageRequest,
  ExportImageResponse,
  ImportImageRequest,
  ImportImageResponse,
  ListImagesRequest,
  ListImagesResponse,
  PruneImagesRequest,
  PruneImagesResponse,
  PullImageRequest,
  PullImageResponse,
  RemoveImageRequest,
  RemoveImageResponse,
} from "./images.ts";
import { ReloadRequest, ReloadResponse } from "./reload.ts";
import { StatsRequest, StatsResponse } from "./stats.ts";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/supercargo.proto";

/** What our daemon offers beyond the API of the peer. Additions get new numbers; numbers are never used twice. */

export interface ReplaceRequest {
  id: string;
  /** What shall be there afterwards. Its id is `id`, or empty (a new one is made). */
  desired:
    | Container
    | undefined;
  /** How the old one is stopped. */
  stopOptions:
    | StopOptions
    | undefined;
  /** How long the successor is watched, in ms; 0 = only that it starts. */
  probationMs: number;
  /** Manifest, desired state or person that asks; for messages and the state of the container. */
  originator: string;
  /** What only we can give the successor. */
  extras: Extras | undefined;
}

export interface ReplaceResponse {
  outcome: ReplaceResponse_Outcome;
  /** The successor after REPLACED, the old one after ROLLED_BACK. */
  container:
    | Container
    | undefined;
  /** Where it failed; only with ROLLED_BACK. */
  phase: ReplaceResponse_Phase;
  reason: string;
  /** The same request can succeed later without a change (registry away, disk full, port in use). */
  transient: boolean;
  /** The successor ended with 0 within the probation time, which counts as success. */
  exitedWithZero: boolean;
  /** What the old one had written into its own layers, which is gone; only after REPLACED, absent when it is not known. */
  dropped: WrittenLayers | undefined;
}

export enum ReplaceResponse_Outcome {
  OUTCOME_UNSPECIFIED = 0,
  REPLACED = 1,
  ROLLED_BACK = 2,
}

export enum ReplaceResponse_Phase {
  PHASE_UNSPECIFIED = 0,
  PREPARE = 1,
  START = 2,
  PROBATION = 3,
}

/** Files with content; folders and empty files, such as the runtime makes for what it mounts, do not count. */
export interface WrittenLayers {
  bytes: bigint;
  files: number;
  /** False: there is more, counting was given up. */
  all: boolean;
}

export interface WatchRequest {
  /** Only these containers; empty = all. */
  ids: string[];
  /**
   * To go on where an earlier stream ended: `run` and `sequence` of the last event that came, MARKER and CONTINUED included;
   * a stream that ended before its MARKER cannot be gone on with. Empty and 0 = from the beginning.
   */
  run: string;
  after: bigint;
}

export interface WatchEvent {
  action: WatchEvent_Action;
  container:
    | Container
    | undefined;
  /** Grows with every change in the daemon; begins anew when the daemon starts. PRESENT and MARKER carry that of the snapshot. */
  sequence: bigint;
  /** RFC 3339 with nanoseconds, UTC. */
  time: string;
  /** Names this life of the daemon; `sequence` means something only together with it. */
  run: string;
}

export enum WatchEvent_Action {
  ACTION_UNSPECIFIED = 0,
  /** PRESENT - A container that is there when the stream begins. */
  PRESENT = 1,
  /** MARKER - All PRESENT events have been sent; no container. */
  MARKER = 2,
  CREATED = 3,
  RUNNING = 4,
  PAUSED = 5,
  RESUMED = 6,
  STOPPED = 7,
  EXITED = 8,
  REMOVED = 9,
  RENAMED = 10,
  UPDATED = 11,
  REPLACED = 12,
  /** OVERFLOWED - Events were lost because the client read too slowly; the snapshot is sent again. */
  OVERFLOWED = 13,
  /** CONTINUED - First event of a stream that goes on where the client was: what it missed follows, no PRESENT and no MARKER. */
  CONTINUED = 14,
  /** HEALTH_CHANGED - It became healthy or unhealthy; the details tell which. */
  HEALTH_CHANGED = 15,
}

export interface StatusRequest {
}

export interface StatusResponse {
  version: string;
  engine: StatusResponse_Engine;
  problems: Problem[];
  /**
   * Grows when settings of registries have been read anew: whoever waits for a registry can try again at once. Begins anew with
   * the daemon.
   */
  settingsRead: bigint;
}

export enum StatusResponse_Engine {
  ENGINE_UNSPECIFIED = 0,
  CONNECTED = 1,
  AWAY = 2,
}

/** Something that a person should know of or act on. */
export interface Problem {
  /** Code of the catalogue of errors, such as SC_CONFIG_INVALID. */
  code: string;
  message: string;
  hint: string;
  /** File, container, image or registry that it is about. */
  subject: string;
}

function createBaseReplaceRequest(): ReplaceRequest {
  return { id: "", desired: undefined, stopOptions: undefined, probationMs: 0, originator: "", extras: undefined };
}

export const ReplaceRequest: MessageFns<ReplaceRequest> = {
  encode(message: ReplaceRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.desired !== undefined) {
      Container.encode(message.desired, writer.uint32(18).fork()).join();
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
    if (message.extras !== undefined) {
      Extras.encode(message.extras, writer.uint32(50).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ReplaceRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseReplaceRequest();
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

            message.desired = Container.decode(reader, reader.uint32());
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
          case 6: {
            if (tag !== 50) {
              break;
            }

            message.extras = Extras.decode(reader, reader.uint32());
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

function createBaseReplaceResponse(): ReplaceResponse {
  return {
    outcome: 0,
    container: undefined,
    phase: 0,
    reason: "",
    transient: false,
    exitedWithZero: false,
    dropped: undefined,
  };
}

export const ReplaceResponse: MessageFns<ReplaceResponse> = {
  encode(message: ReplaceResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.outcome !== 0) {
      writer.uint32(8).int32(message.outcome);
    }
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(18).fork()).join();
    }
    if (message.phase !== 0) {
      writer.uint32(24).int32(message.phase);
    }
    if (message.reason !== "") {
      writer.uint32(34).string(message.reason);
    }
    if (message.transient !== false) {
      writer.uint32(40).bool(message.transient);
    }
    if (message.exitedWithZero !== false) {
      writer.uint32(48).bool(message.exitedWithZero);
    }
    if (message.dropped !== undefined) {
      WrittenLayers.encode(message.dropped, writer.uint32(58).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ReplaceResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseReplaceResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.outcome = reader.int32() as any;
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
            if (tag !== 24) {
              break;
            }

            message.phase = reader.int32() as any;
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.reason = reader.string(true);
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.transient = reader.bool();
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.exitedWithZero = reader.bool();
            continue;
          }
          case 7: {
            if (tag !== 58) {
              break;
            }

            message.dropped = WrittenLayers.decode(reader, reader.uint32());
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

function createBaseWrittenLayers(): WrittenLayers {
  return { bytes: 0n, files: 0, all: false };
}

export const WrittenLayers: MessageFns<WrittenLayers> = {
  encode(message: WrittenLayers, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.bytes !== 0n) {
      if (BigInt.asUintN(64, message.bytes) !== message.bytes) {
        throw new globalThis.Error("value provided for field message.bytes of type uint64 too large");
      }
      writer.uint32(8).uint64(message.bytes);
    }
    if (message.files !== 0) {
      writer.uint32(16).uint32(message.files);
    }
    if (message.all !== false) {
      writer.uint32(24).bool(message.all);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): WrittenLayers {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseWrittenLayers();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.bytes = reader.uint64() as bigint;
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.files = reader.uint32();
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.all = reader.bool();
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

function createBaseWatchRequest(): WatchRequest {
  return { ids: [], run: "", after: 0n };
}

export const WatchRequest: MessageFns<WatchRequest> = {
  encode(message: WatchRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.ids) {
      writer.uint32(10).string(v!);
    }
    if (message.run !== "") {
      writer.uint32(18).string(message.run);
    }
    if (message.after !== 0n) {
      if (BigInt.asUintN(64, message.after) !== message.after) {
        throw new globalThis.Error("value provided for field message.after of type uint64 too large");
      }
      writer.uint32(24).uint64(message.after);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): WatchRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseWatchRequest();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.ids.push(reader.string(true));
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.run = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.after = reader.uint64() as bigint;
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

function createBaseWatchEvent(): WatchEvent {
  return { action: 0, container: undefined, sequence: 0n, time: "", run: "" };
}

export const WatchEvent: MessageFns<WatchEvent> = {
  encode(message: WatchEvent, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.action !== 0) {
      writer.uint32(8).int32(message.action);
    }
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(18).fork()).join();
    }
    if (message.sequence !== 0n) {
      if (BigInt.asUintN(64, message.sequence) !== message.sequence) {
        throw new globalThis.Error("value provided for field message.sequence of type uint64 too large");
      }
      writer.uint32(24).uint64(message.sequence);
    }
    if (message.time !== "") {
      writer.uint32(34).string(message.time);
    }
    if (message.run !== "") {
      writer.uint32(42).string(message.run);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): WatchEvent {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseWatchEvent();
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
            if (tag !== 24) {
              break;
            }

            message.sequence = reader.uint64() as bigint;
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.time = reader.string(true);
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.run = reader.string(true);
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

function createBaseStatusRequest(): StatusRequest {
  return {};
}

export const StatusRequest: MessageFns<StatusRequest> = {
  encode(_: StatusRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): StatusRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseStatusRequest();
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

function createBaseStatusResponse(): StatusResponse {
  return { version: "", engine: 0, problems: [], settingsRead: 0n };
}

export const StatusResponse: MessageFns<StatusResponse> = {
  encode(message: StatusResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.version !== "") {
      writer.uint32(10).string(message.version);
    }
    if (message.engine !== 0) {
      writer.uint32(16).int32(message.engine);
    }
    for (const v of message.problems) {
      Problem.encode(v!, writer.uint32(26).fork()).join();
    }
    if (message.settingsRead !== 0n) {
      if (BigInt.asUintN(64, message.settingsRead) !== message.settingsRead) {
        throw new globalThis.Error("value provided for field message.settingsRead of type uint64 too large");
      }
      writer.uint32(32).uint64(message.settingsRead);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): StatusResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseStatusResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.version = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.engine = reader.int32() as any;
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.problems.push(Problem.decode(reader, reader.uint32()));
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.settingsRead = reader.uint64() as bigint;
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

function createBaseProblem(): Problem {
  return { code: "", message: "", hint: "", subject: "" };
}

export const Problem: MessageFns<Problem> = {
  encode(message: Problem, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.code !== "") {
      writer.uint32(10).string(message.code);
    }
    if (message.message !== "") {
      writer.uint32(18).string(message.message);
    }
    if (message.hint !== "") {
      writer.uint32(26).string(message.hint);
    }
    if (message.subject !== "") {
      writer.uint32(34).string(message.subject);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Problem {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseProblem();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.code = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.message = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.hint = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.subject = reader.string(true);
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

export type SupercargoDefinition = typeof SupercargoDefinition;
export const SupercargoDefinition = {
  name: "Supercargo",
  fullName: "supercargo.v1.Supercargo",
  methods: {
    /** As the peer's Create, with what only we can give a container. */
    create: {
      name: "Create",
      requestType: CreateRequest as typeof CreateRequest,
      requestStream: false,
      responseType: CreateResponse as typeof CreateResponse,
      responseStream: false,
      options: {},
    },
    /** As the peer's Update, with the limits that only we have. */
    update: {
      name: "Update",
      requestType: UpdateRequest as typeof UpdateRequest,
      requestStream: false,
      responseType: UpdateResponse as typeof UpdateResponse,
      responseStream: false,
      options: {},
    },
    listExtras: {
      name: "ListExtras",
      requestType: ListExtrasRequest as typeof ListExtrasRequest,
      requestStream: false,
      responseType: ListExtrasResponse as typeof ListExtrasResponse,
      responseStream: false,
      options: {},
    },
    /** Replaces a container by its successor; the old one comes back when the successor does not start or stay up. */
    replace: {
      name: "Replace",
      requestType: ReplaceRequest as typeof ReplaceRequest,
      requestStream: false,
      responseType: ReplaceResponse as typeof ReplaceResponse,
      responseStream: false,
      options: {},
    },
    /** Compares a wish with what is there, then creates, replaces, updates or starts. */
    apply: {
      name: "Apply",
      requestType: ApplyRequest as typeof ApplyRequest,
      requestStream: false,
      responseType: ApplyResponse as typeof ApplyResponse,
      responseStream: false,
      options: {},
    },
    /**
     * Containers now, then each change. Begins with one PRESENT event per container and one MARKER; for a client that comes
     * back soon enough with CONTINUED and the changes that it missed.
     */
    watch: {
      name: "Watch",
      requestType: WatchRequest as typeof WatchRequest,
      requestStream: false,
      responseType: WatchEvent as typeof WatchEvent,
      responseStream: true,
      options: {},
    },
    /** What we know of containers beyond the form of the peer. */
    details: {
      name: "Details",
      requestType: DetailsRequest as typeof DetailsRequest,
      requestStream: false,
      responseType: DetailsResponse as typeof DetailsResponse,
      responseStream: false,
      options: {},
    },
    /** Takes the images of an archive (OCI or docker, tar, optionally gzip) that lies on the device. */
    importImage: {
      name: "ImportImage",
      requestType: ImportImageRequest as typeof ImportImageRequest,
      requestStream: false,
      responseType: ImportImageResponse as typeof ImportImageResponse,
      responseStream: false,
      options: {},
    },
    listImages: {
      name: "ListImages",
      requestType: ListImagesRequest as typeof ListImagesRequest,
      requestStream: false,
      responseType: ListImagesResponse as typeof ListImagesResponse,
      responseStream: false,
      options: {},
    },
    /** Progress, then one message with the image. */
    pullImage: {
      name: "PullImage",
      requestType: PullImageRequest as typeof PullImageRequest,
      requestStream: false,
      responseType: PullImageResponse as typeof PullImageResponse,
      responseStream: true,
      options: {},
    },
    /** Refused while a container needs it, unless forced. */
    removeImage: {
      name: "RemoveImage",
      requestType: RemoveImageRequest as typeof RemoveImageRequest,
      requestStream: false,
      responseType: RemoveImageResponse as typeof RemoveImageResponse,
      responseStream: false,
      options: {},
    },
    /** Writes an OCI archive, which docker can load too, to a place on the device. */
    exportImage: {
      name: "ExportImage",
      requestType: ExportImageRequest as typeof ExportImageRequest,
      requestStream: false,
      responseType: ExportImageResponse as typeof ExportImageResponse,
      responseStream: false,
      options: {},
    },
    /** Removes the images that no container needs. */
    pruneImages: {
      name: "PruneImages",
      requestType: PruneImagesRequest as typeof PruneImagesRequest,
      requestStream: false,
      responseType: PruneImagesResponse as typeof PruneImagesResponse,
      responseStream: false,
      options: {},
    },
    /** Runs a command in a running container; it is killed when the call is given up. */
    exec: {
      name: "Exec",
      requestType: ExecRequest as typeof ExecRequest,
      requestStream: true,
      responseType: ExecResponse as typeof ExecResponse,
      responseStream: true,
      options: {},
    },
    /** What running containers use: once, or at each interval until the call is given up. */
    stats: {
      name: "Stats",
      requestType: StatsRequest as typeof StatsRequest,
      requestStream: false,
      responseType: StatsResponse as typeof StatsResponse,
      responseStream: true,
      options: {},
    },
    status: {
      name: "Status",
      requestType: StatusRequest as typeof StatusRequest,
      requestStream: false,
      responseType: StatusResponse as typeof StatusResponse,
      responseStream: false,
      options: {},
    },
    /** Reads registries, log level, digital twin and update agent of the configuration again. */
    reload: {
      name: "Reload",
      requestType: ReloadRequest as typeof ReloadRequest,
      requestStream: false,
      responseType: ReloadResponse as typeof ReloadResponse,
      responseStream: false,
      options: {},
    },
  },
} as const;

export interface MessageFns<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}
