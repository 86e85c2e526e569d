// Made by scripts/generate.mjs from proto/; do not edit.
// source: supercargo/v1/extras.proto

/* eslint-disable */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { Container } from "../../api/types/containers/container.ts";
import { Resources } from "../../api/types/containers/resources.ts";
import { RestartPolicy } from "../../api/types/containers/restart_policy.ts";

export const protobufPackage = "supercargo.v1";

export const protobufFileName = "supercargo/v1/extras.proto";

/** What a container may be given beyond the peer's API. Leaving a field out is the default, which is the peer's behaviour. */

export interface Extras {
  readOnlyRoot: boolean;
  /** Destinations of mount points that cannot be written to. */
  readOnlyMounts: string[];
  /** `user`, `user:group`, `uid`, `uid:gid`, instead of the image's. */
  user: string;
  workingDir: string;
  /** Instead of the image's, whose CMD then does not count either. */
  entrypoint:
    | Entrypoint
    | undefined;
  /** CPUs' worth of time; 0 = no limit. */
  cpus: number;
  /** Processes and threads; 0 and -1 = no limit. */
  pidsLimit: bigint;
  sysctls: { [key: string]: string };
  ulimits: Ulimit[];
  /** `default`, `unconfined`, or the absolute path of a profile in docker's JSON form; empty = the daemon's setting. */
  seccompProfile: string;
  /** Name of a loaded profile, or `unconfined`. */
  apparmorProfile: string;
  /** Left out = true. */
  noNewPrivileges?: boolean | undefined;
  labels: { [key: string]: string };
  /** `missing` (also when empty), `newer`, `always`. */
  pullPolicy: string;
  healthcheck: Healthcheck | undefined;
}

export interface Extras_SysctlsEntry {
  key: string;
  value: string;
}

export interface Extras_LabelsEntry {
  key: string;
  value: string;
}

export interface Entrypoint {
  /** Empty = none. */
  args: string[];
}

export interface Ulimit {
  /** `nofile`, `core` ... */
  name: string;
  /** -1 = unlimited. */
  soft: bigint;
  hard: bigint;
}

export interface Healthcheck {
  exec?: Healthcheck_Exec | undefined;
  http?: Healthcheck_Http | undefined;
  tcp?:
    | Healthcheck_Tcp
    | undefined;
  /** Durations in ms. */
  intervalMs: bigint;
  timeoutMs: bigint;
  retries: number;
  startPeriodMs: bigint;
  /** `none` (also when empty) or `restart`. */
  onUnhealthy: string;
}

export interface Healthcheck_Exec {
  command: string[];
}

export interface Healthcheck_Http {
  port: number;
  path: string;
}

export interface Healthcheck_Tcp {
  port: number;
}

export interface CreateRequest {
  container: Container | undefined;
  extras:
    | Extras
    | undefined;
  /** Manifest, desired state or person that asks; kept with the container. */
  originator: string;
}

export interface CreateResponse {
  container: Container | undefined;
  extras: Extras | undefined;
}

export interface ListExtrasRequest {
}

export interface ListExtrasResponse {
  /** By id of the container; containers without any are not in it. */
  extras: { [key: string]: Extras };
}

export interface ListExtrasResponse_ExtrasEntry {
  key: string;
  value: Extras | undefined;
}

export interface LiveLimits {
  /** 0 = no limit. */
  cpus: number;
  /** 0 and -1 = no limit. */
  pidsLimit: bigint;
}

/** As the peer's Update, with the limits that only we have. What is left out stays. */
export interface UpdateRequest {
  id: string;
  restartPolicy: RestartPolicy | undefined;
  resources:
    | Resources
    | undefined;
  /** Both limits at once. */
  limits: LiveLimits | undefined;
}

export interface UpdateResponse {
}

function createBaseExtras(): Extras {
  return {
    readOnlyRoot: false,
    readOnlyMounts: [],
    user: "",
    workingDir: "",
    entrypoint: undefined,
    cpus: 0,
    pidsLimit: 0n,
    sysctls: {},
    ulimits: [],
    seccompProfile: "",
    apparmorProfile: "",
    noNewPrivileges: undefined,
    labels: {},
    pullPolicy: "",
    healthcheck: undefined,
  };
}

export const Extras: MessageFns<Extras> = {
  encode(message: Extras, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.readOnlyRoot !== false) {
      writer.uint32(8).bool(message.readOnlyRoot);
    }
    for (const v of message.readOnlyMounts) {
      writer.uint32(18).string(v!);
    }
    if (message.user !== "") {
      writer.uint32(26).string(message.user);
    }
    if (message.workingDir !== "") {
      writer.uint32(34).string(message.workingDir);
    }
    if (message.entrypoint !== undefined) {
      Entrypoint.encode(message.entrypoint, writer.uint32(42).fork()).join();
    }
    if (message.cpus !== 0) {
      writer.uint32(49).double(message.cpus);
    }
    if (message.pidsLimit !== 0n) {
      if (BigInt.asIntN(64, message.pidsLimit) !== message.pidsLimit) {
        throw new globalThis.Error("value provided for field message.pidsLimit of type int64 too large");
      }
      writer.uint32(56).int64(message.pidsLimit);
    }
    globalThis.Object.entries(message.sysctls).forEach(([key, value]: [string, string]) => {
      Extras_SysctlsEntry.encode({ key: key as any, value }, writer.uint32(66).fork()).join();
    });
    for (const v of message.ulimits) {
      Ulimit.encode(v!, writer.uint32(74).fork()).join();
    }
    if (message.seccompProfile !== "") {
      writer.uint32(82).string(message.seccompProfile);
    }
    if (message.apparmorProfile !== "") {
      writer.uint32(90).string(message.apparmorProfile);
    }
    if (message.noNewPrivileges !== undefined) {
      writer.uint32(96).bool(message.noNewPrivileges);
    }
    globalThis.Object.entries(message.labels).forEach(([key, value]: [string, string]) => {
      Extras_LabelsEntry.encode({ key: key as any, value }, writer.uint32(106).fork()).join();
    });
    if (message.pullPolicy !== "") {
      writer.uint32(114).string(message.pullPolicy);
    }
    if (message.healthcheck !== undefined) {
      Healthcheck.encode(message.healthcheck, writer.uint32(122).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Extras {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExtras();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.readOnlyRoot = reader.bool();
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.readOnlyMounts.push(reader.string(true));
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.user = reader.string(true);
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.workingDir = reader.string(true);
            continue;
          }
          case 5: {
            if (tag !== 42) {
              break;
            }

            message.entrypoint = Entrypoint.decode(reader, reader.uint32());
            continue;
          }
          case 6: {
            if (tag !== 49) {
              break;
            }

            message.cpus = reader.double();
            continue;
          }
          case 7: {
            if (tag !== 56) {
              break;
            }

            message.pidsLimit = reader.int64() as bigint;
            continue;
          }
          case 8: {
            if (tag !== 66) {
              break;
            }

            const entry8 = Extras_SysctlsEntry.decode(reader, reader.uint32());
            if (entry8.value !== undefined) {
              message.sysctls[entry8.key] = entry8.value;
            }
            continue;
          }
          case 9: {
            if (tag !== 74) {
              break;
            }

            message.ulimits.push(Ulimit.decode(reader, reader.uint32()));
            continue;
          }
          case 10: {
            if (tag !== 82) {
              break;
            }

            message.seccompProfile = reader.string(true);
            continue;
          }
          case 11: {
            if (tag !== 90) {
              break;
            }

            message.apparmorProfile = reader.string(true);
            continue;
          }
          case 12: {
            if (tag !== 96) {
              break;
            }

            message.noNewPrivileges = reader.bool();
            continue;
          }
          case 13: {
            if (tag !== 106) {
              break;
            }

            const entry13 = Extras_LabelsEntry.decode(reader, reader.uint32());
            if (entry13.value !== undefined) {
              message.labels[entry13.key] = entry13.value;
            }
            continue;
          }
          case 14: {
            if (tag !== 114) {
              break;
            }

            message.pullPolicy = reader.string(true);
            continue;
          }
          case 15: {
            if (tag !== 122) {
              break;
            }

            message.healthcheck = Healthcheck.decode(reader, reader.uint32());
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

function createBaseExtras_SysctlsEntry(): Extras_SysctlsEntry {
  return { key: "", value: "" };
}

export const Extras_SysctlsEntry: MessageFns<Extras_SysctlsEntry> = {
  encode(message: Extras_SysctlsEntry, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.key !== "") {
      writer.uint32(10).string(message.key);
    }
    if (message.value !== "") {
      writer.uint32(18).string(message.value);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Extras_SysctlsEntry {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExtras_SysctlsEntry();
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

function createBaseExtras_LabelsEntry(): Extras_LabelsEntry {
  return { key: "", value: "" };
}

export const Extras_LabelsEntry: MessageFns<Extras_LabelsEntry> = {
  encode(message: Extras_LabelsEntry, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.key !== "") {
      writer.uint32(10).string(message.key);
    }
    if (message.value !== "") {
      writer.uint32(18).string(message.value);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Extras_LabelsEntry {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseExtras_LabelsEntry();
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

function createBaseEntrypoint(): Entrypoint {
  return { args: [] };
}

export const Entrypoint: MessageFns<Entrypoint> = {
  encode(message: Entrypoint, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.args) {
      writer.uint32(10).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Entrypoint {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseEntrypoint();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.args.push(reader.string(true));
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

function createBaseUlimit(): Ulimit {
  return { name: "", soft: 0n, hard: 0n };
}

export const Ulimit: MessageFns<Ulimit> = {
  encode(message: Ulimit, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.name !== "") {
      writer.uint32(10).string(message.name);
    }
    if (message.soft !== 0n) {
      if (BigInt.asIntN(64, message.soft) !== message.soft) {
        throw new globalThis.Error("value provided for field message.soft of type int64 too large");
      }
      writer.uint32(16).int64(message.soft);
    }
    if (message.hard !== 0n) {
      if (BigInt.asIntN(64, message.hard) !== message.hard) {
        throw new globalThis.Error("value provided for field message.hard of type int64 too large");
      }
      writer.uint32(24).int64(message.hard);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Ulimit {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseUlimit();
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

            message.soft = reader.int64() as bigint;
            continue;
          }
          case 3: {
            if (tag !== 24) {
              break;
            }

            message.hard = reader.int64() as bigint;
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

function createBaseHealthcheck(): Healthcheck {
  return {
    exec: undefined,
    http: undefined,
    tcp: undefined,
    intervalMs: 0n,
    timeoutMs: 0n,
    retries: 0,
    startPeriodMs: 0n,
    onUnhealthy: "",
  };
}

export const Healthcheck: MessageFns<Healthcheck> = {
  encode(message: Healthcheck, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.exec !== undefined) {
      Healthcheck_Exec.encode(message.exec, writer.uint32(10).fork()).join();
    }
    if (message.http !== undefined) {
      Healthcheck_Http.encode(message.http, writer.uint32(18).fork()).join();
    }
    if (message.tcp !== undefined) {
      Healthcheck_Tcp.encode(message.tcp, writer.uint32(26).fork()).join();
    }
    if (message.intervalMs !== 0n) {
      if (BigInt.asUintN(64, message.intervalMs) !== message.intervalMs) {
        throw new globalThis.Error("value provided for field message.intervalMs of type uint64 too large");
      }
      writer.uint32(32).uint64(message.intervalMs);
    }
    if (message.timeoutMs !== 0n) {
      if (BigInt.asUintN(64, message.timeoutMs) !== message.timeoutMs) {
        throw new globalThis.Error("value provided for field message.timeoutMs of type uint64 too large");
      }
      writer.uint32(40).uint64(message.timeoutMs);
    }
    if (message.retries !== 0) {
      writer.uint32(48).uint32(message.retries);
    }
    if (message.startPeriodMs !== 0n) {
      if (BigInt.asUintN(64, message.startPeriodMs) !== message.startPeriodMs) {
        throw new globalThis.Error("value provided for field message.startPeriodMs of type uint64 too large");
      }
      writer.uint32(56).uint64(message.startPeriodMs);
    }
    if (message.onUnhealthy !== "") {
      writer.uint32(66).string(message.onUnhealthy);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Healthcheck {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHealthcheck();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.exec = Healthcheck_Exec.decode(reader, reader.uint32());
            continue;
          }
          case 2: {
            if (tag !== 18) {
              break;
            }

            message.http = Healthcheck_Http.decode(reader, reader.uint32());
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.tcp = Healthcheck_Tcp.decode(reader, reader.uint32());
            continue;
          }
          case 4: {
            if (tag !== 32) {
              break;
            }

            message.intervalMs = reader.uint64() as bigint;
            continue;
          }
          case 5: {
            if (tag !== 40) {
              break;
            }

            message.timeoutMs = reader.uint64() as bigint;
            continue;
          }
          case 6: {
            if (tag !== 48) {
              break;
            }

            message.retries = reader.uint32();
            continue;
          }
          case 7: {
            if (tag !== 56) {
              break;
            }

            message.startPeriodMs = reader.uint64() as bigint;
            continue;
          }
          case 8: {
            if (tag !== 66) {
              break;
            }

            message.onUnhealthy = reader.string(true);
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

function createBaseHealthcheck_Exec(): Healthcheck_Exec {
  return { command: [] };
}

export const Healthcheck_Exec: MessageFns<Healthcheck_Exec> = {
  encode(message: Healthcheck_Exec, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    for (const v of message.command) {
      writer.uint32(10).string(v!);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Healthcheck_Exec {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHealthcheck_Exec();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            message.command.push(reader.string(true));
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

function createBaseHealthcheck_Http(): Healthcheck_Http {
  return { port: 0, path: "" };
}

export const Healthcheck_Http: MessageFns<Healthcheck_Http> = {
  encode(message: Healthcheck_Http, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.port !== 0) {
      writer.uint32(8).uint32(message.port);
    }
    if (message.path !== "") {
      writer.uint32(18).string(message.path);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Healthcheck_Http {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHealthcheck_Http();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.port = reader.uint32();
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

function createBaseHealthcheck_Tcp(): Healthcheck_Tcp {
  return { port: 0 };
}

export const Healthcheck_Tcp: MessageFns<Healthcheck_Tcp> = {
  encode(message: Healthcheck_Tcp, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.port !== 0) {
      writer.uint32(8).uint32(message.port);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): Healthcheck_Tcp {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseHealthcheck_Tcp();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 8) {
              break;
            }

            message.port = reader.uint32();
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

function createBaseCreateRequest(): CreateRequest {
  return { container: undefined, extras: undefined, originator: "" };
}

export const CreateRequest: MessageFns<CreateRequest> = {
  encode(message: CreateRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(10).fork()).join();
    }
    if (message.extras !== undefined) {
      Extras.encode(message.extras, writer.uint32(18).fork()).join();
    }
    if (message.originator !== "") {
      writer.uint32(26).string(message.originator);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): CreateRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseCreateRequest();
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

            message.extras = Extras.decode(reader, reader.uint32());
            continue;
          }
          case 3: {
            if (tag !== 26) {
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

function createBaseCreateResponse(): CreateResponse {
  return { container: undefined, extras: undefined };
}

export const CreateResponse: MessageFns<CreateResponse> = {
  encode(message: CreateResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.container !== undefined) {
      Container.encode(message.container, writer.uint32(10).fork()).join();
    }
    if (message.extras !== undefined) {
      Extras.encode(message.extras, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): CreateResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseCreateResponse();
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

function createBaseListExtrasRequest(): ListExtrasRequest {
  return {};
}

export const ListExtrasRequest: MessageFns<ListExtrasRequest> = {
  encode(_: ListExtrasRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListExtrasRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListExtrasRequest();
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

function createBaseListExtrasResponse(): ListExtrasResponse {
  return { extras: {} };
}

export const ListExtrasResponse: MessageFns<ListExtrasResponse> = {
  encode(message: ListExtrasResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    globalThis.Object.entries(message.extras).forEach(([key, value]: [string, Extras]) => {
      ListExtrasResponse_ExtrasEntry.encode({ key: key as any, value }, writer.uint32(10).fork()).join();
    });
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListExtrasResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListExtrasResponse();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 10) {
              break;
            }

            const entry1 = ListExtrasResponse_ExtrasEntry.decode(reader, reader.uint32());
            if (entry1.value !== undefined) {
              message.extras[entry1.key] = entry1.value;
            }
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

function createBaseListExtrasResponse_ExtrasEntry(): ListExtrasResponse_ExtrasEntry {
  return { key: "", value: undefined };
}

export const ListExtrasResponse_ExtrasEntry: MessageFns<ListExtrasResponse_ExtrasEntry> = {
  encode(message: ListExtrasResponse_ExtrasEntry, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.key !== "") {
      writer.uint32(10).string(message.key);
    }
    if (message.value !== undefined) {
      Extras.encode(message.value, writer.uint32(18).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): ListExtrasResponse_ExtrasEntry {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseListExtrasResponse_ExtrasEntry();
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

            message.value = Extras.decode(reader, reader.uint32());
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

function createBaseLiveLimits(): LiveLimits {
  return { cpus: 0, pidsLimit: 0n };
}

export const LiveLimits: MessageFns<LiveLimits> = {
  encode(message: LiveLimits, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.cpus !== 0) {
      writer.uint32(9).double(message.cpus);
    }
    if (message.pidsLimit !== 0n) {
      if (BigInt.asIntN(64, message.pidsLimit) !== message.pidsLimit) {
        throw new globalThis.Error("value provided for field message.pidsLimit of type int64 too large");
      }
      writer.uint32(16).int64(message.pidsLimit);
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): LiveLimits {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseLiveLimits();
      while (reader.pos < end) {
        const tag = reader.uint32();
        switch (tag >>> 3) {
          case 1: {
            if (tag !== 9) {
              break;
            }

            message.cpus = reader.double();
            continue;
          }
          case 2: {
            if (tag !== 16) {
              break;
            }

            message.pidsLimit = reader.int64() as bigint;
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

function createBaseUpdateRequest(): UpdateRequest {
  return { id: "", restartPolicy: undefined, resources: undefined, limits: undefined };
}

export const UpdateRequest: MessageFns<UpdateRequest> = {
  encode(message: UpdateRequest, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    if (message.id !== "") {
      writer.uint32(10).string(message.id);
    }
    if (message.restartPolicy !== undefined) {
      RestartPolicy.encode(message.restartPolicy, writer.uint32(18).fork()).join();
    }
    if (message.resources !== undefined) {
      Resources.encode(message.resources, writer.uint32(26).fork()).join();
    }
    if (message.limits !== undefined) {
      LiveLimits.encode(message.limits, writer.uint32(34).fork()).join();
    }
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): UpdateRequest {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseUpdateRequest();
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

            message.restartPolicy = RestartPolicy.decode(reader, reader.uint32());
            continue;
          }
          case 3: {
            if (tag !== 26) {
              break;
            }

            message.resources = Resources.decode(reader, reader.uint32());
            continue;
          }
          case 4: {
            if (tag !== 34) {
              break;
            }

            message.limits = LiveLimits.decode(reader, reader.uint32());
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

function createBaseUpdateResponse(): UpdateResponse {
  return {};
}

export const UpdateResponse: MessageFns<UpdateResponse> = {
  encode(_: UpdateResponse, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    return writer;
  },

  decode(input: BinaryReader | Uint8Array, length?: number): UpdateResponse {
    const reader = input instanceof BinaryReader ? input : new BinaryReader(input);
    const previousRecursionDepth = (reader as any).__tsProtoDecodeDepth ?? 0;
    if (previousRecursionDepth >= 100) {
      throw new globalThis.Error("protobuf decode recursion limit exceeded");
    }
    (reader as any).__tsProtoDecodeDepth = previousRecursionDepth + 1;
    try {
      const end = length === undefined ? reader.len : reader.pos + length;
      const message = createBaseUpdateResponse();
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
