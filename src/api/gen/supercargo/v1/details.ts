// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/details.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Container } from "../../api/types/containers/container.ts";
import { Extras } from "./extras.ts";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/details.proto";

/** What our daemon knows of containers beyond the form of the peer. */

export enum Health {
  HEALTH_UNSPECIFIED = 0,
  STARTING = 1,
  HEALTHY = 2,
  UNHEALTHY = 3,
}

export interface DetailsRequest {
  /** Only these containers; empty = all. An unknown one is NOT_FOUND. */
  ids: string[];
}

export interface DetailsResponse {
  containers: ContainerDetails[];
}

export interface ContainerDetails {
  container:
    | Container
    | undefined;
  /** Who made it: grpc, folder, init-dir, desired-state, cli; empty for one that Kanto made. */
  origin: string;
  /** Digest of the image that its file system was made from; empty when unknown. */
  imageDigest: string;
  /** Ports as they are really published while it runs; a range or port 0 chooses one. */
  published: PublishedPort[];
  /** Set while a restart by itself is waited for; how the last run ended stands in the container's state. */
  restart:
    | DueRestart
    | undefined;
  /** Why requests for its life are refused at the moment; empty = they are not. */
  blocked: string;
  /** Only with a healthcheck and while it runs. */
  health: Health;
  labels: { [key: string]: string };
  /** What only we can give a container; labels and healthcheck are in it too. */
  extras:
    | Extras
    | undefined;
  /** Set when health is. */
  healthReport: HealthReport | undefined;
}

export interface ContainerDetails_LabelsEntry {
  key: string;
  value: string;
}

export interface PublishedPort {
  protocol: string;
  hostIp: string;
  hostPort: number;
  containerPort: number;
}

export interface DueRestart {
  /** How the last run ended, or why the last start failed. */
  reason: string;
  /** Milliseconds from now. */
  inMs: bigint;
  /** RFC 3339, UTC; by the wall clock, which can jump. in_ms cannot. */
  nextTry: string;
  /** The whole wait; it doubles up to the cap of the policy. */
  waitMs: bigint;
}

export interface HealthReport {
  /** When the health became what it is; RFC 3339, UTC. */
  since: string;
  /** Failures in a row that count. */
  failingStreak: number;
  /** The probe made last; unset before the first one since the daemon started. */
  lastProbe: HealthReport_Probe | undefined;
}

export interface HealthReport_Probe {
  /** RFC 3339, UTC. */
  time: string;
  tookMs: bigint;
  success: boolean;
  /** What it said, or why it failed; the first kilobyte. */
  output: string;
}

function createBaseDetailsRequest(): DetailsRequest {
  return { ids: [] };
}

export const DetailsRequest: MessageFns<DetailsRequest> = {
  encode(message: DetailsRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.ids) {
      writer.uint32(10).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): DetailsRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseDetailsRequest();
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

function createBaseDetailsResponse(): DetailsResponse {
  return { containers: [] };
}

export const DetailsResponse: MessageFns<DetailsResponse> = {
  encode(message: DetailsResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.containers) {
      ContainerDetails.encode(v!, writer.uint32(10).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): DetailsResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseDetailsResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.containers.push(ContainerDetails.decode(reader, reader.uint32()));
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

function createBaseContainerDetails(): ContainerDetails {
  return {
    container: undefined,
    origin: "",
    imageDigest: "",
    published: [],
    restart: undefined,
    blocked: "",
    health: 0,
    labels: {},
    extras: undefined,
    healthReport: undefined,
  };
}

export const ContainerDetails: MessageFns<ContainerDetails> = {
  encode(message: ContainerDetails, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(10).fork()).join();
    }
    if (message.origin !== "") {
      writer.uint32(18).string(message.origin);
    }
    if (message.imageDigest !== "") {
      writer.uint32(26).string(message.imageDigest);
    }
    for (const v of message.published) {
      PublishedPort.encode(v!, writer.uint32(34).fork()).join();
    }
    if (message.restart !== undefined) {
      DueRestart.encode(message.restart, writer.uint32(42).fork()).join();
    }
    if (message.blocked !== "") {
      writer.uint32(50).string(message.blocked);
    }
    if (message.health !== 0) {
      writer.uint32(56).int32(message.health);
    }
    globalThis.Object.entries(message.labels).forEach(([key, value]: [string, string]) => {
      ContainerDetails_LabelsEntry.encode({ key: key as any, value }, writer.uint32(66).fork()).join();
    });
    if (message.extras !== undefined) {
      Extras.encode(message.extras, writer.uint32(74).fork()).join();
    }
    if (message.healthReport !== undefined) {
      HealthReport.encode(message.healthReport, writer.uint32(82).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ContainerDetails {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseContainerDetails();
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
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.origin = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.imageDigest = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.published.push(PublishedPort.decode(reader, reader.uint32()));
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.restart = DueRestart.decode(reader, reader.uint32());
            continue;
          }
          case 6: {
            if (tag !== 50) {
              break;
            }

            message.blocked = reader.string(true);
            continue;
          }
          case 7: {
            if (tag !== 56) {
              break;
            }

            message.health = reader.int32() as any;
            continue;
          }
          case 8: {
            if (tag !== 66) {
              break;
            }

            const entry8 = ContainerDetails_LabelsEntry.decode(reader, reader.uint32());
            if (entry8.value !== undefined) {
              message.labels[entry8.key] = entry8.value;
            }
            continue;
          }
          case 9: {
            if (tag !== 74) {
              break;
            }

            message.extras = Extras.decode(reader, reader.uint32());
            continue;
          }
          case 10: {
            if (tag !== 82) {
              break;
            }

            message.healthReport = HealthReport.decode(reader, reader.uint32());
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

function createBaseContainerDetails_LabelsEntry(): ContainerDetails_LabelsEntry {
  return { key: "", value: "" };
}

export const ContainerDetails_LabelsEntry: MessageFns<ContainerDetails_LabelsEntry> = {
  encode(message: ContainerDetails_LabelsEntry, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.key !== "") {
      writer.uint32(10).string(message.key);
    }
    if (message.value !== "") {
      writer.uint32(18).string(message.value);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ContainerDetails_LabelsEntry {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseContainerDetails_LabelsEntry();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.key = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.value = reader.string(true);
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

function createBasePublishedPort(): PublishedPort {
  return { protocol: "", hostIp: "", hostPort: 0, containerPort: 0 };
}

export const PublishedPort: MessageFns<PublishedPort> = {
  encode(message: PublishedPort, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.protocol !== "") {
      writer.uint32(10).string(message.protocol);
    }
    if (message.hostIp !== "") {
      writer.uint32(18).string(message.hostIp);
    }
    if (message.hostPort !== 0) {
      writer.uint32(24).uint32(message.hostPort);
    }
    if (message.containerPort !== 0) {
      writer.uint32(32).uint32(message.containerPort);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): PublishedPort {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBasePublishedPort();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.protocol = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.hostIp = reader.string(true);
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.hostPort = reader.uint32();
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.containerPort = reader.uint32();
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

function createBaseDueRestart(): DueRestart {
  return { reason: "", inMs: 0n, nextTry: "", waitMs: 0n };
}

export const DueRestart: MessageFns<DueRestart> = {
  encode(message: DueRestart, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.reason !== "") {
      writer.uint32(10).string(message.reason);
    }
    if (message.inMs !== 0n) {
      if (BigInt.asUintN(64, message.inMs) !== message.inMs) {
        throw new globalThis.Error("value provided for field message.inMs of type uint64 too large");
      }
      writer.uint32(16).uint64(message.inMs);
    }
    if (message.nextTry !== "") {
      writer.uint32(26).string(message.nextTry);
    }
    if (message.waitMs !== 0n) {
      if (BigInt.asUintN(64, message.waitMs) !== message.waitMs) {
        throw new globalThis.Error("value provided for field message.waitMs of type uint64 too large");
      }
      writer.uint32(32).uint64(message.waitMs);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): DueRestart {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseDueRestart();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.reason = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.inMs = reader.uint64() as bigint;
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.nextTry = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.waitMs = reader.uint64() as bigint;
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

function createBaseHealthReport(): HealthReport {
  return { since: "", failingStreak: 0, lastProbe: undefined };
}

export const HealthReport: MessageFns<HealthReport> = {
  encode(message: HealthReport, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.since !== "") {
      writer.uint32(10).string(message.since);
    }
    if (message.failingStreak !== 0) {
      writer.uint32(16).uint32(message.failingStreak);
    }
    if (message.lastProbe !== undefined) {
      HealthReport_Probe.encode(message.lastProbe, writer.uint32(26).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): HealthReport {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHealthReport();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.since = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.failingStreak = reader.uint32();
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.lastProbe = HealthReport_Probe.decode(reader, reader.uint32());
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

function createBaseHealthReport_Probe(): HealthReport_Probe {
  return { time: "", tookMs: 0n, success: false, output: "" };
}

export const HealthReport_Probe: MessageFns<HealthReport_Probe> = {
  encode(message: HealthReport_Probe, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.time !== "") {
      writer.uint32(10).string(message.time);
    }
    if (message.tookMs !== 0n) {
      if (BigInt.asUintN(64, message.tookMs) !== message.tookMs) {
        throw new globalThis.Error("value provided for field message.tookMs of type uint64 too large");
      }
      writer.uint32(16).uint64(message.tookMs);
    }
    if (message.success !== false) {
      writer.uint32(24).bool(message.success);
    }
    if (message.output !== "") {
      writer.uint32(34).string(message.output);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): HealthReport_Probe {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHealthReport_Probe();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.time = reader.string(true);
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.tookMs = reader.uint64() as bigint;
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.success = reader.bool();
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.output = reader.string(true);
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
