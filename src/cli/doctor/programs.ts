/** Programs that containers are run with: runc, the CNI plugins, nft or iptables. */

import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../base/file-system.ts";
import { describeError, hasCode } from "../../errors/error.ts";
import { findPlugins } from "../../network/cni.ts";
import { runTool } from "../../network/command.ts";
import { CNI_BIN_DIRS } from "../../network/options.ts";
import { type Check, type Finding, installCommand } from "./finding.ts";

/** The folders in which our tools are looked for, too, where PATH lacks them. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin"];
const RUNC_LEAST = [1, 0] as const;

export function findProgram(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "/usr/bin:/bin").split(":"), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch (thrown) {
    if (errorCode(thrown) === undefined) throw thrown;
    return false;
  }
}

/** The command that installs a Debian package here. */
export function install(packageName: string): string {
  return installCommand((program) => findProgram(program) !== undefined, packageName);
}

export const checkRunc: Check = async ({ signal }) => {
  const subject = "runc";
  const path = findProgram("runc");
  if (path === undefined) {
    return [{ subject, level: "problem", message: "runc is not installed", command: install("runc") }];
  }
  const { stdout, stderr, exitCode } = await runTool([path, "--version"], { signal });
  const [, major = "0", minor = "0"] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (exitCode !== 0) {
    const message = `${path} does not run: ${stderr.trim() || `exit code ${exitCode}`}`;
    return [{ subject, level: "problem", message, command: install("--reinstall runc") }];
  }
  const version = `${major}.${minor}`;
  if (Number(major) < RUNC_LEAST[0]) {
    const message = `runc ${version} is older than ${RUNC_LEAST.join(".")}`;
    return [{ subject, level: "warning", message, command: install("runc") }];
  }
  return [{ subject, level: "ok", message: `runc ${version} at ${path}` }];
};

export const checkCni: Check = async ({ config }) => {
  const subject = "cni";
  if (config.network.bridge.disable)
    return [{ subject, level: "off", message: "the bridge network is disabled" }];
  try {
    return [{ subject, level: "ok", message: `plugins bridge and static in ${findPlugins(CNI_BIN_DIRS)}` }];
  } catch (thrown) {
    if (!hasCode(thrown, "SC_NETWORK_FAILED")) throw thrown;
    const command = install("containernetworking-plugins");
    return [{ subject, level: "problem", message: thrown.message, command }];
  }
};

export const checkNftables: Check = async ({ config, signal }) => {
  const subject = "nftables";
  const { disable, ipTables } = config.network.bridge;
  if (disable || !ipTables) {
    return [{ subject, level: "off", message: "the configuration wants no packet filter" }];
  }
  const nft = findProgram("nft");
  const iptables = findProgram("iptables");
  if (nft === undefined) {
    const rest =
      iptables === undefined
        ? "nor is iptables: no port can be published"
        : `${iptables} stands in, more slowly`;
    const level = iptables === undefined ? "problem" : "warning";
    return [{ subject, level, message: `nft is not installed, ${rest}`, command: install("nftables") }];
  }
  const { exitCode, stderr } = await runTool([nft, "list", "tables"], { signal });
  if (exitCode === 0) return [{ subject, level: "ok", message: `${nft} answers` }];
  const said = stderr.trim().split("\n")[0] ?? "";
  if (/not permitted|permission/i.test(said)) {
    return [
      {
        subject,
        level: "warning",
        message: `not looked at: ${said}`,
        advice: "run supercargo doctor as root",
      },
    ];
  }
  const message = `nft does not work: ${said || `exit code ${exitCode}`}`;
  const level = iptables === undefined ? "problem" : "warning";
  return [{ subject, level, message, command: "modprobe nf_tables" }];
};

/** A check that itself failed is a finding, too. */
export function failedCheck(subject: Finding["subject"], thrown: unknown): Finding {
  return { subject, level: "problem", message: `this could not be looked at: ${describeError(thrown)}` };
}
