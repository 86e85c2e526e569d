/**
 * Filters for system calls: a profile in docker's JSON form becomes the runtime specification's, for this machine and for the
 * capabilities that the container has. Pure.
 */

/** Docker's form of a profile (public format of `docker run --security-opt seccomp=FILE`). */
export interface DockerProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[];
  readonly archMap?: readonly {
    readonly architecture: string;
    readonly subArchitectures?: readonly string[];
  }[];
  readonly flags?: readonly string[];
  readonly syscalls?: readonly DockerRule[];
}

export interface DockerRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
  /** The rule counts only when all of this is so. */
  readonly includes?: DockerCondition;
  /** The rule does not count when any of this is so. */
  readonly excludes?: DockerCondition;
}

export interface DockerCondition {
  readonly caps?: readonly string[];
  /** Names of Go's architectures: `amd64`, `arm64` … */
  readonly arches?: readonly string[];
  /** `4.8` */
  readonly minKernel?: string;
}

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: string;
}

/** What a profile's conditions are asked of. */
export interface SeccompHost {
  /** Go's name of the architecture. */
  readonly architecture: string;
  /** Of the kernel: `6.1.0-18-amd64`. */
  readonly kernelRelease: string;
  readonly capabilities: readonly string[];
}

/** What the runtime specification calls `linux.seccomp`. */
export interface OciSeccomp {
  defaultAction: string;
  defaultErrnoRet?: number;
  architectures?: string[];
  flags?: string[];
  syscalls?: { names: string[]; action: string; errnoRet?: number; args?: SeccompArgument[] }[];
}

const NATIVE: Readonly<Record<string, string>> = {
  amd64: "SCMP_ARCH_X86_64",
  "386": "SCMP_ARCH_X86",
  arm64: "SCMP_ARCH_AARCH64",
  arm: "SCMP_ARCH_ARM",
  ppc64le: "SCMP_ARCH_PPC64LE",
  riscv64: "SCMP_ARCH_RISCV64",
  s390x: "SCMP_ARCH_S390X",
};
const GO_NAMES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** Go's name of an architecture that node names `x64`, `arm64` … */
export function goArchitecture(nodeName: string): string {
  return GO_NAMES[nodeName] ?? nodeName;
}

/** The filter for one container; rules that do not count here are left out. */
export function toOciSeccomp(profile: DockerProfile, host: SeccompHost): OciSeccomp {
  const architectures = architecturesOf(profile, host);
  const rules = (profile.syscalls ?? []).filter((rule) => counts(rule, host));
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures.length === 0 ? {} : { architectures }),
    ...(profile.flags === undefined || profile.flags.length === 0 ? {} : { flags: [...profile.flags] }),
    ...(rules.length === 0 ? {} : { syscalls: rules.map(ociRule) }),
  };
}

function architecturesOf(profile: DockerProfile, host: SeccompHost): string[] {
  if (profile.architectures !== undefined && profile.architectures.length > 0)
    return [...profile.architectures];
  const native = NATIVE[host.architecture];
  const mapped = profile.archMap?.find(({ architecture }) => architecture === native);
  // Without an entry the runtime takes the machine's own.
  return mapped === undefined ? [] : [mapped.architecture, ...(mapped.subArchitectures ?? [])];
}

function ociRule({ names, action, errnoRet, args }: DockerRule) {
  return {
    names: [...names],
    action,
    ...(errnoRet === undefined ? {} : { errnoRet }),
    ...(args === undefined || args.length === 0 ? {} : { args: [...args] }),
  };
}

function counts({ includes, excludes }: DockerRule, host: SeccompHost): boolean {
  const has = (capability: string) => host.capabilities.includes(capability);
  if (includes?.caps?.every(has) === false) return false;
  if (isOneOf(includes?.arches, host.architecture) === false) return false;
  if (includes?.minKernel !== undefined && !isAtLeast(host.kernelRelease, includes.minKernel)) return false;
  if (excludes?.caps?.some(has) === true) return false;
  if (isOneOf(excludes?.arches, host.architecture) === true) return false;
  return excludes?.minKernel === undefined || !isAtLeast(host.kernelRelease, excludes.minKernel);
}

/** undefined when there is no list. */
function isOneOf(list: readonly string[] | undefined, name: string): boolean | undefined {
  return list === undefined || list.length === 0 ? undefined : list.includes(name);
}

function isAtLeast(release: string, least: string): boolean {
  const [major = 0, minor = 0] = numbers(release);
  const [leastMajor = 0, leastMinor = 0] = numbers(least);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function numbers(version: string): number[] {
  return (/^\d+(\.\d+)?/.exec(version)?.[0] ?? "").split(".").map(Number);
}
