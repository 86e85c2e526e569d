/** The rules of the OCI runtime specification (config.md, config-linux.md) that a spec of ours can break. */

import type { OciSpec } from "../../../../src/engine/spec/oci.ts";

const PROPAGATIONS = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

/** What is against the rules; empty = valid. */
export function ociFaults(spec: OciSpec): readonly string[] {
  const faults: string[] = [];
  const rule = (holds: boolean, words: string) => {
    if (!holds) faults.push(words);
  };
  const { process, linux, mounts, hooks } = spec;
  rule(/^\d+\.\d+\.\d+/.test(spec.ociVersion), "ociVersion is no version");
  rule(process.cwd.startsWith("/"), "cwd is not absolute");
  rule(process.args.length > 0, "args are empty");
  rule(
    process.env.every((entry) => /^[^=\0]+=[^\0]*$/s.test(entry)),
    "an env entry is not NAME=value",
  );
  for (const set of Object.values(process.capabilities)) {
    rule(
      set.every((name) => /^CAP_[A-Z_]+$/.test(name)),
      "a capability has no name of one",
    );
    rule(new Set(set).size === set.length, "a capability stands twice in a set");
  }
  rule(
    isSubset(process.capabilities.effective, process.capabilities.permitted),
    "effective beyond permitted",
  );
  const limits = (process.rlimits ?? []).map(({ type }) => type);
  rule(new Set(limits).size === limits.length, "an rlimit stands twice");
  rule(spec.root.path !== "", "root has no path");
  rule(Buffer.byteLength(spec.hostname ?? "") <= 64, "the host name is longer than the kernel takes");
  for (const { destination, source, options = [], type } of mounts) {
    rule(destination.startsWith("/"), `mount destination ${destination} is not absolute`);
    rule(source !== undefined && source !== "", "a mount has no source");
    if (type === "bind")
      rule(
        options.some((one) => PROPAGATIONS.includes(one)),
        "a bind has no propagation",
      );
  }
  for (const hook of Object.values(hooks ?? {}).flat()) {
    rule(hook.path.startsWith("/"), "a hook's path is not absolute");
    rule(hook.timeout === undefined || hook.timeout > 0, "a hook's timeout is not positive");
  }
  const types = linux.namespaces.map(({ type }) => type);
  rule(new Set(types).size === types.length, "a namespace stands twice");
  rule(
    linux.namespaces.every(({ path }) => path === undefined || path.startsWith("/")),
    "namespace path",
  );
  rule(
    (linux.devices ?? []).every(({ path }) => path.startsWith("/")),
    "a device's path is not absolute",
  );
  const { devices = [], memory } = linux.resources ?? {};
  rule(
    devices.every(({ access }) => /^[rwm]{1,3}$/.test(access)),
    "a device rule has other letters",
  );
  if (memory !== undefined) {
    const { limit, reservation, swap } = memory;
    const isBytes = (bytes: number | undefined) =>
      bytes === undefined || bytes === -1 || Number.isSafeInteger(bytes);
    rule([limit, reservation, swap].every(isBytes), "a limit is no number of bytes");
    rule(swap === undefined || swap === -1 || (limit !== undefined && swap >= limit), "swap below memory");
    const isHigher = reservation !== undefined && limit !== undefined && limit > 0 && reservation > limit;
    rule(!isHigher, "reservation above memory");
  }
  rule(
    !JSON.stringify(spec, (_, value) => (typeof value === "bigint" ? `${value}` : value)).includes("\\u0000"),
    "NUL",
  );
  return faults;
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}
