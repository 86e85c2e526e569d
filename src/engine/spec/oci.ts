/** The part of the OCI runtime specification (JSON form, its own spelling) that we write. */

import type { OciSeccomp } from "./seccomp.ts";

export interface OciSpec {
  ociVersion: string;
  process: OciProcess;
  root: { path: string; readonly?: boolean };
  hostname?: string;
  mounts: OciMount[];
  hooks?: { prestart?: OciHook[]; poststart?: OciHook[]; poststop?: OciHook[] };
  annotations?: Record<string, string>;
  linux: OciLinux;
}

export interface OciProcess {
  terminal?: boolean;
  user: { uid: number; gid: number; additionalGids?: number[] };
  args: string[];
  env: string[];
  cwd: string;
  capabilities: Record<"bounding" | "effective" | "permitted", string[]>;
  rlimits?: OciRlimit[];
  noNewPrivileges: boolean;
  apparmorProfile?: string;
}

export interface OciRlimit {
  type: string;
  /** A bigint beyond the exact numbers. */
  hard: number | bigint;
  soft: number | bigint;
}

export interface OciMount {
  destination: string;
  type?: string;
  source?: string;
  options?: string[];
}

export interface OciHook {
  path: string;
  args?: string[];
  env?: string[];
  timeout?: number;
}

export interface OciDevice {
  path: string;
  type: "c" | "b" | "p" | "u";
  major: number;
  minor: number;
  fileMode?: number;
  uid?: number;
  gid?: number;
}

export interface OciDeviceRule {
  allow: boolean;
  type?: string;
  major?: number;
  minor?: number;
  access: string;
}

export interface OciLinux {
  namespaces: { type: string; path?: string }[];
  devices?: OciDevice[];
  resources?: {
    devices?: OciDeviceRule[];
    memory?: { limit?: number; reservation?: number; swap?: number };
    pids?: { limit: number };
    cpu?: { quota?: number; period?: number; shares?: number; cpus?: string };
  };
  cgroupsPath: string;
  maskedPaths?: string[];
  readonlyPaths?: string[];
  sysctl?: Record<string, string>;
  seccomp?: OciSeccomp;
  rootfsPropagation?: string;
}
