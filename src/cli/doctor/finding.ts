/** What `supercargo doctor` says of one thing that containers need. */

import type { DaemonAddress } from "../../api/daemon-connection.ts";
import type { DaemonConfig } from "../../config/daemon-config.ts";

export const SUBJECTS = [
  "configuration",
  "containerd",
  "runc",
  "cni",
  "cgroups",
  "kernel",
  "nftables",
  "broker",
  "trust",
  "disk",
  "clock",
  "permissions",
  "daemon",
] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface Finding {
  readonly subject: Subject;
  /** `warning`: it works, but not as it should; `off`: the configuration does not need it. */
  readonly level: "ok" | "off" | "warning" | "problem";
  readonly message: string;
  /** A command that mends it, or that does most of it. */
  readonly command?: string;
  /** What to do where a command is not enough. */
  readonly advice?: string;
}

/** What is looked at. */
export interface Site {
  readonly config: DaemonConfig;
  /** Empty: there is no file, the defaults count. */
  readonly configPath: string;
  /** Where the daemon is looked for. */
  readonly address: DaemonAddress;
  readonly signal: AbortSignal;
}

export type Check = (site: Site) => Promise<readonly Finding[]>;

/** Package managers of devices, by the program's name, with what installs a package. */
const INSTALLERS = [
  ["apt-get", "apt-get install -y"],
  ["opkg", "opkg install"],
  ["dnf", "dnf install -y"],
  ["apk", "apk add"],
] as const;

/** The command that installs a Debian package; others are likely to call it the same. */
export function installCommand(isThere: (program: string) => boolean, packageName: string): string {
  const installer = INSTALLERS.find(([program]) => isThere(program)) ?? INSTALLERS[0];
  return `${installer[1]} ${packageName}`;
}
