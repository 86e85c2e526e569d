/** Which runtime runs a container and with which options (spec/engine.md §6). */

import { statSync } from "node:fs";
import { isOtherRuntime } from "../../model/runtimes.ts";
import { Options } from "./gen/containerd/runc/options.ts";
import type { Any } from "./gen/google/protobuf/any.ts";

export interface RuntimeConfig {
  /** The daemon's runc runtime; replaces any of the three runc names. */
  readonly runcRuntime: string;
  readonly systemdCgroup: boolean;
  /** Folder of runc's state; empty = the shim's own default. */
  readonly runcRoot: string;
}

const OPTIONS_TYPE = "containerd.runc.v1.Options";

/** An unknown name is passed over in favour of the daemon's runtime, as the peer does. */
export function runtimeName(wanted: string, runcRuntime: string): string {
  return isOtherRuntime(wanted) ? wanted : runcRuntime;
}

/** Name and options for a container's record. */
export function runtimeFor(
  wanted: string,
  config: RuntimeConfig,
): { name: string; options: Any | undefined } {
  const name = runtimeName(wanted, config.runcRuntime);
  if (isOtherRuntime(name) || name === "io.containerd.runtime.v1.linux") return { name, options: undefined };
  const value = Options.encode({
    noPivotRoot: false,
    noNewKeyring: false,
    shimCgroup: "",
    ioUid: 0,
    ioGid: 0,
    binaryName: "runc",
    root: config.runcRoot,
    systemdCgroup: config.systemdCgroup,
  }).finish();
  return { name, options: { typeUrl: OPTIONS_TYPE, value } };
}

/** Whether systemd runs this machine and so keeps the cgroups. */
export function usesSystemdCgroups(marker = "/run/systemd/system"): boolean {
  return statSync(marker, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
