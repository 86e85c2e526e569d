/** What the kernel must offer: control groups, namespaces, the overlay file system, seccomp, networks of containers. */

import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { errorCode } from "../../base/file-system.ts";
import type { Check, Finding } from "./finding.ts";

const CGROUPS = "/sys/fs/cgroup";
const CONTROLLERS = ["cpu", "memory", "pids"];
/** The pair of interfaces of a container, and what joins them. */
const LINK_OPTIONS = ["CONFIG_VETH", "CONFIG_BRIDGE"];
/** Published ports, and the way out. */
const RULE_OPTIONS = ["CONFIG_NF_TABLES", "CONFIG_NFT_NAT", "CONFIG_NFT_MASQ"];
const NAMESPACES = ["mnt", "net", "pid", "ipc", "uts"];

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    if (errorCode(thrown) === undefined) throw thrown;
    return undefined;
  }
}

/** Names of the controllers of either version; undefined when nothing is mounted. */
function controllers(): { readonly names: readonly string[]; readonly version: 1 | 2 } | undefined {
  const unified = read(`${CGROUPS}/cgroup.controllers`);
  if (unified !== undefined) return { names: unified.trim().split(/\s+/), version: 2 };
  const names = CONTROLLERS.filter((name) => existsSync(`${CGROUPS}/${name}/tasks`));
  return names.length === 0 ? undefined : { names, version: 1 };
}

export const checkCgroups: Check = async () => {
  const subject = "cgroups";
  const found = controllers();
  if (found === undefined) {
    const message = `no control groups are mounted at ${CGROUPS}: no container can be started`;
    return [{ subject, level: "problem", message, command: `mount -t cgroup2 cgroup2 ${CGROUPS}` }];
  }
  const missing = CONTROLLERS.filter((name) => !found.names.includes(name));
  if (missing.length === 0) {
    return [{ subject, level: "ok", message: `version ${found.version} with ${CONTROLLERS.join(", ")}` }];
  }
  const names = missing.join(", ");
  const advice = missing.includes("memory")
    ? "add cgroup_enable=memory to the kernel's command line and start the system again"
    : "the kernel must be built with it";
  return [
    {
      subject,
      level: "warning",
      message: `limits of ${names} have no effect: the kernel offers no such controller`,
      advice,
    },
  ];
};

/** The options that the kernel was built with; undefined where it does not tell. */
async function kernelOptions(): Promise<string | undefined> {
  const packed = "/proc/config.gz";
  if (!existsSync(packed)) return read(`/boot/config-${release()}`);
  const { gunzipSync } = process.getBuiltinModule("node:zlib");
  return gunzipSync(readFileSync(packed)).toString("utf8");
}

/** Those that are neither `y` nor `m`. */
function missingOptions(wanted: readonly string[], text: string): readonly string[] {
  return wanted.filter((option) => !new RegExp(`^${option}=[ym]$`, "m").test(text));
}

async function networkFindings(): Promise<Finding[]> {
  const subject = "kernel";
  const options = await kernelOptions();
  if (options === undefined) return [];
  const links = missingOptions(LINK_OPTIONS, options).join(", ");
  const rules = missingOptions(RULE_OPTIONS, options).join(", ");
  return [
    ...(links === ""
      ? []
      : [
          {
            ...({ subject, level: "problem" } as const),
            message: `the kernel is built without ${links}: containers can get no network of their own`,
            advice: "use a kernel that is built with it, or containers in host network mode only",
          },
        ]),
    ...(rules === ""
      ? []
      : [
          {
            ...({ subject, level: "warning" } as const),
            message: `the kernel is built without ${rules}: ports cannot be published by nftables`,
            advice: "use a kernel that is built with it; until then iptables stands in where it works",
          },
        ]),
  ];
}

export const checkKernel: Check = async ({ config }) => {
  const subject = "kernel";
  const findings: Finding[] = [];
  const fileSystems = read("/proc/filesystems") ?? "";
  if (!/\boverlay$/m.test(fileSystems)) {
    const message = "the file system overlay is not known: layers of images cannot be mounted";
    findings.push({ subject, level: "problem", message, command: "modprobe overlay" });
  }
  const missing = NAMESPACES.filter((name) => !existsSync(`/proc/self/ns/${name}`));
  if (missing.length > 0) {
    const message = `namespaces are missing: ${missing.join(", ")}`;
    findings.push({
      subject,
      level: "problem",
      message,
      advice: "use a kernel that is built with CONFIG_NAMESPACES",
    });
  }
  if (!/^Seccomp:/m.test(read("/proc/self/status") ?? "")) {
    const message = "the kernel has no seccomp: calls of containers cannot be filtered";
    findings.push({
      subject,
      level: "warning",
      message,
      advice: "use a kernel that is built with CONFIG_SECCOMP_FILTER",
    });
  }
  const { disable, ipTables } = config.network.bridge;
  if (!disable)
    findings.push(...(await networkFindings()).filter(({ level }) => ipTables || level === "problem"));
  return findings.length > 0
    ? findings
    : [{ subject, level: "ok", message: "overlay, namespaces and seccomp are there" }];
};
